//! HubSpot's calculated phone numbers: area code and local number, without the country code.

/// Country codes the sandbox knows, longest first where one begins another.
const CODES: [&str; 30] = [
    "353", "351", "352", "358", "420", "972", "971", "852", "1", "44", "33", "49", "43", "81", "34", "39",
    "31", "32", "41", "45", "46", "47", "48", "61", "64", "65", "55", "52", "86", "91",
];

/// Country codes in whose numbers a leading zero is part of the number, not a trunk prefix.
const KEEPS_ZERO: [&str; 1] = ["39"];

const DIGITS_MIN: usize = 6;

/// Returns what `hs_searchable_calculated_phone_number` holds for a typed number.
///
/// A number that was typed without its country code is taken as national: HubSpot guesses the country,
/// the sandbox only drops a trunk zero or a North American 1.
pub fn national(typed: &str) -> Option<String> {
    let (code, rest) = split(typed)?;
    let rest = match code {
        Some(code) if KEEPS_ZERO.contains(&code) => rest,
        _ => rest.trim_start_matches('0').to_owned(),
    };
    (rest.len() >= DIGITS_MIN).then_some(rest)
}

/// Returns the number in E.164 if its country code was typed.
pub fn e164(typed: &str) -> Option<String> {
    let (code, _) = split(typed)?;
    Some(format!("+{}{}", code?, national(typed)?))
}

fn split(typed: &str) -> Option<(Option<&'static str>, String)> {
    let lower = typed.to_lowercase();
    // "(805) 479-2229 ext. 2204": the extension is no part of the number.
    let number = lower.split("ext").next().unwrap_or_default().split('x').next().unwrap_or_default();
    let number = number.replace("(0)", "");
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let plus = number.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '+').starts_with('+');
    let international = if plus { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    if let Some(international) = international {
        let code = CODES.into_iter().find(|code| international.starts_with(code))?;
        return Some((Some(code), international[code.len()..].to_owned()));
    }
    if digits.len() == 11 && digits.starts_with('1') {
        return Some((Some("1"), digits[1..].to_owned()));
    }
    (!digits.is_empty()).then_some((None, digits))
}
