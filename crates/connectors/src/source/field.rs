//! One field of a body: where it stands and what is there, read with patience.

use domain::{email::Email, event::Unreadable};
use jiff::Timestamp;
use serde_json::Value;

/// An id longer than this is no id of any source; it would be a key in our store.
const ID_BYTES_MAX: usize = 500;

/// Numbers above this are milliseconds: as seconds they would be beyond the year 5138.
const SECONDS_MAX: i64 = 100_000_000_000;

/// A field of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    path: &'static str,
    value: &'a Value,
}

impl<'a> Field<'a> {
    /// The field at a path of keys joined by dots; null if any part of the way is missing.
    pub fn at(body: &'a Value, path: &'static str) -> Self {
        Self { path, value: path.split('.').fold(body, |value, key| &value[key]) }
    }

    /// A whole entry of a list, where errors name no path.
    pub fn at_root(entry: &'a Value) -> Self {
        Self { path: "", value: entry }
    }

    /// What is there; null if nothing is.
    pub fn value(self) -> &'a Value {
        self.value
    }

    /// The complaint that names this field.
    pub fn unreadable(self, problem: impl Into<String>) -> Unreadable {
        Unreadable { field: self.path.to_owned(), problem: problem.into() }
    }

    /// A text that says something: trimmed, without NULs; anything else counts as missing.
    pub fn text(self) -> Option<String> {
        text(self.value)
    }

    /// A phone number, as a text or as a whole number; anything else counts as missing.
    pub fn digits(self) -> Option<String> {
        match self.value {
            Value::Number(number) => number.as_u64().map(|number| number.to_string()),
            value => text(value),
        }
    }

    /// A text that must be there.
    pub fn required_text(self) -> Result<String, Unreadable> {
        self.text().ok_or_else(|| self.unreadable("is missing or is no text"))
    }

    /// An address; anything else counts as missing.
    pub fn email(self) -> Option<Email> {
        Email::read(&self.text()?)
    }

    /// The entries of a list; none if it is no list.
    pub fn list(self) -> &'a [Value] {
        self.value.as_array().map_or(&[], Vec::as_slice)
    }

    /// An id, sent as a text or as a whole number, not below zero; anything else counts as missing.
    pub fn id(self) -> Option<String> {
        match self.value {
            Value::Number(number) => number.as_u64().map(|number| number.to_string()),
            Value::String(_) => {
                self.text().filter(|id| id.len() <= ID_BYTES_MAX && !id.chars().any(char::is_control))
            }
            _ => None,
        }
    }

    /// An id that must be there.
    pub fn required_id(self) -> Result<String, Unreadable> {
        self.id().ok_or_else(|| self.unreadable("is missing or is no id"))
    }

    /// A moment in UNIX seconds, as a number or a text of digits; milliseconds and RFC 3339 pass too.
    /// Null, an empty text and zero count as missing.
    pub fn unix_time(self) -> Result<Option<Timestamp>, Unreadable> {
        let number = match self.value {
            Value::Null => return Ok(None),
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => {
                let text = text.trim();
                match text.parse::<i64>().ok().or_else(|| text.parse::<f64>().ok().and_then(whole)) {
                    Some(number) => Some(number),
                    None => return self.rfc3339(),
                }
            }
            _ => None,
        };
        let number = number.ok_or_else(|| self.unreadable("is no time"))?;
        let seconds = if number > SECONDS_MAX { number / 1000 } else { number };
        if seconds == 0 {
            Ok(None)
        } else {
            self.within_reason(Timestamp::from_second(seconds).ok()).map(Some)
        }
    }

    /// A moment in RFC 3339 with any offset. Null and an empty text count as missing.
    pub fn rfc3339(self) -> Result<Option<Timestamp>, Unreadable> {
        match self.value {
            Value::Null => Ok(None),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) => self.within_reason(text.trim().parse().ok()).map(Some),
            _ => Err(self.unreadable("is no time")),
        }
    }

    /// A moment in RFC 3339 that must be there.
    pub fn required_rfc3339(self) -> Result<Timestamp, Unreadable> {
        self.rfc3339()?.ok_or_else(|| self.unreadable("is missing"))
    }

    /// Far from the ends of what a timestamp holds, so that adding a grace to it cannot overflow.
    fn within_reason(self, at: Option<Timestamp>) -> Result<Timestamp, Unreadable> {
        at.filter(|at| (0..=SECONDS_MAX).contains(&at.as_second()))
            .ok_or_else(|| self.unreadable("is no time that can be"))
    }
}

