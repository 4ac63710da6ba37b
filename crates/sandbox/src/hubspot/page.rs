//! HubSpot's pages: what the portal holds, each record with all about it, outcomes to change, the app to uninstall.

use serde_json::json;

use super::kind::Kind;
use super::oauth::Oauth;
use super::portal::Portal;
use super::record::Record;
use super::refusal::PORTAL_ID;
use crate::asked::Asked;
use crate::page::{Form, Html, Page, Section, form};

/// What the lists show of a record, in the columns' order.
const COLUMNS: [&str; 6] = ["Record", "When", "Outcome", "Type", "Owner", "Associated with"];

/// The same of a contact.
const CONTACT_COLUMNS: [&str; 6] = ["Record", "Made", "Phone", "Type", "Owner", "Associated with"];

pub fn of(portal: &Portal, oauth: &Oauth, asked: &Asked) -> Option<Page> {
    let segments = asked.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [] => Some(Page { title: "HubSpot sandbox".to_owned(), sections: overview(portal, oauth) }),
        // As HubSpot's own pages are addressed.
        ["contacts", hub, "record", kind, id] if *hub == PORTAL_ID.to_string() => {
            let kind = Kind::named(kind)?;
            let record = portal.find(kind, id.parse().ok()?)?;
            Some(Page { title: title(kind, record), sections: whole(portal, kind, record) })
        }
        _ => None,
    }
}

fn overview(portal: &Portal, oauth: &Oauth) -> Vec<Section> {
    let mut sections: Vec<Section> =
        [Kind::Calls, Kind::Meetings, Kind::Contacts, Kind::Tasks].map(|kind| records(portal, kind)).into();
    if !portal.shelf(Kind::Notes).records.is_empty() {
        sections.push(records(portal, Kind::Notes));
    }
    sections.push(outcomes(portal));
    sections.push(app(oauth));
    sections
}

fn records(portal: &Portal, kind: Kind) -> Section {
    let live = portal.shelf(kind).records.values().rev().filter(|record| !record.archived);
    let rows = live.map(|record| {
        vec![
            Html::link(&address(kind, record.id), &title(kind, record)),
            Html::time(&when(record)),
            Html::text(outcome(portal, record)),
            Html::text(value(record, "hs_activity_type")),
            Html::text(owner(portal, record)),
            links(portal, kind, record),
        ]
    });
    let columns = if kind == Kind::Contacts { &CONTACT_COLUMNS } else { &COLUMNS };
    let section = Section::new(headed(kind), columns, rows.collect());
    if kind != Kind::Contacts {
        return section;
    }
    section.with(
        Form::new("/", "POST /objects/contacts")
            .typed("email", "E-mail", "properties.email", "")
            .field("First name", "properties.firstname", "")
            .field("Phone", "properties.phone", "")
            .button("Add contact", ""),
    )
}

fn outcomes(portal: &Portal) -> Section {
    let live = portal.outcomes.iter().filter(|outcome| !outcome.deleted);
    let rows = live.map(|outcome| {
        let order = |method: &str| Form::new("/", &format!("{method} /outcomes/{}", form::part(&outcome.id)));
        let rename = format!("New name of {}", outcome.label);
        vec![
            Html::text(&outcome.label),
            Html::code(&outcome.id),
            Html::joined([
                order("PATCH").field(&rename, "label", "").button("Rename", ""),
                order("DELETE").button("Delete", "bad"),
            ]),
        ]
    });
    Section::new("Call outcomes", &["Label", "GUID", "Change"], rows.collect())
        .with(Form::new("/", "POST /outcomes").field("Label", "label", "").button("Add outcome", "main"))
}

fn app(oauth: &Oauth) -> Section {
    let section = Section::new("Connected app", &[], Vec::new());
    if oauth.json()["installed"] != true {
        return section.with(Html::note("No app is installed. Access is granted on the consent page."));
    }
    section
        .with(Html::note("An app is installed. Uninstalling it ends its tokens at once."))
        .with(Form::new("/", "POST /oauth/uninstall").button("Uninstall the app", "bad"))
}

