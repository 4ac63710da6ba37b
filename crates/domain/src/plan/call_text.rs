//! The body of a call's activity (C14): HTML in which all outside text is escaped.

use jiff::Timestamp;

use crate::{call::Call, text};

/// Writes the body: line, agent, tags once the call has ended (C7), missed reason, links, comments;
/// and that several contacts matched, if they did (C12).
pub fn body(call: &Call, contact_matches: usize, now: Timestamp) -> String {
    let mut lines = Vec::new();
    let mut say = |label: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("<b>{label}:</b> {value}"));
        }
    };
    say("Line", call.line().map(|line| text::html(&named(line.name.as_deref(), line.digits.as_deref()))));
    say("Agent", call.agent().and_then(|agent| agent.name.as_deref()).map(text::html));
    say("Transferred to", call.transferred_to().and_then(|agent| agent.name.as_deref()).map(text::html));
    if call.has_ended(now) {
        let tags: Vec<String> = call.tags().values().map(|tag| text::html(tag)).collect();
        say("Tags", Some(tags.join(", ")));
    }
    say("Missed because", call.missed_reason().map(missed_words));
    say("Recording", call.recording().map(|address| text::link(address, "listen in Aircall")));
    say("Voicemail", call.voicemail().map(|address| text::link(address, "listen in Aircall")));
    if contact_matches > 1 {
        let taken = format!("{contact_matches} matched; the one most recently active was taken");
        lines.push(format!("<b>Contact:</b> {taken}"));
    }
    for comment in call.comments() {
        let by = comment.by.as_deref().map(|by| format!(" ({})", text::html(by))).unwrap_or_default();
        lines.push(format!("<b>Comment{by}:</b> {}", text::html(&comment.content)));
    }
    within(&lines)
}

/// Joins whole lines as long as they fit, then cuts with a mark: no escape is cut in two, no element is left open.
pub(super) fn within(lines: &[String]) -> String {
    let html = lines.join("<br>");
    if html.chars().count() <= text::BODY_CHARS_MAX {
        return html;
    }
    let mut out = String::new();
    let mut chars = 0;
    let mut open: Vec<&str> = Vec::new();
    for piece in pieces(&html) {
        let closes: usize = open.iter().map(|name| name.len() + "</>".len()).sum();
        // Room for the mark, for closing what is open, and for closing this piece if it opens something.
        let room = text::CUT_MARK.chars().count() + closes + piece.len().min("</a>".len());
        if chars + piece.chars().count() + room > text::BODY_CHARS_MAX {
            break;
        }
        match piece.strip_prefix("</") {
            Some(_) => drop(open.pop()),
            None if piece.starts_with("<a ") => open.push("a"),
            None if piece == "<b>" => open.push("b"),
            None => {}
        }
        chars += piece.chars().count();
        out.push_str(piece);
    }
    out.push_str(text::CUT_MARK);
    for name in open.into_iter().rev() {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
    out
}

/// Splits HTML of our own making into tags, escapes and single characters. Outside text in it is escaped, so each `<` and
/// each `&` begins a piece that is closed.
fn pieces(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match first {
            '<' => rest.find('>'),
            '&' => rest.find(';'),
            _ => None,
        };
        let (piece, left) = rest.split_at(end.map_or(first.len_utf8(), |end| end + 1));
        rest = left;
        Some(piece)
    })
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
        let body = within(&["&lt;".repeat(40_000)]);
        assert!(body.chars().count() <= text::BODY_CHARS_MAX);
        assert!(body.ends_with("&lt;…"), "{}", &body[body.len() - 20..]);
    }

    #[test]
    fn a_body_cut_inside_a_link_leaves_no_element_open() {
        let address = format!("https://x.example/?a=1&amp;b={}", "c".repeat(70_000));
        let body =
            within(&[format!("<b>Recording:</b> <a href=\"{address}\">listen</a>"), "more".to_owned()]);
        assert_eq!(body, "<b>Recording:</b> …");
        let body = within(&[format!("<b>Comment ({}):</b> hello", "c".repeat(70_000))]);
        assert!(body.ends_with("c…</b>"), "{}", &body[body.len() - 20..]);
        assert!(body.chars().count() <= text::BODY_CHARS_MAX);
    }

    #[test]
    fn as_much_is_kept_as_fits_with_the_mark_and_what_closes() {
        let fits = "x".repeat(text::BODY_CHARS_MAX);
        assert_eq!(within(std::slice::from_ref(&fits)), fits);
        for (begin, end) in
            [("", "x…"), ("<b>", "x…</b>"), ("<a href=\"h\">", "x…</a>"), ("<b><a href=\"h\">", "x…</a></b>")]
        {
            let body = within(&[format!("{begin}{fits}x")]);
            assert!(body.starts_with(begin) && body.ends_with(end), "{begin}");
            // One character more would be one that opens something, as far as is known before it is read.
            assert_eq!(body.chars().count(), text::BODY_CHARS_MAX - 1, "{begin}");
        }
    }
}
