//! The words of a notice, as plain text and as HTML: both from the same sections.

use super::{Change, Party, Stand, mail, when};
use crate::{
    booking::Standing,
    source::Source,
    text::{cut, html, link, plain},
};

/// What somebody outside wrote is told up to here, on one line: a reason must not look like a part of the notice.
const OUTSIDE_CHARS_MAX: usize = 500;

/// Where the meeting is.
const WHERE: &str = "Where";

/// What a notice tells, and whom.
pub struct Told<'a> {
    /// Where the booking was made.
    pub source: Source,
    /// How it stands.
    pub standing: &'a Standing,
    /// Who reads it.
    pub party: Party,
    /// What has changed.
    pub change: Change,
    /// What the reader knew before.
    pub before: Option<Stand>,
}

/// A heading with its lines.
struct Section {
    heading: &'static str,
    lines: Vec<String>,
}

impl Section {
    /// A line in HTML. A place may be an address that a browser opens.
    fn shown(&self, line: &str) -> String {
        if self.heading == WHERE && !line.contains(' ') { link(line, line) } else { html(line) }
    }
}

/// The event's name, fit to be shown.
pub fn event_name(standing: &Standing) -> String {
    let name = standing.facts.event_name.as_deref().map(outside).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "Meeting".to_owned())
}

impl Told<'_> {
    /// The meeting, with whom it is.
    pub fn meeting(&self) -> String {
        let with = mail::name(self.standing, mail::other(self.party));
        let with = with.map(|name| format!(" with {name}")).unwrap_or_default();
        format!("{}{with}", cut(&event_name(self.standing), 80))
    }

    /// The mail as plain text.
    pub fn plain(&self) -> String {
        let section = |section: Section| format!("{}\n  {}\n\n", section.heading, section.lines.join("\n  "));
        let sections: String = self.sections().into_iter().map(section).collect();
        format!("{}\n\n{}\n\n{sections}-- \n{}\n", self.greeting(), self.sentence(), self.footer())
    }

    /// The same as HTML. Nothing in it is loaded from anywhere.
    pub fn html(&self) -> String {
        let section = |section: Section| {
            let lines: Vec<String> = section.lines.iter().map(|line| section.shown(line)).collect();
            format!("<p><b>{}</b><br>{}</p>\n", section.heading, lines.join("<br>"))
        };
        let sections: String = self.sections().into_iter().map(section).collect();
        let (greeting, sentence) = (html(&self.greeting()), html(&self.sentence()));
        let footer = html(&self.footer());
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head>\n\
            <body style=\"font-family: sans-serif; line-height: 1.5\">\n\
            <p>{greeting}</p>\n<p>{sentence}</p>\n{sections}\
            <p style=\"color: #666666; font-size: small\">{footer}</p>\n</body></html>\n"
        )
    }

    fn greeting(&self) -> String {
        match mail::name(self.standing, self.party) {
            Some(name) => format!("Hello {name},"),
            None => "Hello,".to_owned(),
        }
    }

    fn sentence(&self) -> String {
        let with = mail::name(self.standing, mail::other(self.party));
        let with = with.map(|name| format!(" with {name}")).unwrap_or_default();
        let by = self.changed_by().map(|by| format!(" by {by}")).unwrap_or_default();
        let what = match self.change {
            Change::Moved => "moved to another time",
            Change::Canceled => "canceled",
        };
        format!("Your meeting \"{}\"{with} was {what}{by}.", event_name(self.standing))
    }

    fn sections(&self) -> Vec<Section> {
        let facts = &self.standing.facts;
        let zones = when::zones(self.standing, self.party);
        let times = |start, end| zones.iter().map(|zone| when::span(start, end, zone)).collect();
        let mut sections = Vec::new();
        if let Some(start) = facts.start {
            let heading = match self.change {
                Change::Moved => "New time",
                Change::Canceled => "Canceled time",
            };
            sections.push(Section { heading, lines: times(start, facts.end) });
        }
        if let Some(before) = self.before.filter(|before| Some(before.start) != facts.start) {
            sections.push(Section { heading: "Time before", lines: times(before.start, before.end) });
        }
        let reason = match self.change {
            Change::Moved => facts.reason.as_deref(),
            Change::Canceled => self.standing.canceled.as_ref().and_then(|one| one.reason.as_deref()),
        };
        let place = facts.location.as_deref().filter(|_| self.change == Change::Moved);
        for (heading, said) in [("Reason", reason), (WHERE, place)] {
            let said = said.map(outside).filter(|said| !said.is_empty());
            sections.extend(said.map(|said| Section { heading, lines: vec![said] }));
        }
        sections
    }

    /// Who made the change, as the reader knows them: sources say `host`, `invitee`, an address or a name.
    fn changed_by(&self) -> Option<String> {
        let said = match self.change {
            Change::Moved => self.standing.facts.changed_by.as_deref(),
            Change::Canceled => self.standing.canceled.as_ref().and_then(|one| one.by.as_deref()),
        }?;
        let is = |party: Party| {
            let address = party.address(self.standing).map(crate::email::Email::as_str);
            said.eq_ignore_ascii_case(party.word())
                || address.is_some_and(|address| said.trim().eq_ignore_ascii_case(address))
        };
        match Party::BOTH.into_iter().find(|party| is(*party)) {
            Some(party) if party == self.party => Some("you".to_owned()),
            Some(party) => {
                Some(mail::name(self.standing, party).unwrap_or_else(|| format!("the {}", party.word())))
            }
            None => Some(cut(&plain(said), 80)).filter(|said| !said.is_empty()),
        }
    }

    fn footer(&self) -> String {
        format!("Sent automatically, because the booking was changed in {}.", self.source.name())
    }
}

fn outside(said: &str) -> String {
    cut(&plain(said), OUTSIDE_CHARS_MAX)
}
