//! What brings a calendar up to date, as RFC 5545 writes it.
//!
//! Written here, since the known library passes names in parameters on as they are: a line end in one would begin a line of
//! its own (reference/scheduling.md §8.4).

use domain::notice::{Invitation, Mailbox, Method};
use jiff::Timestamp;

/// RFC 5545 §3.1: lines of more octets are folded.
const LINE_BYTES_MAX: usize = 75;

/// Writes the calendar object.
pub fn write(invitation: &Invitation, now: Timestamp) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Patchbay//Notices//EN".to_owned(),
        format!("METHOD:{}", invitation.method.word()),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", text(&invitation.uid)),
        format!("SEQUENCE:{}", invitation.sequence),
        format!("DTSTAMP:{}", utc(now)),
        format!("DTSTART:{}", utc(invitation.start)),
    ];
    lines.extend(invitation.end.map(|end| format!("DTEND:{}", utc(end))));
    lines.push(format!("SUMMARY:{}", text(&invitation.summary)));
    lines.extend(invitation.location.as_ref().map(|location| format!("LOCATION:{}", text(location))));
    let status = match invitation.method {
        Method::Request => "CONFIRMED",
        Method::Cancel => "CANCELLED",
    };
    lines.push(format!("STATUS:{status}"));
    lines.push(format!("ORGANIZER{}", person(&invitation.organizer)));
    lines.push(format!("ATTENDEE;ROLE=REQ-PARTICIPANT{}", person(&invitation.attendee)));
    lines.extend(["END:VEVENT".to_owned(), "END:VCALENDAR".to_owned()]);
    lines.iter().map(|line| folded(line)).collect()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A name as a parameter and an address as the value. Within quotes neither quotes nor controls may stand (§3.2).
fn person(mailbox: &Mailbox) -> String {
    let name = mailbox.name.as_deref().map(|name| without_controls(name).replace('"', "'"));
    let name = name.map(|name| format!(";CN=\"{name}\"")).unwrap_or_default();
    format!("{name}:mailto:{}", without_controls(mailbox.address.as_str()))
}

/// A value of the type TEXT (§3.3.11).
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn without_controls(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

/// A line with its end, cut into pieces of so many octets; each but the first begins with a blank.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 2);
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > LINE_BYTES_MAX {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out + "\r\n"
}

#[cfg(test)]
mod tests {
    use domain::email::Email;
    use proptest::prelude::*;

    use super::*;

    fn invitation(text: &str) -> Invitation {
        let mailbox =
            |address| Mailbox { name: Some(text.to_owned()), address: Email::read(address).unwrap() };
        Invitation {
            method: Method::Cancel,
            uid: "81@Cal.com".to_owned(),
            sequence: 2,
            summary: text.to_owned(),
            start: Timestamp::UNIX_EPOCH,
            end: None,
            location: Some(text.to_owned()),
            organizer: mailbox("ada@example.com"),
            attendee: mailbox("lin@example.net"),
        }
    }

    /// The lines that a calendar sees once it has joined what was folded.
    fn lines(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_entry_is_struck_out_under_its_id_and_sequence() {
        let written = write(&invitation("Lin; \"Wu\", and more of a name"), Timestamp::UNIX_EPOCH);
        let expected = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Patchbay//Notices//EN",
            "METHOD:CANCEL",
            "BEGIN:VEVENT",
            "UID:81@Cal.com",
            "SEQUENCE:2",
            "DTSTAMP:19700101T000000Z",
            "DTSTART:19700101T000000Z",
            r#"SUMMARY:Lin\; "Wu"\, and more of a name"#,
            r#"LOCATION:Lin\; "Wu"\, and more of a name"#,
            "STATUS:CANCELLED",
            "ORGANIZER;CN=\"Lin; 'Wu', and more of a name\":mailto:ada@example.com",
            "ATTENDEE;ROLE=REQ-PARTICIPANT;CN=\"Lin; 'Wu', and more of a name\":mailto:lin",
            " @example.net",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ];
        assert_eq!(written.split("\r\n").collect::<Vec<_>>(), expected);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_line_of_its_own_nor_one_that_is_too_long(text in "(\\PC|[\r\n\t\";:,\\\\]|BEGIN:VEVENT){0,120}") {
            let calm = lines(&write(&invitation("x"), Timestamp::UNIX_EPOCH));
            let written = write(&invitation(&text), Timestamp::UNIX_EPOCH);
            let names = |lines: &[String]| -> Vec<String> {
                lines.iter().map(|line| line.split([':', ';']).next().unwrap().to_owned()).collect()
            };
            prop_assert_eq!(names(&lines(&written)), names(&calm));
            prop_assert!(written.split("\r\n").all(|line| line.len() <= LINE_BYTES_MAX && !line.contains(['\r', '\n'])));
            let quotes = lines(&written).iter().filter(|line| line.starts_with("ORGANIZER")).map(|line| line.matches('"').count()).sum::<usize>();
            prop_assert_eq!(quotes, 2);
        }
    }
}
