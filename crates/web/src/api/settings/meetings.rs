//! Settings for meetings (M4, M6, M8, M11).

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State};
use connectors::hubspot::ContactProperty;
use domain::{
    plan::takes_answers,
    settings::{AnswerProperties, Guests, MEETING_TITLE_PLACES, MeetingSettings, OnReschedule},
    source::Source,
};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::json;
use utoipa::ToSchema;

use super::calls::check_template;
use crate::{
    api::{
        body::{Sent, present},
        lists::reading,
        problem::Problem,
        scope::Scope,
    },
    app::{App, Shared},
};

/// Settings for meetings, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingSettingsView {
    /// `replace` or `update`.
    #[schema(value_type = String)]
    pub on_reschedule: OnReschedule,
    /// Whether both parties get a notice at all.
    pub notify: bool,
    /// The sources whose bookings send notices.
    #[schema(value_type = Vec<String>)]
    pub notify_sources: BTreeSet<Source>,
    /// Why no notice is sent whatever the switches say; null if they count.
    #[schema(required)]
    pub notices_off: Option<&'static str>,
    /// `new_contacts` or `never`.
    #[schema(value_type = String)]
    pub answer_properties: AnswerProperties,
    /// Questions, or their ids, to contact properties.
    pub answer_map: BTreeMap<String, String>,
    /// `ignore` or `contacts`.
    #[schema(value_type = String)]
    pub guests: Guests,
    /// The title by source, with the places `{event_name}`, `{invitee}` and `{host}`.
    pub title_template: BTreeMap<&'static str, String>,
}

/// Any part of the settings for meetings. `title_template` changes the sources it names; the other lists and maps
/// replace what was there.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = MeetingSettingsPart)]
pub struct Part {
    /// `replace` or `update`.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    on_reschedule: Option<OnReschedule>,
    /// Whether both parties get a notice at all.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    notify: Option<bool>,
    /// `calendar`, `calcom`, `calendly`.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    notify_sources: Option<Vec<String>>,
    /// `new_contacts` or `never`.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    answer_properties: Option<AnswerProperties>,
    /// Questions, or their ids, to contact properties: such as HubSpot has, and none that says who or whose a contact is.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    answer_map: Option<BTreeMap<String, String>>,
    /// `ignore` or `contacts`.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false)]
    guests: Option<Guests>,
    /// The title by source.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    title_template: Option<BTreeMap<String, String>>,
    /// Shown, not set: taken so that what was read can be sent back.
    #[serde(rename = "notices_off")]
    #[schema(ignore)]
    _notices_off: IgnoredAny,
}

/// Shows the settings.
#[utoipa::path(get, path = "/api/v1/workspaces/{ws}/settings/meetings", tag = "settings",
    operation_id = "show_meeting_settings",
    responses((status = 200, body = MeetingSettingsView)))]
pub async fn show(State(app): State<Shared>, scope: Scope) -> Result<Json<MeetingSettingsView>, Problem> {
    Ok(Json(current(&app, &scope).await?))
}

/// The settings as they are.
pub async fn current(app: &App, scope: &Scope) -> Result<MeetingSettingsView, Problem> {
    Ok(view(app, app.web.store.meeting_settings(scope.ws()).await?))
}

/// Changes any part of the settings.
#[utoipa::path(put, path = "/api/v1/workspaces/{ws}/settings/meetings", tag = "settings",
    operation_id = "change_meeting_settings",
    request_body = Part, responses((status = 200, body = MeetingSettingsView)))]
pub async fn change(
    State(app): State<Shared>,
    scope: Scope,
    sent: Sent,
) -> Result<Json<MeetingSettingsView>, Problem> {
    Ok(Json(set(&app, &scope, sent).await?))
}

