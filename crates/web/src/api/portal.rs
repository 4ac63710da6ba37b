//! Where people see what HubSpot holds: addresses in the account that is connected.

use domain::{record::Record, step::Object};
use store::Connection;

/// The host and the number of the account; none where they are not known.
pub struct Portal(Option<(String, String)>);

impl Portal {
    /// The account that is connected, unless what HubSpot holds of the record is in another one.
    pub fn of(connection: Option<&Connection>, record: &Record) -> Self {
        let text = |name: &str| connection?.details.get(name)?.as_str().map(str::to_owned);
        // What HubSpot says of itself becomes part of an address.
        let is_host = |host: &String| {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        };
        let is_number = |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let is_its_own = |id: &String| record.portal.as_ref().is_none_or(|portal| portal == id);
        let number = text("portal_id").filter(is_number).filter(is_its_own);
        Self(text("ui_domain").filter(is_host).zip(number))
    }

    /// The address of an object, by HubSpot's word for its kind and its id.
    pub fn url(&self, object: &str, id: &str) -> Option<String> {
        // HubSpot's numbers of its kinds of objects (reference/hubspot.md §2.1; the form of the address, §2.3).
        let kind = match object {
            "contacts" => "0-1",
            word if word == Object::Calls.word() => "0-48",
            word if word == Object::Meetings.word() => "0-47",
            word if word == Object::Tasks.word() => "0-27",
            _ => return None,
        };
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let (host, portal) = self.0.as_ref().filter(|_| is_id)?;
        Some(format!("https://{host}/contacts/{portal}/record/{kind}/{id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_host_a_number_and_an_id_gets_into_an_address() {
        let portal = |host: &str, id: &str| Portal(Some((host.to_owned(), id.to_owned())));
        let url = portal("app-eu1.hubspot.com", "1512050").url("calls", "77");
        assert_eq!(url.as_deref(), Some("https://app-eu1.hubspot.com/contacts/1512050/record/0-48/77"));
        assert_eq!(portal("app.hubspot.com", "1").url("calls", "7/../x"), None);
        assert_eq!(portal("app.hubspot.com", "1").url("notes", "7"), None);
        assert_eq!(Portal(None).url("contacts", "7"), None);
    }
}
