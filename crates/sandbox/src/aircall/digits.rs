//! Aircall's display form of a number: country code, space, groups.

/// Returns "+44 330 818 6690" for "+443308186690"; what is not a number stays as it is.
pub fn spaced(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if !number.starts_with('+') || digits.len() < 7 {
        return number.to_owned();
    }
    let (code, groups): (&str, &[usize]) = match digits.as_str() {
        one if one.starts_with('1') => {
            let rest = &one[1..];
            return match (rest.get(..3), rest.get(3..6), rest.get(6..)) {
                (Some(area), Some(exchange), Some(line)) => format!("+1 {area}-{exchange}-{line}"),
                _ => number.to_owned(),
            };
        }
        one if one.starts_with("33") => ("33", &[1, 2, 2, 2, 2]),
        one if one.starts_with("44") => ("44", &[3, 3, 4]),
        one if one.starts_with("43") => ("43", &[3, 12]),
        one if one.starts_with("49") => ("49", &[3, 12]),
        one if one.starts_with("81") => ("81", &[2, 4, 4]),
        one => (&one[..2], &[3, 3, 3, 6]),
    };
    let mut parts = vec![format!("+{code}")];
    let mut rest = &digits[code.len()..];
    for size in groups {
        let (group, after) = rest.split_at((*size).min(rest.len()));
        if !group.is_empty() {
            parts.push(group.to_owned());
        }
        rest = after;
    }
    parts.join(" ") + rest
}
