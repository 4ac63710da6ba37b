//! A mailbox in a box: takes mail by SMTP, shows it over HTTP.

mod mail;
mod mime;
mod page;
pub mod smtp;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub use self::mail::Mail;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::hold;
use crate::control::unknown;
use crate::origin::Provider;
use crate::page::Page;

const MAILS_MAX: usize = 5000;

#[derive(Clone, Default)]
pub struct Mailbox {
    mails: Arc<Mutex<Vec<Mail>>>,
    /// What the listener answers to a mail instead of taking it.
    refusal: Arc<Mutex<Option<String>>>,
}

impl Mailbox {
    pub fn put(&self, mail: Mail) {
        let mut mails = hold(&self.mails);
        if mails.len() < MAILS_MAX {
            mails.push(mail);
        }
    }

    pub fn refusal(&self) -> Option<String> {
        hold(&self.refusal).clone()
    }
}

impl Provider for Mailbox {
    fn name(&self) -> &'static str {
        "Mailbox"
    }

    async fn answer(&self, _asked: &Asked) -> Answer {
        Answer::json(404, json!({"error": "not found"}))
    }

    async fn control(&self, asked: &Asked) -> Answer {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/_sandbox/mails") => Answer::json(200, self.state()),
            ("DELETE", "/_sandbox/mails") => {
                hold(&self.mails).clear();
                Answer::empty(204)
            }
            ("POST", "/_sandbox/refuse") => {
                let reply = asked.text("reply").map(str::to_owned);
                hold(&self.refusal).clone_from(&reply);
                Answer::json(200, json!({"reply": reply}))
            }
            _ => unknown(),
        }
    }

    fn state(&self) -> Value {
        json!({"items": hold(&self.mails).iter().map(Mail::json).collect::<Vec<_>>()})
    }

    fn reset(&self) {
        hold(&self.mails).clear();
        *hold(&self.refusal) = None;
    }

    fn page(&self, asked: &Asked) -> Option<Page> {
        (asked.path == "/").then(|| page::of(&hold(&self.mails), self.refusal().as_deref()))
    }
}
