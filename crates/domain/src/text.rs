//! Outside text made safe: titles are plain, bodies are HTML with everything escaped.

/// HubSpot's limit for a text property, in characters (reference: properties guide).
/// Whether calls and meetings allow more is unconfirmed; we stay within it.
pub const BODY_CHARS_MAX: usize = 65_536;

/// A title longer than this is cut. HubSpot's own limit for titles is unconfirmed.
pub const TITLE_CHARS_MAX: usize = 512;

/// The mark left where text was cut.
pub const CUT_MARK: &str = "…";

/// Returns plain text for one line: control characters and line ends become single spaces.
///
/// Direction overrides are dropped too: they can make a name read as another.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_direction_override(*c)) {
        let c = if c.is_control() || c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

/// Returns a title: plain, and cut with a mark if over-long.
pub fn title(text: &str) -> String {
    cut(&plain(text), TITLE_CHARS_MAX)
}

/// Returns text cut to at most `chars_max` characters, the mark included.
pub fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    kept + CUT_MARK
}

/// Returns HTML in which nothing of the text can act; line ends become `<br>`.
pub fn html(text: &str) -> String {
    let clean: String = text
        .chars()
        .filter(|c| (!c.is_control() || matches!(c, '\n' | '\t')) && !is_direction_override(*c))
        .collect();
    let escaped = html_escape::encode_quoted_attribute(&clean);
    escaped.replace('\n', "<br>")
}

/// Returns a link if the address is http(s), else the escaped text.
pub fn link(address: &str, words: &str) -> String {
    let safe = address.starts_with("https://") || address.starts_with("http://");
    if safe { format!("<a href=\"{}\">{}</a>", html(address), html(words)) } else { html(address) }
}

fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_keeps_no_control_character_and_no_line_end() {
        assert_eq!(title("Intro\r\nBcc: x\u{0}\u{202E}call"), "Intro Bcc: x call");
    }

    #[test]
    fn html_escapes_each_mark_once() {
        assert_eq!(html("<b a=\"1\">&'\n"), "&lt;b a=&quot;1&quot;&gt;&amp;&#x27;<br>");
    }

    #[test]
    fn a_script_address_is_shown_and_not_linked() {
        assert_eq!(link("javascript:alert(1)", "Recording"), "javascript:alert(1)");
    }

    #[test]
    fn over_long_text_is_cut_with_a_mark() {
        assert_eq!(cut("abcdef", 4), "abc…");
    }
}