/// Sets any part of the settings; returns the whole.
pub async fn set(app: &App, scope: &Scope, sent: Sent) -> Result<MeetingSettingsView, Problem> {
    let part: Part = sent.read()?;
    let properties = match part.answer_map {
        Some(_) => Some(reading::contact_properties(app, scope.ws()).await?),
        None => None,
    };
    let _turn = app.changes.hold(scope.ws()).await;
    loop {
        let before = app.web.store.meeting_settings(scope.ws()).await?;
        let mut settings = before.clone();
        if let (Some(map), Some(listed)) = (&part.answer_map, &properties) {
            answer_map(map, &mut settings, listed.as_deref().unwrap_or_default())?;
        }
        part.clone().apply(&mut settings)?;
        if settings == before {
            return Ok(view(app, settings));
        }
        // Somebody may have changed them at another node: then the part is set upon that.
        if app.web.store.change_meeting_settings(scope.ws(), &before, &settings).await? {
            scope.audit("settings.meetings_changed", json!({ "fields": part.names() })).await?;
            return Ok(view(app, settings));
        }
    }
}

impl Part {
    /// The names of the fields that are there.
    fn names(&self) -> Vec<&'static str> {
        [
            ("on_reschedule", self.on_reschedule.is_some()),
            ("notify", self.notify.is_some()),
            ("notify_sources", self.notify_sources.is_some()),
            ("answer_properties", self.answer_properties.is_some()),
            ("answer_map", self.answer_map.is_some()),
            ("guests", self.guests.is_some()),
            ("title_template", self.title_template.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
        .collect()
    }

    fn apply(self, settings: &mut MeetingSettings) -> Result<(), Problem> {
        settings.on_reschedule = self.on_reschedule.unwrap_or(settings.on_reschedule);
        settings.notify = self.notify.unwrap_or(settings.notify);
        settings.answer_properties = self.answer_properties.unwrap_or(settings.answer_properties);
        settings.guests = self.guests.unwrap_or(settings.guests);
        if let Some(words) = self.notify_sources {
            settings.notify_sources =
                words.iter().map(|word| scheduler("notify_sources", word)).collect::<Result<_, _>>()?;
        }
        for (word, template) in self.title_template.into_iter().flatten() {
            let field = format!("title_template.{word}");
            let source = scheduler(&field, &word)?;
            check_template(&field, &template, &MEETING_TITLE_PLACES)?;
            settings.title_template.insert(source, template);
        }
        Ok(())
    }
}

/// Takes over the map of answers. Where HubSpot's properties of now are `listed`, a new entry must lead to one of them that
/// takes values; one that stays may be gone.
fn answer_map(
    map: &BTreeMap<String, String>,
    settings: &mut MeetingSettings,
    listed: &[ContactProperty],
) -> Result<(), Problem> {
    for (question, name) in map {
        let found = listed.iter().find(|one| one.name == *name);
        let is_new = settings.answer_map.get(question) != Some(name);
        let problem = if !is_property_name(name) {
            format!("\"{name}\" cannot be the name of a HubSpot property")
        } else if !takes_answers(name) {
            format!(
                "is mapped to {name}, which says who or whose a contact is: an answer does not replace that"
            )
        } else if found.is_some_and(|one| one.is_read_only) {
            format!("is mapped to {name}, which HubSpot lets nobody write")
        } else if is_new && found.is_none() && !listed.is_empty() {
            format!("is mapped to {name}, which is no contact property of the HubSpot account")
        } else {
            continue;
        };
        return Err(Problem::invalid(format!("answer_map.{question}"), problem));
    }
    settings.answer_map.clone_from(map);
    Ok(())
}

/// HubSpot's names of properties: small letters, digits and underscores, at most 100 characters.
fn is_property_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn scheduler(field: &str, word: &str) -> Result<Source, Problem> {
    Source::from_word(word)
        .filter(|source| *source != Source::Aircall)
        .ok_or_else(|| Problem::invalid(field, format!("\"{word}\" is not calendar, calcom or calendly")))
}

/// What is said where the operator has set no mail server.
const NO_MAIL_SERVER: &str = "No mail server is set (PATCHBAY_SMTP_URL): no notice is sent.";

fn view(app: &App, settings: MeetingSettings) -> MeetingSettingsView {
    MeetingSettingsView {
        notices_off: (!app.web.settings.has_mail).then_some(NO_MAIL_SERVER),
        on_reschedule: settings.on_reschedule,
        notify: settings.notify,
        notify_sources: settings.notify_sources,
        answer_properties: settings.answer_properties,
        answer_map: settings.answer_map,
        guests: settings.guests,
        title_template: settings
            .title_template
            .into_iter()
            .map(|(source, template)| (source.word(), template))
            .collect(),
    }
}
