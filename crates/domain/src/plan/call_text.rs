//! The body of a call's activity (C14): HTML in which all outside text is escaped.

use crate::{call::Call, text};

/// Writes the body: line, agent, tags, missed reason, links, comments.
pub fn body(call: &Call) -> String {
    let mut lines = Vec::new();
    let mut say = |label: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("<b>{label}:</b> {value}"));
        }
    };
    say("Line", call.line().map(|line| text::html(&named(line.name.as_deref(), line.digits.as_deref()))));
    say("Agent", call.agent().and_then(|agent| agent.name.as_deref()).map(text::html));
    say("Transferred to", call.transferred_to().and_then(|agent| agent.name.as_deref()).map(text::html));
    let tags: Vec<String> = call.tags().values().map(|tag| text::html(tag)).collect();
    say("Tags", Some(tags.join(", ")));
    say("Missed because", call.missed_reason().map(missed_words));
    say("Recording", call.recording().map(|address| text::link(address, "listen in Aircall")));
    say("Voicemail", call.voicemail().map(|address| text::link(address, "listen in Aircall")));
    for comment in call.comments() {
        let by = comment.by.as_deref().map(|by| format!(" ({})", text::html(by))).unwrap_or_default();
        lines.push(format!("<b>Comment{by}:</b> {}", text::html(&comment.content)));
    }
    within(lines)
}

/// Joins whole lines as long as they fit, then cuts with a mark: markup is not cut in two.
pub(super) fn within(lines: Vec<String>) -> String {
    let mut out = String::new();
    let mut chars = 0;
    for line in lines {
        let line = if out.is_empty() { line } else { format!("<br>{line}") };
        let length = line.chars().count();
        if chars + length + text::CUT_MARK.chars().count() > text::BODY_CHARS_MAX {
            return out + &cut_line(&line, text::BODY_CHARS_MAX - chars);
        }
        chars += length;
        out.push_str(&line);
    }
    out
}

/// Cuts one over-long line so that no escape and no tag is left open.
fn cut_line(line: &str, room: usize) -> String {
    let kept = text::cut(line, room.saturating_sub(8));
    let kept = kept.trim_end_matches(text::CUT_MARK);
    let last_mark = kept.rfind(['&', '<']).unwrap_or(kept.len());
    let is_open = !kept[last_mark..].contains([';', '>']);
    let kept = if is_open { &kept[..last_mark] } else { kept };
    format!("{kept}{}", text::CUT_MARK)
}

fn named(name: Option<&str>, digits: Option<&str>) -> String {
    match (name, digits) {
        (Some(name), Some(digits)) => format!("{name} ({digits})"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

/// Aircall's six reasons in plain words (reference/aircall.md §3); another is shown as it is.
fn missed_words(reason: &str) -> String {
    match reason {
        "out_of_opening_hours" => "outside opening hours".to_owned(),
        "short_abandoned" => "hung up within seconds".to_owned(),
        "abandoned_in_ivr" => "hung up in the menu".to_owned(),
        "abandoned_in_classic" => "hung up while waiting".to_owned(),
        "no_available_agent" => "no agent was available".to_owned(),
        "agents_did_not_answer" => "no agent answered".to_owned(),
        other => text::html(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_over_long_body_is_cut_within_the_limit_and_outside_an_escape() {
        let body = within(vec!["&lt;".repeat(40_000)]);
        assert!(body.chars().count() <= text::BODY_CHARS_MAX);
        assert!(body.ends_with("&lt;…"), "{}", &body[body.len() - 20..]);
    }
}
