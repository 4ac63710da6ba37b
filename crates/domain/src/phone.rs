//! Phone numbers in E.164, read by the rules of the line's country.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, enums::Region};
use serde::{Deserialize, Serialize};

/// A number in E.164, e.g. `+14155550132`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

/// E.164 has no more digits, country code included (ITU-T E.164, §6.2.1). Some numbers that are dialled within a country do.
const DIGITS_MAX: usize = 15;

impl Phone {
    /// Reads a number as people write it; without a `+` it is taken as one of `country` (two letters).
    ///
    /// `None` for what is no number (`anonymous`, a short code, words).
    pub fn read(text: &str, country: Option<&str>) -> Option<Self> {
        let number = parse(text, country)?;
        let e164 = e164(&number);
        let is_short_enough = e164.len() <= 1 + DIGITS_MAX;
        // Of zeros too many at its beginning one is lost each time that it is read: `000 7982` in Germany.
        let is_stable = || {
            !number.italian_leading_zero()
                || parse(&e164, None).is_some_and(|again| self::e164(&again) == e164)
        };
        (is_short_enough && is_stable()).then_some(Self(e164))
    }

    /// The number in E.164.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as people read it, e.g. `+1 415-555-0132`.
    pub fn for_people(&self) -> String {
        parse(&self.0, None).map_or_else(
            || self.0.clone(),
            |number| number.format_as(PhoneNumberFormat::International).into_owned(),
        )
    }

    /// The forms under which HubSpot's searchable phone properties may hold the number.
    ///
    /// They hold the number without its country code (reference/hubspot.md §10.2). What they hold outside
    /// North America is unconfirmed, so there the trunk prefix and the country code are tried as well.
    pub fn searchable(&self) -> Vec<String> {
        let Some(number) = parse(&self.0, None) else {
            return vec![self.0.trim_start_matches('+').to_owned()];
        };
        let national = rlibphonenumber::get_national_significant_number_owned(&number);
        if number.country_code == 1 {
            return vec![national];
        }
        let mut forms = vec![national.clone()];
        let local: String =
            number.format_as(PhoneNumberFormat::National).chars().filter(char::is_ascii_digit).collect();
        forms.push(local);
        forms.push(format!("{}{national}", number.country_code));
        forms.dedup();
        forms
    }
}

impl std::fmt::Display for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn e164(number: &PhoneNumber) -> String {
    number.format_as(PhoneNumberFormat::E164).into_owned()
}

fn parse(text: &str, country: Option<&str>) -> Option<PhoneNumber> {
    let region = country.and_then(|country| country.to_ascii_uppercase().parse::<Region>().ok());
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
    PHONE_NUMBER_UTIL.is_possible_number(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, country: Option<&str>) -> Option<String> {
        Phone::read(text, country).map(|phone| phone.as_str().to_owned())
    }

    #[test]
    fn spaced_digits_and_national_forms_are_one_number() {
        let paris = Some("+33176360695".to_owned());
        for text in ["+33 1 76 36 06 95", "01 76 36 06 95", "0033176360695", "+33176360695"] {
            assert_eq!(read(text, Some("FR")), paris, "{text}");
        }
    }

    #[test]
    fn a_number_with_an_extension_is_its_line() {
        assert_eq!(read("Mobile: (805) 479-2229 ext. 2204", Some("US")), Some("+18054792229".to_owned()));
    }

    #[test]
    fn words_are_no_number() {
        for text in ["anonymous", "", "12", "+", "call me"] {
            assert_eq!(read(text, Some("US")), None, "{text}");
        }
    }

    #[test]
    fn a_number_that_is_dialled_within_its_country_alone_is_none() {
        assert_eq!(read("0081 3 8800-1234-5678", Some("JP")), None, "more digits than E.164 has");
    }

    #[test]
    fn a_number_is_the_same_once_it_is_read_again_or_it_is_none() {
        let rome = "+390669812345";
        assert_eq!(read("06 698 12345", Some("IT")).as_deref(), Some(rome));
        assert_eq!(read(rome, None).as_deref(), Some(rome));
        assert_eq!(read("000 7982", Some("DE")), None, "+49007982, then +4907982");
    }

    #[test]
    fn a_number_has_up_to_fifteen_digits_and_is_written_in_up_to_64_bytes() {
        let longest = "+491234567890123";
        assert_eq!(read(longest, None).as_deref(), Some(longest));
        assert_eq!(read(&format!("{longest}4"), None), None);
        let spaced = |bytes: usize| format!("+{}14155550132", " ".repeat(bytes - 12));
        assert_eq!(read(&spaced(64), None).as_deref(), Some("+14155550132"));
        assert_eq!(read(&spaced(65), None), None);
    }

    #[test]
    fn a_national_number_without_a_country_is_not_guessed() {
        assert_eq!(read("4155550132", None), None);
    }

    #[test]
    fn searchable_forms_have_no_country_code_in_north_america() {
        assert_eq!(Phone::read("+1 415-555-0132", None).unwrap().searchable(), ["4155550132"]);
    }

    #[test]
    fn searchable_forms_elsewhere_try_the_trunk_prefix() {
        assert_eq!(
            Phone::read("+44 330 818 6690", None).unwrap().searchable(),
            ["3308186690", "03308186690", "443308186690"]
        );
    }
}
