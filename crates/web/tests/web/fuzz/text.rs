//! Numbers and addresses as people type them.

use domain::{email::Email, phone::Phone};

/// The first line is a country, the rest a number; the whole is tried as an address, too.
pub fn phone(input: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(input);
    let (country, number) = text.split_once('\n').unwrap_or(("", &text));
    let phone = Phone::read(number, Some(country).filter(|country| !country.is_empty()));
    let shape = match &phone {
        None => "no number".to_owned(),
        Some(phone) => {
            let e164 = phone.as_str();
            let is_e164 = e164.strip_prefix('+').is_some_and(|digits| {
                (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            });
            if !is_e164 {
                return Err(format!("{e164:?} is no E.164"));
            }
            if Phone::read(e164, None).as_ref() != Some(phone) {
                return Err(format!("{e164:?} is another number once it is read again"));
            }
            if phone.for_people().is_empty() || phone.searchable().is_empty() {
                return Err(format!("{e164:?} cannot be shown or searched"));
            }
            format!("a number of {} digits", e164.len() - 1)
        }
    };
    let email = Email::read(number);
    if email.as_ref().is_some_and(|email| Email::read(email.as_str()) != Some(email.clone())) {
        return Err(format!("{email:?} is another address once it is read again"));
    }
    Ok(format!("{shape}, {}", email.is_some()))
}
