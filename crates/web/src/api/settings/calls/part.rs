//! A part of the settings for calls, as an admin sends it, checked field by field.

use std::collections::BTreeMap;

use domain::{
    catalog::OutcomeCatalog,
    email::Email,
    ids::{OutcomeId, OwnerId},
    kind::Kind,
    plan::Template,
    settings::{CALL_TITLE_PLACES, CallSettings, LogWhen, OnConflict, Slot, default_outcomes},
    text::TITLE_CHARS_MAX,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, de::IgnoredAny};
use utoipa::ToSchema;

use crate::api::{
    body::present,
    id::Id,
    lists::{
        Choice,
        reading::{Reading, Unread},
    },
    problem::Problem,
};

/// Any part of the settings for calls. `outcomes`, `call_types` and `create_contacts` change the kinds they name;
/// the other lists and maps replace what was there.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CallSettingsPart)]
pub struct Part {
    /// Outcomes by kind of call: a GUID, or null for None.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    pub outcomes: Option<BTreeMap<String, Option<String>>>,
    /// `answered` or `ended`.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    log_when: Option<LogWhen>,
    /// `call_outcome` or `first_rule`.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    on_conflict: Option<OnConflict>,
    /// Whether unknown callers become contacts: true, false, or an object by kind of call.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<super::CreateContacts>, nullable = false)]
    create_contacts: Option<serde_json::Value>,
    /// Aircall's ids of numbers.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    exclude_numbers: Option<Vec<Id>>,
    /// Agents' addresses to HubSpot owners.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    pub owner_map: Option<BTreeMap<String, Id>>,
    /// The title; places: `{what}`, `{kind}`, `{direction}`, `{party}`, `{number}`, `{line}`, `{agent}`.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    title_template: Option<String>,
    /// Call types by kind of call, or null for none.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    pub call_types: Option<BTreeMap<String, Option<String>>>,
    /// Whether a missed call opens a task.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    missed_call_task: Option<bool>,
    /// Hang-up causes to kinds of outbound call.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    outcome_causes: Option<BTreeMap<String, String>>,
    /// Shown, not set: taken so that what was read can be sent back.
    #[serde(rename = "outcome_states")]
    #[schema(ignore)]
    _outcome_states: IgnoredAny,
}

