//! From the bytes at the door to JSON, cleaned of what our stores and HubSpot cannot hold.

use std::borrow::Cow;

use serde_json::Value;

/// Lists and objects nested deeper than this are refused (PRODUCT §8).
const DEPTH_MAX: usize = 128;

/// Why a body is no JSON of ours. Says nothing of what the body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// It is not JSON at all.
    #[error("the body is not JSON")]
    Malformed,
    /// It is nested more than 128 deep.
    #[error("the body is nested too deep")]
    TooDeep,
}

/// Parses a body. Escaped NULs (`\u0000`) and lone surrogates are dropped from its texts first.
pub fn parse(body: &[u8]) -> Result<Value, NotJson> {
    if is_too_deep(body) {
        return Err(NotJson::TooDeep);
    }
    let clean = cleaned(body);
    let mut json = serde_json::Deserializer::from_slice(&clean);
    // serde_json stops at 127 levels, one short of what is promised; the depth is already known to be small.
    json.disable_recursion_limit();
    let value = serde::Deserialize::deserialize(&mut json).map_err(|_| NotJson::Malformed)?;
    json.end().map_err(|_| NotJson::Malformed)?;
    Ok(value)
}

fn is_too_deep(body: &[u8]) -> bool {
    // Counting is many times as quick as following, and hardly a webhook opens so many.
    if body.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() <= DEPTH_MAX {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return true;
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Drops `\u0000` and each `\uD800`–`\uDFFF` that is no half of a pair.
///
/// `\\` is taken as a whole, so that its second half starts no escape.
fn cleaned(body: &[u8]) -> Cow<'_, [u8]> {
    // One byte is looked for many times as quickly as two.
    if !body.contains(&b'\\') || !body.windows(2).any(|two| two == b"\\u") {
        return Cow::Borrowed(body);
    }
    let mut kept = Vec::with_capacity(body.len());
    let (mut rest, mut in_text) = (body, false);
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\\' | b'"')) {
        kept.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (length, is_kept) = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            _ if rest[0] == b'"' => {
                in_text = !in_text;
                (1, true)
            }
            // No JSON: left as it is, so that it is refused.
            _ if !in_text => return Cow::Borrowed(body),
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, true),
            (Some(0 | 0xD800..=0xDFFF), _) => (6, false),
            (Some(_), _) => (6, true),
            (None, _) => (2.min(rest.len()), true),
        };
        if is_kept {
            kept.extend_from_slice(&rest[..length]);
        }
        rest = &rest[length..];
    }
    kept.extend_from_slice(rest);
    Cow::Owned(kept)
}

/// The code unit of the `\uXXXX` that the bytes begin with.
fn code_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    // `from_str_radix` would take a sign.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::escaped_nul(r#""a\u0000b""#, "ab")]
    #[case::high_surrogate_alone(r#""a\uD83Db""#, "ab")]
    #[case::low_surrogate_alone(r#""a\uDE00b""#, "ab")]
    #[case::halves_the_wrong_way_round(r#""\uDE00\uD83D""#, "")]
    #[case::two_high_halves(r#""\uD83D\uD83D\uDE00""#, "😀")]
    #[case::a_nul_between_two_halves_does_not_join_them(r#""\uD83D\u0000\uDE00""#, "")]
    #[case::pair(r#""\uD83D\uDE00""#, "😀")]
    #[case::pair_in_small_letters(r#""\ud83d\ude00""#, "😀")]
    #[case::escaped_backslash_before_u0000(r#""\\u0000""#, "\\u0000")]
    #[case::escaped_backslash_then_nul(r#""\\\u0000x""#, "\\x")]
    #[case::escaped_backslash_before_a_surrogate(r#""\\uD800""#, "\\uD800")]
    #[case::other_escapes(r#""\n\"\u00e9\u0001""#, "\n\"é\u{1}")]
    fn texts_are_cleaned(#[case] body: &str, #[case] text: &str) {
        assert_eq!(parse(body.as_bytes()), Ok(json!(text)));
    }

    #[test]
    fn keys_are_cleaned_too() {
        assert_eq!(parse(br#"{"a\u0000":1}"#), Ok(json!({"a": 1})));
    }

    #[rstest]
    #[case(b"")]
    #[case(b"hello")]
    #[case(b"{")]
    #[case(b"{} {}")]
    #[case(b"\"\\")]
    #[case(b"\"\\u12\"")]
    #[case(b"\"\\u+123\"")]
    #[case(b"\"a\0b\"")]
    #[case(b"\"\xff\"")]
    #[case(b"\\u0000{}")]
    fn what_is_no_json_is_refused(#[case] body: &[u8]) {
        assert_eq!(parse(body), Err(NotJson::Malformed));
    }

    #[test]
    fn nesting_is_allowed_to_128_levels() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(128).as_bytes()).is_ok());
        assert_eq!(parse(nested(129).as_bytes()), Err(NotJson::TooDeep));
        assert_eq!(parse("[".repeat(1_000_000).as_bytes()), Err(NotJson::TooDeep));
    }

    #[test]
    fn brackets_within_texts_nest_nothing() {
        let text = format!("{}\\\"{}", "[".repeat(200), "{".repeat(200));
        assert!(parse(format!("\"{text}\"").as_bytes()).is_ok());
    }
}
