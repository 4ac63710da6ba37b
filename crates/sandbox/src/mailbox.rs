//! A mailbox in a box: takes mail by SMTP, shows it over HTTP.

mod mail;
mod mime;
mod page;
pub mod smtp;
mod trouble;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub use self::mail::Mail;
pub use self::trouble::Trouble;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::hold;
use crate::control::{refused, unknown};
use crate::origin::Provider;
use crate::page::Page;

const MAILS_MAX: usize = 5000;

#[derive(Clone, Default)]
pub struct Mailbox {
    mails: Arc<Mutex<Vec<Mail>>>,
    trouble: Arc<Mutex<Option<trouble::Ordered>>>,
}

impl Mailbox {
    pub fn put(&self, mail: Mail) {
        let mut mails = hold(&self.mails);
        if mails.len() < MAILS_MAX {
            mails.push(mail);
        }
    }

    /// What goes wrong here, if anything: at `RCPT` with the recipient, after the data with none.
    pub fn strike(&self, recipient: Option<&str>) -> Option<Trouble> {
        hold(&self.trouble).as_mut()?.strike(recipient)
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
            ("POST", "/_sandbox/trouble") => match trouble::Ordered::read(asked) {
                Ok(ordered) => {
                    let shown = ordered.as_ref().map(trouble::Ordered::json);
                    *hold(&self.trouble) = ordered;
                    Answer::json(200, shown.unwrap_or(Value::Null))
                }
                Err(what) => refused(what),
            },
            _ => unknown(),
        }
    }

    fn state(&self) -> Value {
        json!({"items": hold(&self.mails).iter().map(Mail::json).collect::<Vec<_>>()})
    }

    fn reset(&self) {
        hold(&self.mails).clear();
        *hold(&self.trouble) = None;
    }

    fn page(&self, asked: &Asked) -> Option<Page> {
        (asked.path == "/").then(|| page::of(&hold(&self.mails), hold(&self.trouble).is_some()))
    }
}
