//! E-mail addresses as HubSpot compares them: trimmed, in lower case.

use serde::{Deserialize, Serialize};

/// An address in lower case. HubSpot stores addresses so, and any case matches (M1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an address; `None` if it cannot be one.
    ///
    /// Cal.com makes up `<digits>@sms.cal.com` for bookings by phone: no contact may be made under it.
    pub fn read(text: &str) -> Option<Self> {
        let address = text.trim().to_lowercase();
        let (name, host) = address.rsplit_once('@')?;
        let plausible = !name.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !address
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';'));
        (plausible && host != "sms.cal.com" && address.len() <= 254).then_some(Self(address))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spaces_do_not_make_another_address() {
        assert_eq!(Email::read(" Lin@Example.NET "), Email::read("lin@example.net"));
    }

    #[test]
    fn made_up_addresses_are_no_addresses() {
        for text in [
            "",
            "lin",
            "@x.y",
            "lin@host",
            "lin@.x.y",
            "lin@x.y.",
            "1415@sms.cal.com",
            "a b@x.y",
            "a@x.y,b@x.y",
            "a;b@x.y",
            "<a@x.y",
            "a>b@x.y",
            "a\u{0}@x.y",
            "a\r\nb@x.y",
        ] {
            assert_eq!(Email::read(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_has_up_to_254_bytes() {
        let of = |bytes: usize| format!("{}@example.net", "a".repeat(bytes - 12));
        assert_eq!(Email::read(&of(254)).map(|email| email.to_string()), Some(of(254)));
        assert_eq!(Email::read(&of(255)), None);
    }
}
