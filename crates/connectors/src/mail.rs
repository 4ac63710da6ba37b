//! The mail server: notices handed over by SMTP, a few lines of it kept open as long as there is something to hand over.

mod icalendar;
mod message;
mod server;

use std::{error::Error as _, time::Duration};

use domain::{
    notice::Mail,
    text::{cut, plain},
};
use jiff::Timestamp;
use lettre::{
    message::Mailbox,
    transport::smtp::{Error, client::AsyncSmtpConnection, response::Code},
};
use secrecy::SecretString;
use tokio::sync::Mutex;
use uuid::Uuid;

use server::Server;

/// How long handing over one mail may take, from connecting to the answer. Servers that hold mails up on purpose do so for
/// some seconds; after this it counts as not taken and goes out again under the same `Message-ID`.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A server's words longer than this are cut.
const WORDS_CHARS_MAX: usize = 300;

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// Arises where the server takes no mail at all: it does not answer, or refuses us.
    Unready {
        /// What happened, in plain words.
        why: String,
    },
    /// Arises where it does not take this one now, or did not say that it has.
    Later {
        /// What happened, in plain words.
        why: String,
    },
    /// Arises where it refuses this one.
    Refused {
        /// What happened, in plain words.
        why: String,
    },
}

/// What is wrong with the settings, in words for the operator; they do not repeat the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The server's address.
    Server(String),
    /// The sender.
    From(String),
}

/// The way to the mail server.
pub struct Post {
    server: Server,
    from: Mailbox,
    /// Lines that are open and not in use.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl Post {
    /// Knows the way; connects to nothing.
    ///
    /// `address` is `smtp://`, `smtps://` or `smtp+starttls://` with host, and perhaps user, password and port; `from` is an
    /// address, perhaps with a name before it.
    pub fn new(address: &SecretString, from: &str) -> Result<Self, Wrong> {
        let server = Server::read(address).map_err(Wrong::Server)?;
        let from = from
            .parse()
            .map_err(|_| Wrong::From("is no e-mail address, nor a name with one in <>".to_owned()))?;
        Ok(Self { server, from, idle: Mutex::default() })
    }

    /// Hands a mail over; returns once the server has taken it. `key` names it: the same key, the same `Message-ID`.
    pub async fn send(&self, key: Uuid, mail: &Mail, now: Timestamp) -> Result<(), NotTaken> {
        let message = message::build(&self.from, key, mail, now).map_err(|why| NotTaken::Refused { why })?;
        let sending = async {
            let mut line = self.line().await?;
            line.send(message.envelope(), &message.formatted()).await.map_err(|error| not_taken(&error))?;
            self.idle.lock().await.push(line);
            Ok(())
        };
        // What is cut off here takes its line with it: an answer that comes late must not be taken for that to another mail.
        tokio::time::timeout(PATIENCE, sending).await.unwrap_or_else(|_| {
            let why = format!("The mail server did not answer within {} seconds.", PATIENCE.as_secs());
            Err(NotTaken::Later { why })
        })
    }

    /// Closes the lines that are not in use.
    pub async fn rest(&self) {
        for mut line in std::mem::take(&mut *self.idle.lock().await) {
            // Closed it is either way.
            let _ = tokio::time::timeout(FAREWELL, line.quit()).await;
        }
    }

    /// A line that is open, or a new one.
    async fn line(&self) -> Result<AsyncSmtpConnection, NotTaken> {
        loop {
            let idle = self.idle.lock().await.pop();
            let Some(mut line) = idle else { break };
            if line.test_connected().await {
                return Ok(line);
            }
        }
        self.server.connect(&self.from).await.map_err(|error| NotTaken::Unready {
            why: match error.status() {
                Some(code) => format!("The mail server refuses us: {}", said(code, &error)),
                None => format!("The mail server cannot be reached: {}.", words(&error)),
            },
        })
    }
}

fn not_taken(error: &Error) -> NotTaken {
    let said = error.status().map(|code| format!("The mail server said: {}", said(code, error)));
    match said {
        // 421: it closes the line, whatever was asked (RFC 5321 §3.8).
        Some(why) if error.status().is_some_and(|code| u16::from(code) == 421) => NotTaken::Unready { why },
        Some(why) if error.is_permanent() => NotTaken::Refused { why },
        Some(why) => NotTaken::Later { why },
        None if error.is_client() => {
            NotTaken::Refused { why: format!("It cannot be sent: {}.", words(error)) }
        }
        None => NotTaken::Later {
            why: format!("The mail server was lost before it said that it has it: {}.", words(error)),
        },
    }
}

/// The server's own words, on one line.
fn said(code: Code, error: &Error) -> String {
    cut(&plain(&format!("{code} {}", cause(error))), WORDS_CHARS_MAX)
}

fn words(error: &Error) -> String {
    cut(&plain(&cause(error)), WORDS_CHARS_MAX)
}

fn cause(error: &Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
