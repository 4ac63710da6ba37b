//! Aircall's spelling: webhooks, calls, API answers. Read 2026-11-20 (reference/aircall.md §1, §2).
//!
//! Webhooks are read field by field and not by derive: any key may be missing, null, `{}` or of another type, and
//! what one call's odd contact looks like must not lose the call.

use domain::call::CallEvent;
use serde_json::Value;

use crate::source::{Field, text};

/// The events we ask Aircall for. Holding, ringing and menu choices change nothing that is written.
pub(super) const EVENTS: [&str; 14] = [
    "call.created",
    "call.answered",
    "call.transferred",
    "call.external_transferred",
    "call.unsuccessful_transfer",
    "call.hungup",
    "call.ended",
    "call.comm_assets_generated",
    "call.voicemail_left",
    "call.assigned",
    "call.archived",
    "call.tagged",
    "call.untagged",
    "call.commented",
];

/// What the name of each event about a call begins with.
const CALL_EVENT: &str = "call.";

/// `{resource, event, timestamp, token, data}`.
pub(super) struct Envelope<'a> {
    pub event: Field<'a>,
    pub timestamp: Field<'a>,
    pub call_id: Field<'a>,
}

impl<'a> Envelope<'a> {
    pub fn of(body: &'a Value) -> Self {
        Self {
            event: Field::at(body, "event"),
            timestamp: Field::at(body, "timestamp"),
            call_id: Field::at(body, "data.id"),
        }
    }

    /// What happened to a call; `None` for all else, and for events that Aircall has added since: those are kept and
    /// ignored (PRODUCT §6), as what their `data` is is not known.
    pub fn call_event(&self) -> Option<CallEvent> {
        let word = self.event.value().as_str()?.strip_prefix(CALL_EVENT)?;
        Some(match word {
            "created" => CallEvent::Created,
            "ringing_on_agent" | "agent_declined" | "ivr_option_selected" => CallEvent::Ringing,
            "answered" => CallEvent::Answered,
            "transferred" | "external_transferred" | "unsuccessful_transfer" | "hold" | "unhold" => {
                CallEvent::Changed
            }
            "hungup" => CallEvent::Hungup,
            "ended" => CallEvent::Ended,
            "comm_assets_generated" => CallEvent::Assets,
            "voicemail_left" => CallEvent::VoicemailLeft,
            "assigned" => CallEvent::Assigned,
            "tagged" => CallEvent::Tagged,
            "untagged" => CallEvent::Untagged,
            "commented" => CallEvent::Commented,
            "archived" => CallEvent::Archived,
            _ => return None,
        })
    }
}

/// The call of a webhook (§2.4).
pub(super) struct Call<'a> {
    pub direction: Field<'a>,
    pub started_at: Field<'a>,
    pub answered_at: Field<'a>,
    pub ended_at: Field<'a>,
    pub missed_call_reason: Field<'a>,
    pub hangup_cause: Field<'a>,
    /// Signed for an hour at most: tells only that there is one.
    pub voicemail: Field<'a>,
    /// Likewise.
    pub recording: Field<'a>,
    /// Lasting, behind a login.
    pub asset: Field<'a>,
    pub raw_digits: Field<'a>,
    pub user: Agent<'a>,
    pub transferred_to: Agent<'a>,
    /// A number outside the company; in `call.external_transferred` only.
    pub external_transferred_to: Field<'a>,
    pub contact: Contact<'a>,
    pub number: Number<'a>,
    pub tags: Field<'a>,
    pub comments: Field<'a>,
}

impl<'a> Call<'a> {
    pub fn of(body: &'a Value) -> Self {
        Self {
            direction: Field::at(body, "data.direction"),
            started_at: Field::at(body, "data.started_at"),
            answered_at: Field::at(body, "data.answered_at"),
            ended_at: Field::at(body, "data.ended_at"),
            missed_call_reason: Field::at(body, "data.missed_call_reason"),
            hangup_cause: Field::at(body, "data.hangup_cause"),
            voicemail: Field::at(body, "data.voicemail"),
            recording: Field::at(body, "data.recording"),
            asset: Field::at(body, "data.asset"),
            raw_digits: Field::at(body, "data.raw_digits"),
            user: Agent {
                name: Field::at(body, "data.user.name"),
                email: Field::at(body, "data.user.email"),
            },
            transferred_to: Agent {
                name: Field::at(body, "data.transferred_to.name"),
                email: Field::at(body, "data.transferred_to.email"),
            },
            external_transferred_to: Field::at(body, "data.external_transferred_to"),
            contact: Contact {
                first_name: Field::at(body, "data.contact.first_name"),
                last_name: Field::at(body, "data.contact.last_name"),
                emails: Field::at(body, "data.contact.emails"),
            },
            number: Number {
                id: Field::at(body, "data.number.id"),
                name: Field::at(body, "data.number.name"),
                digits: Field::at(body, "data.number.digits"),
                e164_digits: Field::at(body, "data.number.e164_digits"),
                country: Field::at(body, "data.number.country"),
            },
            tags: Field::at(body, "data.tags"),
            comments: Field::at(body, "data.comments"),
        }
    }
}