/// A record with everything about it.
fn whole(portal: &Portal, kind: Kind, record: &Record) -> Vec<Section> {
    let back = address(kind, record.id);
    let properties = record.properties.iter().map(|(name, value)| {
        let named = portal.outcomes.iter().find(|outcome| outcome.id == *value);
        let shown = named.map_or_else(|| value.clone(), |outcome| format!("{} ({value})", outcome.label));
        vec![Html::code(name), Html::block(shown)]
    });
    let order = |method: &str| format!("{method} /objects/{}/{}", kind.plural(), record.id);
    let state = if record.archived { "It is deleted." } else { "It is live." };
    let mut facts = Section::new(headed(kind).trim_end_matches('s'), &[], Vec::new()).with(Html(format!(
        "<p>{} {}</p>",
        state,
        Html::link("/", "All records").0
    )));
    if !record.archived {
        let property = kind.title_property();
        facts = facts
            .with(
                Form::new(&back, &order("PATCH"))
                    .field(property, &format!("properties.{property}"), &value(record, property))
                    .button("Change by hand", ""),
            )
            .with(Form::new("/", &order("DELETE")).button("Delete by hand", "bad"));
        if kind == Kind::Calls {
            let live = portal.outcomes.iter().filter(|outcome| !outcome.deleted);
            let choices = live.map(|outcome| (outcome.id.as_str(), outcome.label.as_str()));
            facts = facts.with(
                Form::new(&back, &order("PATCH"))
                    .with(&json!({}))
                    .select("Outcome", "properties.hs_call_disposition", choices)
                    .button("Set by hand", ""),
            );
        }
    }
    let linked = Section::new("Associations", &[], Vec::new()).with(Html(format!(
        "<p>{}</p>",
        Some(links(portal, kind, record).0).filter(|all| !all.is_empty()).unwrap_or("None.".to_owned())
    )));
    vec![facts, linked, Section::new("Properties", &["Name", "Value"], properties.collect())]
}

fn links(portal: &Portal, kind: Kind, record: &Record) -> Html {
    let ends = Kind::ALL.into_iter().flat_map(|other| {
        let linked = portal.linked(kind, record.id, other);
        linked.into_iter().filter_map(move |(id, _)| Some((other, portal.live(other, id)?)))
    });
    Html::joined(ends.map(|(other, end)| Html::link(&address(other, end.id), &title(other, end))))
}

fn address(kind: Kind, id: u64) -> String {
    format!("/contacts/{PORTAL_ID}/record/{}/{id}", kind.type_id())
}

fn headed(kind: Kind) -> String {
    let mut headed = kind.plural().to_owned();
    headed[..1].make_ascii_uppercase();
    headed
}

fn value(record: &Record, property: &str) -> String {
    record.properties.get(property).cloned().unwrap_or_default()
}

fn title(kind: Kind, record: &Record) -> String {
    let name = format!("{} {}", value(record, "firstname"), value(record, "lastname"));
    let candidates = [name.trim().to_owned(), value(record, kind.title_property()), value(record, "phone")];
    let found = candidates.into_iter().find(|text| !text.is_empty());
    found.unwrap_or_else(|| format!("{} {}", kind.singular(), record.id))
}

fn when(record: &Record) -> String {
    ["hs_meeting_start_time", "hs_timestamp", "createdate"]
        .iter()
        .find_map(|name| record.properties.get(*name))
        .cloned()
        .unwrap_or_default()
}

fn outcome(portal: &Portal, record: &Record) -> String {
    let names = ["hs_call_disposition", "hs_meeting_outcome", "hs_call_status", "phone", "hs_task_status"];
    let Some(value) = names.iter().find_map(|name| record.properties.get(*name)) else {
        return String::new();
    };
    let found = portal.outcomes.iter().find(|outcome| outcome.id == *value);
    found.map_or(value, |outcome| &outcome.label).clone()
}

fn owner(portal: &Portal, record: &Record) -> String {
    let id = value(record, "hubspot_owner_id");
    let found = portal.owners.iter().find(|owner| owner.id == id);
    found.map_or(id, |owner| format!("{} {}", owner.first_name, owner.last_name))
}
