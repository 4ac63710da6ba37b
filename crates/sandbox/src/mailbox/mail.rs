//! One mail, as it came.

use serde_json::{Value, json};

use super::mime;

#[derive(Clone, Debug)]
pub struct Mail {
    pub at: String,
    /// Of the envelope, as are the recipients.
    pub from: String,
    pub to: Vec<String>,
    pub raw: String,
}

impl Mail {
    pub fn subject(&self) -> String {
        mime::words(&mime::header(&self.raw, "subject"))
    }

    /// Every part's text, decoded.
    pub fn text(&self) -> String {
        mime::parts(&self.raw).into_iter().map(|part| part.text).collect::<Vec<_>>().join("\n")
    }

    pub fn json(&self) -> Value {
        json!({
            "at": self.at, "from": self.from, "to": self.to, "subject": self.subject(), "text": self.text(),
            "parts": mime::parts(&self.raw).iter().map(mime::Part::json).collect::<Vec<_>>(), "raw": self.raw,
        })
    }
}
