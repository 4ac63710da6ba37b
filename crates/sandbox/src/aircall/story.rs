//! How a call goes: which events, in which order, how many seconds after its start.

use serde_json::Value;

use super::account::Account;
use super::call::{Call, Tagged};

/// One change of a call, and the event that tells of it.
#[derive(Clone, Debug)]
pub enum Step {
    Created,
    Ringing,
    Answered,
    Tagged(String),
    Hungup,
    Ended,
    VoicemailLeft,
    Recorded,
}

#[derive(Clone, Debug)]
pub struct Story {
    pub user_id: Option<i64>,
    pub missed_call_reason: Option<String>,
    pub hangup_cause: Option<String>,
    /// Seconds after the start of the call.
    pub steps: Vec<(i64, Step)>,
}

/// call.ended comes 30 s after hang-up, call.voicemail_left after that, as captured from a missed call.
const ENDED_AFTER_S: i64 = 30;
const VOICEMAIL_AFTER_S: i64 = 33;
/// A tag put on in the call-ended view was captured 2 s after hang-up, before call.ended.
const TAG_AFTER_S: i64 = 2;
const RECORDING_AFTER_S: i64 = 45;

const NAMES: [&str; 7] = ["ringing", "answered", "missed", "voicemail", "busy", "wrong_number", "unanswered"];

/// Reads an order for a call; the error names what is wrong with it.
pub fn read(order: &Value, account: &Account) -> Result<Story, &'static str> {
    let name = order["story"].as_str().unwrap_or("answered");
    if !NAMES.contains(&name) {
        return Err("story");
    }
    let is_inbound = order["direction"].as_str() != Some("outbound");
    let user_id = match order.get("user_email") {
        None => account.users.first().map(|user| user.id),
        Some(Value::Null) => None,
        Some(email) => {
            Some(account.user_by_email(email.as_str().unwrap_or_default()).ok_or("user_email")?.id)
        }
    };
    let ring_s = order["ring_s"].as_i64().unwrap_or(if name == "answered" { 8 } else { 17 });
    let talk_s = order["talk_s"].as_i64().unwrap_or(60);
    let text = |name: &str| order[name].as_str().map(str::to_owned);
    let cause = match name {
        "busy" | "wrong_number" => Some(name.to_owned()),
        _ => None,
    };
    let is_missed = is_inbound && name != "answered";
    let reason = is_missed.then(|| "agents_did_not_answer".to_owned());
    Ok(Story {
        user_id,
        missed_call_reason: text("missed_call_reason").or(reason),
        hangup_cause: text("hangup_cause").or(cause),
        steps: steps(order, name, is_inbound, ring_s, talk_s),
    })
}

fn steps(order: &Value, name: &str, is_inbound: bool, ring_s: i64, talk_s: i64) -> Vec<(i64, Step)> {
    let tags = |list: &str| -> Vec<String> {
        order[list]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tag| tag.as_str().map(str::to_owned))
            .collect()
    };
    let is_answered = name == "answered";
    let ended_s = if is_answered { ring_s + talk_s } else { ring_s };
    let mut steps = vec![(0, Step::Created)];
    if is_inbound {
        steps.push((0, Step::Ringing));
    }
    if is_answered {
        steps.push((ring_s, Step::Answered));
        steps.extend(tags("tags_during").into_iter().map(|tag| (ring_s + talk_s / 2, Step::Tagged(tag))));
    }
    // It goes on by hand.
    if name == "ringing" {
        return steps;
    }
    steps.push((ended_s, Step::Hungup));
    steps.extend(tags("tags_after").into_iter().map(|tag| (ended_s + TAG_AFTER_S, Step::Tagged(tag))));
    steps.push((ended_s + ENDED_AFTER_S, Step::Ended));
    if name == "voicemail" {
        steps.push((ended_s + VOICEMAIL_AFTER_S, Step::VoicemailLeft));
    }
    if order["recording"].as_bool() == Some(true) {
        steps.push((ended_s + RECORDING_AFTER_S, Step::Recorded));
    }
    steps
}

impl Story {
    pub fn length_s(&self) -> i64 {
        self.steps.last().map_or(0, |(offset_s, _)| *offset_s)
    }

    /// Applies a step to the call and names its event.
    pub fn apply(&self, step: &Step, at: i64, call: &mut Call, account: &mut Account) -> &'static str {
        match step {
            Step::Created => {
                // An outbound call has its agent from the start, an inbound one when somebody answers.
                if call.direction == "outbound" {
                    call.user_id = self.user_id;
                }
                "call.created"
            }
            Step::Ringing => "call.ringing_on_agent",
            Step::Answered => {
                answer(call, self.user_id, at);
                "call.answered"
            }
            Step::Tagged(name) => {
                tag(call, account, name, self.user_id, at);
                "call.tagged"
            }
            Step::Hungup => {
                hang_up(call, self.missed_call_reason.clone(), at);
                call.hangup_cause.clone_from(&self.hangup_cause);
                "call.hungup"
            }
            Step::Ended => "call.ended",
            Step::VoicemailLeft => {
                leave_voicemail(call, at);
                "call.voicemail_left"
            }
            Step::Recorded => {
                record(call, at);
                "call.comm_assets_generated"
            }
        }
    }
}

/// A presigned address: it stops working after an hour, and every snapshot may carry another one.
fn signed(id: i64, what: &str, at: i64) -> String {
    format!("https://aircall-media.example.com/calls/{id}/{what}.mp3?X-Amz-Date={at}&X-Amz-Expires=3600")
}

pub fn answer(call: &mut Call, by: Option<i64>, at: i64) {
    call.status = "answered";
    call.answered_at = Some(at);
    call.user_id = by;
}

pub fn hang_up(call: &mut Call, missed_call_reason: Option<String>, at: i64) {
    call.status = "done";
    call.ended_at = Some(at);
    call.missed_call_reason = missed_call_reason;
}

pub fn leave_voicemail(call: &mut Call, at: i64) {
    call.voicemail = Some(signed(call.id, "voicemail", at));
    call.asset = Some(format!("https://assets.aircall.io/calls/{}/voicemail", call.id));
}

pub fn record(call: &mut Call, at: i64) {
    call.recording = Some(signed(call.id, "recording", at));
    call.asset = Some(format!("https://assets.aircall.io/calls/{}/recording", call.id));
}

/// Puts a tag on, making it first if the company has none of that name. System tags are nobody's.
pub fn tag(call: &mut Call, account: &mut Account, name: &str, by: Option<i64>, at: i64) {
    let (tag_id, is_system) = match account.tag_named(name) {
        Some(tag) => (tag.id, tag.description.is_some()),
        None => (account.add_tag(name, None).id, false),
    };
    if call.tags.iter().all(|tagged| tagged.tag_id != tag_id) {
        call.tags.push(Tagged { tag_id, by: by.filter(|_| !is_system), at });
    }
}