/// A text that says something: trimmed, without NULs.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let text =
        if text.contains('\0') { text.replace('\0', "").trim().to_owned() } else { text.trim().to_owned() };
    (!text.is_empty()).then_some(text)
}

/// A name in two parts, where the first is there.
pub(crate) fn name_parts(first: Field<'_>, last: Field<'_>) -> Option<(String, String)> {
    Some((first.text()?, last.text().unwrap_or_default()))
}

/// The whole part of a number that is a moment; beyond 2^53 it is none.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked, the fraction is not wanted")]
    (number.abs() < 9e15).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn unix_time(value: &Value) -> Result<Option<i64>, Unreadable> {
        Field { path: "t", value }.unix_time().map(|at| at.map(Timestamp::as_second))
    }

    #[rstest]
    #[case::number(json!(1_646_391_384))]
    #[case::text(json!(" 1646391384 "))]
    #[case::fraction(json!(1_646_391_384.9))]
    #[case::fraction_as_text(json!("1646391384.0"))]
    #[case::milliseconds(json!(1_646_391_384_250_i64))]
    #[case::milliseconds_as_text(json!("1646391384250"))]
    #[case::rfc3339(json!("2022-03-04T10:56:24Z"))]
    fn a_unix_time_is_read_however_it_is_written(#[case] value: Value) {
        assert_eq!(unix_time(&value), Ok(Some(1_646_391_384)));
    }

    #[rstest]
    #[case(json!(null))]
    #[case(json!(""))]
    #[case(json!(0))]
    #[case(json!("0"))]
    fn no_time_is_missing(#[case] value: Value) {
        assert_eq!(unix_time(&value), Ok(None));
    }

    #[rstest]
    #[case(json!(i64::MAX))]
    #[case(json!(u64::MAX))]
    #[case(json!(i64::MIN))]
    #[case(json!(-5))]
    #[case(json!(1e300))]
    #[case(json!("9223372036854775807"))]
    #[case(json!("9999-12-30T22:00:00Z"))]
    #[case(json!("NaN"))]
    #[case(json!("soon"))]
    #[case(json!(true))]
    #[case(json!([1]))]
    #[case(json!({}))]
    fn what_is_no_time_is_unreadable(#[case] value: Value) {
        assert_eq!(unix_time(&value).map_err(|unreadable| unreadable.field), Err("t".to_owned()));
    }

    #[rstest]
    #[case("2026-11-24T15:00:00Z")]
    #[case("2026-11-24T15:00:00.000Z")]
    #[case("2026-11-24T16:00:00+01:00")]
    #[case("2026-11-24T10:00:00-05:00")]
    #[case("2026-11-24T15:00:00+00:00")]
    #[case("2026-11-24T15:00Z")]
    fn rfc3339_is_read_with_any_offset(#[case] text: &str) {
        let value = json!(text);
        let at = Field { path: "t", value: &value }.rfc3339();
        assert_eq!(at, Ok(Some("2026-11-24T15:00:00Z".parse().unwrap())));
    }

    #[rstest]
    #[case(json!(123), Some("123"))]
    #[case(json!(u64::MAX), Some("18446744073709551615"))]
    #[case(json!(" bk_81 "), Some("bk_81"))]
    #[case(json!("b\u{0}k"), Some("bk"))]
    #[case(json!(""), None)]
    #[case(json!("a\nb"), None)]
    #[case(json!("x".repeat(501)), None)]
    #[case(json!(1.5), None)]
    #[case(json!(true), None)]
    #[case(json!({"id": 1}), None)]
    fn an_id_is_a_text_or_a_whole_number(#[case] value: Value, #[case] id: Option<&str>) {
        assert_eq!(Field { path: "id", value: &value }.id().as_deref(), id);
    }
}
