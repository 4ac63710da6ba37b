//! One mail, as it came.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Mail {
    pub at: String,
    /// Of the envelope, as are the recipients.
    pub from: String,
    pub to: Vec<String>,
    pub raw: String,
}

impl Mail {
    /// A header's value with its folded lines joined; empty if there is none.
    pub fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let found = unfolded.split("\r\n").find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        found.unwrap_or_default()
    }

    pub fn body(&self) -> String {
        self.raw.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        json!({
            "at": self.at, "from": self.from, "to": self.to, "subject": self.header("subject"),
            "content_type": self.header("content-type"), "body": self.body(), "raw": self.raw,
        })
    }
}