impl Part {
    /// The names of the fields that are there.
    pub fn names(&self) -> Vec<&'static str> {
        [
            ("outcomes", self.outcomes.is_some()),
            ("log_when", self.log_when.is_some()),
            ("on_conflict", self.on_conflict.is_some()),
            ("create_contacts", self.create_contacts.is_some()),
            ("exclude_numbers", self.exclude_numbers.is_some()),
            ("owner_map", self.owner_map.is_some()),
            ("title_template", self.title_template.is_some()),
            ("call_types", self.call_types.is_some()),
            ("missed_call_task", self.missed_call_task.is_some()),
            ("outcome_causes", self.outcome_causes.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
        .collect()
    }

    /// Takes over all but outcomes, call types and owners, which need the live lists.
    pub fn apply(self, settings: &mut CallSettings) -> Result<(), Problem> {
        settings.log_when = self.log_when.unwrap_or(settings.log_when);
        settings.on_conflict = self.on_conflict.unwrap_or(settings.on_conflict);
        settings.missed_call_task = self.missed_call_task.unwrap_or(settings.missed_call_task);
        if let Some(creates) = self.create_contacts {
            create_contacts(creates, settings)?;
        }
        if let Some(numbers) = self.exclude_numbers {
            settings.exclude_numbers = numbers.into_iter().map(|id| id.0).collect();
        }
        if let Some(template) = self.title_template {
            check_template("title_template", &template, &CALL_TITLE_PLACES)?;
            settings.title_template = template;
        }
        if let Some(causes) = self.outcome_causes {
            settings.outcome_causes = causes
                .into_iter()
                .map(|(cause, word)| cause_entry(&cause, &word))
                .collect::<Result<_, _>>()?;
        }
        Ok(())
    }
}

/// Takes over outcomes, judged against the list of now; what stays as it is may be gone from the list.
pub fn outcomes(
    chosen: &BTreeMap<String, Option<String>>,
    settings: &mut CallSettings,
    reading: &Reading<OutcomeCatalog>,
    delay: SignedDuration,
    now: Timestamp,
) -> Result<(), Problem> {
    for (word, outcome) in chosen {
        let kind = kind("outcomes", word)?;
        let outcome = outcome.as_deref().map(|id| OutcomeId::from(id.trim()));
        let slot = settings.outcomes.get(&kind).cloned().unwrap_or_else(|| Slot::standing(None));
        if slot.chosen() == outcome.as_ref() {
            continue;
        }
        if let Some(outcome) = &outcome
            && !can_be_picked(outcome, reading)
        {
            return Err(Problem::invalid(format!("outcomes.{word}"), unknown_outcome(reading)));
        }
        settings.outcomes.insert(kind, slot.choose(outcome, &reading.catalog, delay, now));
    }
    Ok(())
}

/// HubSpot's default outcomes are known before the first reading: their GUIDs are the same in each account.
fn can_be_picked(outcome: &OutcomeId, reading: &Reading<OutcomeCatalog>) -> bool {
    use default_outcomes::{BUSY, CONNECTED, LEFT_VOICEMAIL, NO_ANSWER, WRONG_NUMBER};
    let is_default =
        || [BUSY, CONNECTED, LEFT_VOICEMAIL, NO_ANSWER, WRONG_NUMBER].contains(&outcome.as_str());
    reading.catalog.has(outcome) || (reading.catalog.read_at.is_none() && is_default())
}

fn unknown_outcome(reading: &Reading<OutcomeCatalog>) -> String {
    match &reading.unread {
        Some(unread) if reading.catalog.read_at.is_none() => {
            format!("cannot be checked against HubSpot's outcomes: {}", unread.reason)
        }
        _ => "is not an outcome of the HubSpot account".to_owned(),
    }
}

/// Takes over call types, judged against the list of now.
pub fn call_types(
    chosen: &BTreeMap<String, Option<String>>,
    settings: &mut CallSettings,
    listed: &Result<Vec<Choice>, Unread>,
) -> Result<(), Problem> {
    for (word, value) in chosen {
        let kind = kind("call_types", word)?;
        let before = settings.call_types.get(&kind).cloned().flatten();
        if before == *value {
            continue;
        }
        if let Some(value) = value {
            check_call_type(&format!("call_types.{word}"), value, listed)?;
        }
        settings.call_types.insert(kind, value.clone());
    }
    Ok(())
}

/// Checks a call type against the list of now.
pub fn check_call_type(
    field: &str,
    value: &str,
    listed: &Result<Vec<Choice>, Unread>,
) -> Result<(), Problem> {
    match listed {
        Ok(listed) if listed.iter().any(|choice| choice.id.0 == value) => Ok(()),
        Ok(_) => Err(Problem::invalid(field, "is not a call type of the HubSpot account")),
        Err(unread) if unread.is_passing => Err(unread.problem()),
        Err(unread) => Err(Problem::invalid(
            field,
            format!("cannot be checked against HubSpot's call types: {}", unread.reason),
        )),
    }
}

fn create_contacts(creates: serde_json::Value, settings: &mut CallSettings) -> Result<(), Problem> {
    let wrong =
        |field: &str| Problem::invalid(field, "must be true, false, or an object of these by kind of call");
    match creates {
        serde_json::Value::Bool(all) => settings.create_contacts = Kind::ALL.map(|kind| (kind, all)).into(),
        serde_json::Value::Object(by_kind) => {
            for (word, one) in by_kind {
                let kind = kind("create_contacts", &word)?;
                let one = one.as_bool().ok_or_else(|| wrong(&format!("create_contacts.{word}")))?;
                settings.create_contacts.insert(kind, one);
            }
        }
        _ => return Err(wrong("create_contacts")),
    }
    Ok(())
}

/// Takes over the map of owners. Where the list of now can be read, a new entry must be on it; one that stays may be gone.
pub fn owner_map(
    map: &BTreeMap<String, Id>,
    settings: &mut CallSettings,
    listed: &Result<Vec<Choice>, Unread>,
) -> Result<(), Problem> {
    let mut entries = BTreeMap::new();
    for (agent, owner) in map {
        let wrong = |problem: &str| Problem::invalid(format!("owner_map.{agent}"), problem);
        let email = Email::read(agent).ok_or_else(|| wrong("is not an e-mail address"))?;
        let owner = OwnerId(owner.0.clone());
        let stood = settings.owner_map.get(email.as_str()) == Some(&owner);
        if !stood && listed.as_ref().is_ok_and(|listed| listed.iter().all(|choice| choice.id.0 != owner.0)) {
            return Err(wrong(&format!("is mapped to {owner}, which is no owner of the HubSpot account")));
        }
        entries.insert(email.as_str().to_owned(), owner);
    }
    settings.owner_map = entries;
    Ok(())
}

fn cause_entry(cause: &str, word: &str) -> Result<(String, Kind), Problem> {
    let field = format!("outcome_causes.{cause}");
    match Kind::from_word(word) {
        Some(kind @ (Kind::OutboundBusy | Kind::OutboundWrongNumber | Kind::OutboundUnanswered)) => {
            Ok((cause.trim().to_lowercase(), kind))
        }
        _ => Err(Problem::invalid(
            field,
            "must be outbound_unanswered, outbound_busy or outbound_wrong_number",
        )),
    }
}

fn kind(field: &str, word: &str) -> Result<Kind, Problem> {
    Kind::from_word(word).ok_or_else(|| Problem::invalid(format!("{field}.{word}"), "is not a kind of call"))
}

/// Checks a title's template.
pub fn check_template(field: &str, template: &str, places: &[&str]) -> Result<(), Problem> {
    if template.trim().is_empty() || template.chars().count() > TITLE_CHARS_MAX {
        return Err(Problem::invalid(field, format!("must have 1 to {TITLE_CHARS_MAX} characters")));
    }
    Template::check(template, places).map(drop).map_err(|unknown| {
        let known: Vec<String> = places.iter().map(|place| format!("{{{place}}}")).collect();
        Problem::invalid(field, format!("has no place {{{}}}; it may have {}", unknown.0, known.join(", ")))
    })
}
