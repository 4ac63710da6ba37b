//! What goes wrong with mails, by order.

use serde_json::{Value, json};

use crate::asked::Asked;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This reply instead of a yes.
    Reply(String),
    /// No answer at all, and the line stays open.
    Hang,
    /// The mail is lost and the line closed.
    LostBefore,
    /// The mail is kept, and the line closed without an answer.
    LostAfter,
}

/// A trouble with whom it strikes and how often.
#[derive(Clone, Debug)]
pub struct Ordered {
    trouble: Trouble,
    /// One recipient, at `RCPT`; else every mail, after its data.
    to: Option<String>,
    left: Option<u64>,
}

impl Ordered {
    /// Reads `{"kind" or "reply", "to", "times"}`; none if neither is given.
    pub fn read(asked: &Asked) -> Result<Option<Self>, &'static str> {
        let trouble = match (asked.text("kind"), asked.text("reply")) {
            (None, None) => return Ok(None),
            (Some("hang"), None) => Trouble::Hang,
            (Some("lost_before"), None) => Trouble::LostBefore,
            (Some("lost_after"), None) => Trouble::LostAfter,
            (None, Some(reply)) => Trouble::Reply(reply.to_owned()),
            _ => return Err("kind (hang, lost_before, lost_after) or reply"),
        };
        let left = asked.json.as_ref().and_then(|order| order["times"].as_u64());
        Ok(Some(Self { trouble, to: asked.text("to").map(str::to_lowercase), left }))
    }

    /// What strikes here: at `RCPT` with the recipient, after the data with none.
    pub fn strike(&mut self, recipient: Option<&str>) -> Option<Trouble> {
        if self.left == Some(0) || self.to != recipient.map(str::to_lowercase) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(self.trouble.clone())
    }

    pub fn json(&self) -> Value {
        json!({"trouble": format!("{:?}", self.trouble), "to": self.to, "left": self.left})
    }
}
