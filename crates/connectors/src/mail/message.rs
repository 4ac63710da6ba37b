//! A notice as a MIME message. The library encodes; nothing of ours is pasted into headers.

use std::time::SystemTime;

use domain::{
    notice::{self, Mail},
    text::plain,
};
use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use uuid::Uuid;

use super::icalendar;

/// Builds the message. The same notice is the same message but for its date.
///
/// Fails with the words for a person where an address is none by the rules of mail.
pub fn build(from: &Mailbox, key: Uuid, mail: &Mail, now: Timestamp) -> Result<Message, String> {
    let invitation = mail.invitation.as_ref().map(|invitation| icalendar::write(invitation, now));
    let mut body = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(boundary(key, &[&mail.text, &mail.html, invitation.as_deref().unwrap_or_default()]))
        .build()
        .singlepart(SinglePart::plain(mail.text.clone()))
        .singlepart(SinglePart::html(mail.html.clone()));
    if let (Some(text), Some(invitation)) = (invitation, &mail.invitation) {
        let kind = format!("text/calendar; method={}; charset=UTF-8", invitation.method.word());
        let kind = ContentType::parse(&kind).map_err(|_| "Its calendar part has no name.".to_owned())?;
        body = body.singlepart(SinglePart::builder().header(kind).body(text));
    }
    let to = mailbox(&mail.to)
        .ok_or_else(|| format!("\"{}\" is no address that mail can be sent to.", mail.to.address))?;
    let mut message = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(plain(&mail.subject))
        .date(SystemTime::from(now))
        .message_id(Some(format!("<{key}@{}>", from.email.domain())))
        // RFC 3834: no machine answers a machine.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(reply_to) = mail.reply_to.as_ref().and_then(mailbox) {
        message = message.reply_to(reply_to);
    }
    message.multipart(body).map_err(|_| "It cannot be put together as a mail.".to_owned())
}

/// An address with its name on one line: at a line end in it the library breaks down.
fn mailbox(mailbox: &notice::Mailbox) -> Option<Mailbox> {
    let address: Address = mailbox.address.as_str().parse().ok()?;
    Some(Mailbox::new(mailbox.name.as_deref().map(plain), address))
}

/// What parts the message: nothing that stands in a part, so that no text can look like the end of one.
fn boundary(key: Uuid, parts: &[&str]) -> String {
    let mut boundary = key.simple().to_string();
    while parts.iter().any(|part| part.contains(&boundary)) {
        boundary.push('x');
    }
    boundary
}
