//! The properties that every portal has.

use std::collections::BTreeMap;

use super::definition::{Choice, Definition, Type};
use super::kind::Kind;

/// One property per line: name, type, field type, then `!` read-only, `*` options kept elsewhere,
/// `unique`, or the options.
const ALL: &str = "
hs_object_id number number !
hs_merged_object_ids enumeration checkbox ! *
hs_unique_creation_key string text !
hubspot_owner_id enumeration select *
";

const CONTACTS: &str = "
email string text
firstname string text
lastname string text
phone string phonenumber
mobilephone string phonenumber
fax string phonenumber
hs_whatsapp_phone_number string phonenumber
company string text
jobtitle string text
website string text
address string text
city string text
state string text
zip string text
country string text
hs_additional_emails enumeration checkbox *
hs_lead_status enumeration radio NEW,OPEN,IN_PROGRESS,OPEN_DEAL,UNQUALIFIED,ATTEMPTED_TO_CONTACT,CONNECTED,BAD_TIMING
lifecyclestage enumeration radio subscriber,lead,marketingqualifiedlead,salesqualifiedlead,opportunity,customer,evangelist,other
createdate datetime date !
lastmodifieddate datetime date !
hs_calculated_merged_vids enumeration text ! *
hs_marketable_status bool booleancheckbox !
hs_calculated_phone_number string text !
hs_calculated_mobile_number string text !
hs_searchable_calculated_phone_number string text !
hs_searchable_calculated_mobile_number string text !
";

const ACTIVITY: &str = "
hs_timestamp datetime date
hs_createdate datetime date !
hs_lastmodifieddate datetime date !
hs_attachment_ids string text
hs_body_preview string text !
hs_engagement_source string text !
";

const CALLS: &str = "
hs_call_title string text
hs_call_body string html
hs_call_direction enumeration select INBOUND,OUTBOUND
hs_call_duration number number
hs_call_from_number string text
hs_call_to_number string text
hs_call_recording_url string text
hs_call_status enumeration select BUSY,CALLING_CRM_USER,CANCELED,COMPLETED,CONNECTING,FAILED,IN_PROGRESS,NO_ANSWER,QUEUED,RINGING
hs_call_has_voicemail bool booleancheckbox
hs_call_disposition enumeration select *
hs_activity_type enumeration select Discovery,Demo,Follow-up
hs_call_callee_object_id number number
hs_call_callee_object_type string text
hs_call_source enumeration select INTEGRATIONS_PLATFORM
hs_call_app_id number number
hs_call_external_id string text
hs_call_external_account_id string text
hs_call_location string text
";

const MEETINGS: &str = "
hs_meeting_title string text
hs_meeting_body string html
hs_internal_meeting_notes string html
hs_meeting_start_time datetime date
hs_meeting_end_time datetime date
hs_meeting_outcome enumeration select SCHEDULED,COMPLETED,RESCHEDULED,NO_SHOW,CANCELED
hs_meeting_location string text
hs_meeting_external_url string text
hs_meeting_source string text !
hs_i_cal_uid string text !
hs_activity_type enumeration select Discovery,Demo,Follow-up
";

const TASKS: &str = "
hs_task_subject string text
hs_task_body string html
hs_task_status enumeration select COMPLETED,NOT_STARTED,IN_PROGRESS,WAITING,DEFERRED
hs_task_priority enumeration select NONE,LOW,MEDIUM,HIGH
hs_task_type enumeration select EMAIL,CALL,TODO
hs_task_reminders string text
";

const NOTES: &str = "
hs_note_body string html
";

pub fn group(kind: Kind) -> &'static str {
    match kind {
        Kind::Contacts => "contactinformation",
        Kind::Calls => "call",
        Kind::Meetings => "meeting",
        Kind::Tasks => "task",
        Kind::Notes => "note",
    }
}

pub fn definitions(kind: Kind) -> BTreeMap<String, Definition> {
    let tables = match kind {
        Kind::Contacts => [ALL, CONTACTS, ""],
        Kind::Calls => [ALL, ACTIVITY, CALLS],
        Kind::Meetings => [ALL, ACTIVITY, MEETINGS],
        Kind::Tasks => [ALL, ACTIVITY, TASKS],
        Kind::Notes => [ALL, ACTIVITY, NOTES],
    };
    let lines = tables.into_iter().flat_map(str::lines).filter(|line| !line.is_empty());
    lines
        .filter_map(|line| read(kind, line))
        .map(|definition| (definition.name.clone(), definition))
        .collect()
}

fn read(kind: Kind, line: &str) -> Option<Definition> {
    let mut words = line.split(' ');
    let (name, value_type, field) = (words.next()?, Type::named(words.next()?)?, words.next()?);
    let mut definition = Definition::custom(name, &label(name), group(kind), value_type, field);
    definition.is_builtin = true;
    // HubSpot treats the e-mail as a contact's unique key, whatever its definition says.
    definition.is_unique = kind == Kind::Contacts && name == "email";
    for word in words {
        match word {
            "!" => definition.is_read_only = true,
            "*" => definition.is_external = true,
            choices => {
                definition.choices = choices
                    .split(',')
                    .map(|value| Choice { label: label(&value.to_lowercase()), value: value.to_owned() })
                    .collect();
            }
        }
    }
    Some(definition)
}

/// "hs_call_title" reads "Call title".
fn label(name: &str) -> String {
    let words = name.trim_start_matches("hs_").replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}
