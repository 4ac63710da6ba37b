//! The body of a meeting's activity: HTML in which all outside text is escaped.

use super::call_text::within;
use crate::{
    booking::{Answer, Invitee, Standing},
    email::Email,
    text,
};

/// Writes the body: who, where, the answers (M8), and what became of it.
pub fn body(standing: &Standing) -> String {
    let facts = &standing.facts;
    let mut lines = Vec::new();
    let mut say = |label: &str, value: Option<&str>| {
        if let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) {
            lines.push(format!("<b>{label}:</b> {}", text::html(value)));
        }
    };
    if let Some(canceled) = &standing.canceled {
        say("Canceled by", canceled.by.as_deref());
        say("Reason", canceled.reason.as_deref());
    } else if standing.is_moved {
        say("Moved by", facts.changed_by.as_deref());
        say("Reason", facts.reason.as_deref());
    }
    let host = facts.host.as_ref();
    say("Host", host.and_then(|host| host.name.as_deref().or(host.email.as_ref().map(Email::as_str))));
    if let Some(invitee) = facts.invitee.as_ref().filter(|_| standing.seats.is_empty()) {
        say("Invitee", invitee.name.as_deref());
        say("E-mail", invitee.email.as_ref().map(Email::as_str));
        say("Phone", invitee.phone.as_deref());
        say("Time zone", invitee.timezone.as_deref());
    }
    let guests: Vec<&str> = facts.guests.iter().map(|guest| guest.email.as_str()).collect();
    say("Guests", Some(&guests.join(", ")));
    say("Where", facts.location.as_deref());
    say("About", facts.description.as_deref());
    say("Notes", facts.notes.as_deref());
    lines.extend(facts.answers.iter().map(answered));
    for seat in &standing.seats {
        lines.push(format!("<b>Seat:</b> {}", text::html(&person(&seat.who))));
        lines.extend(seat.answers.iter().map(answered));
    }
    within(&lines)
}

fn answered(answer: &Answer) -> String {
    let value = answer.value.for_people().unwrap_or_else(|| "–".to_owned());
    format!("<b>{}:</b> {}", text::html(&text::plain(&answer.question)), text::html(&value))
}

/// All that is known of who has a seat, in one line.
fn person(who: &Invitee) -> String {
    let email = who.email.as_ref().map(Email::as_str);
    let parts = [who.name.as_deref(), email, who.phone.as_deref(), who.timezone.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