/// A user, of whom calls tell more than is needed here.
pub(super) struct Agent<'a> {
    pub name: Field<'a>,
    pub email: Field<'a>,
}

pub(super) struct Contact<'a> {
    pub first_name: Field<'a>,
    pub last_name: Field<'a>,
    /// `[{id, label, value}]`
    pub emails: Field<'a>,
}

/// The value of one of a contact's addresses.
pub(super) fn contact_email(entry: &Value) -> Field<'_> {
    if entry.is_string() { Field::at_root(entry) } else { Field::at(entry, "value") }
}

pub(super) struct Number<'a> {
    pub id: Field<'a>,
    pub name: Field<'a>,
    /// With spaces, for display.
    pub digits: Field<'a>,
    /// In newer webhooks only.
    pub e164_digits: Field<'a>,
    pub country: Field<'a>,
}

/// `{id, name, tagged_by, tagged_at}`
pub(super) struct Tag<'a> {
    pub id: Field<'a>,
    pub name: Field<'a>,
}

impl<'a> Tag<'a> {
    pub fn of(entry: &'a Value) -> Self {
        let name = if entry.is_string() { Field::at_root(entry) } else { Field::at(entry, "name") };
        Self { id: Field::at(entry, "id"), name }
    }
}

/// `{id, content, posted_by, posted_at}`
pub(super) struct Comment<'a> {
    pub id: Field<'a>,
    pub content: Field<'a>,
    pub posted_by_name: Field<'a>,
    pub posted_at: Field<'a>,
}

impl<'a> Comment<'a> {
    pub fn of(entry: &'a Value) -> Self {
        Self {
            id: Field::at(entry, "id"),
            content: Field::at(entry, "content"),
            posted_by_name: Field::at(entry, "posted_by.name"),
            posted_at: Field::at(entry, "posted_at"),
        }
    }
}

/// Where a call's recording or voicemail can be opened for good, by somebody who is signed in.
pub(super) fn asset_address(call: &str, what: Asset) -> Option<String> {
    let is_aircalls = !call.is_empty() && call.bytes().all(|byte| byte.is_ascii_digit());
    is_aircalls.then(|| {
        let what = match what {
            Asset::Recording => "recording",
            Asset::Voicemail => "voicemail",
        };
        format!("https://assets.aircall.io/calls/{call}/{what}")
    })
}

/// What an asset's address leads to. An address with a query is signed and does not last.
pub(super) fn asset_of(address: &str) -> Option<Asset> {
    let is_link = address.starts_with("https://") || address.starts_with("http://");
    if !is_link || address.contains('?') {
        return None;
    }
    let path = address.trim_end_matches('/');
    if path.ends_with("/voicemail") {
        Some(Asset::Voicemail)
    } else if path.ends_with("/recording") || path.ends_with("/recording/info") {
        Some(Asset::Recording)
    } else {
        None
    }
}

/// What can be listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asset {
    Recording,
    Voicemail,
}

/// The `meta` of one page of a list.
pub(super) struct Meta<'a> {
    pub total: Option<u64>,
    pub per_page: Option<u64>,
    /// Missing from the list of webhooks; else null on the last page.
    pub next_page_link: Option<&'a Value>,
}

impl<'a> Meta<'a> {
    pub fn of(page: &'a Value) -> Self {
        let meta = &page["meta"];
        Self {
            total: meta["total"].as_u64(),
            per_page: meta["per_page"].as_u64(),
            next_page_link: meta.get("next_page_link"),
        }
    }
}

/// A webhook of the API. Its token stands in clear in every answer.
pub(super) struct Hook<'a> {
    pub webhook_id: Field<'a>,
    pub url: Field<'a>,
    pub token: Field<'a>,
    pub active: bool,
    pub events: Vec<String>,
}

impl<'a> Hook<'a> {
    pub fn of(entry: &'a Value) -> Self {
        Self {
            webhook_id: Field::at(entry, "webhook_id"),
            url: Field::at(entry, "url"),
            token: Field::at(entry, "token"),
            active: entry["active"].as_bool().unwrap_or(false),
            events: Field::at(entry, "events").list().iter().filter_map(text).collect(),
        }
    }
}
