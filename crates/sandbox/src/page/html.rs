//! Text that is safe to stand in a page: what came from outside gets in escaped.

use std::ops::AddAssign;

use html_escape::{encode_double_quoted_attribute, encode_text};
use jiff::Timestamp;

/// A piece of a page.
#[derive(Clone, Debug, Default)]
pub struct Html(pub String);

impl Html {
    pub fn text(text: impl AsRef<str>) -> Self {
        Self(encode_text(text.as_ref()).into_owned())
    }

    pub fn code(text: impl AsRef<str>) -> Self {
        Self(format!("<code>{}</code>", encode_text(text.as_ref())))
    }

    pub fn block(text: impl AsRef<str>) -> Self {
        Self(format!("<pre>{}</pre>", encode_text(text.as_ref())))
    }

    /// A moment as people read it; what is none is shown as it is.
    pub fn time(moment: &str) -> Self {
        let Ok(at) = moment.parse::<Timestamp>() else { return Self::text(moment) };
        let shown = at.strftime("%-d %b %Y, %H:%M UTC");
        Self(format!("<time datetime=\"{}\">{shown}</time>", attribute(moment)))
    }

    /// What is seldom needed, behind a word.
    pub fn more(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(format!("<details><summary>More</summary>{}</details>", Self::joined(parts).0))
    }

    pub fn note(text: impl AsRef<str>) -> Self {
        Self(format!("<p>{}</p>", encode_text(text.as_ref())))
    }

    pub fn link(to: &str, text: &str) -> Self {
        Self(format!("<a href=\"{}\">{}</a>", attribute(to), encode_text(text)))
    }

    pub fn joined(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect::<Vec<_>>().join(" "))
    }
}

impl AddAssign for Html {
    fn add_assign(&mut self, other: Self) {
        self.0.push_str(&other.0);
    }
}

pub fn attribute(text: &str) -> String {
    encode_double_quoted_attribute(text).into_owned()
}
