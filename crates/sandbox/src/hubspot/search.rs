//! The search API: its limits, its pages, and an index that may lag.

use serde_json::{Value, json};

use super::filter::{self, Filter};
use super::kind::Kind;
use super::object;
use super::portal::Portal;
use super::record::View;
use super::refusal::Refusal;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock;

const BODY_CHARS_MAX: usize = 3000;
const GROUPS_MAX: usize = 5;
const FILTERS_PER_GROUP_MAX: usize = 6;
const FILTERS_MAX: usize = 18;
const PAGE_MAX: u64 = 200;
const TOTAL_MAX: u64 = 10_000;

pub fn answer(portal: &mut Portal, kind: Kind, asked: &Asked) -> Result<Answer, Refusal> {
    if asked.body_text().chars().count() > BODY_CHARS_MAX {
        return Err(Refusal::invalid(format!(
            "Search requests may have at most {BODY_CHARS_MAX} characters"
        )));
    }
    let body = object::body(asked)?;
    let groups = groups(portal, kind, body)?;
    let (limit, after) = page(body)?;
    let (sort, is_descending) = sort(body)?;
    let query = body["query"].as_str().map(str::to_lowercase).filter(|query| !query.is_empty());
    let mut found = matches(portal, kind, &groups, query.as_deref());
    if let Some(sort) = &sort {
        found.sort_by(|one, other| filter::order(one.1.get(sort), other.1.get(sort)));
    }
    if is_descending {
        found.reverse();
    }
    let total = found.len();
    let properties: Vec<&str> =
        body["properties"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let results: Vec<Value> = found
        .into_iter()
        .skip(after)
        .take(limit)
        .filter_map(|(id, seen)| {
            // What the index holds is answered, even where the record has changed since.
            let mut record = portal.live(kind, id)?.clone();
            record.properties = seen;
            Some(object::shown(portal, kind, &record, &properties))
        })
        .collect();
    let mut answer = json!({"total": total, "results": results});
    if after + limit < total {
        answer["paging"] = json!({"next": {"after": (after + limit).to_string()}});
    }
    Ok(Answer::json(200, answer))
}

fn matches(
    portal: &mut Portal,
    kind: Kind,
    groups: &[Vec<Filter>],
    query: Option<&str>,
) -> Vec<(u64, super::record::Properties)> {
    let now_ms = clock::now_ms();
    let mut found = Vec::new();
    for record in portal.shelf_mut(kind).records.values_mut() {
        // Archived objects never show, however far the index lags.
        if record.archived {
            continue;
        }
        let id = record.id;
        let Some(view) = record.view(now_ms) else { continue };
        let fits =
            groups.is_empty() || groups.iter().any(|group| group.iter().all(|filter| filter.fits(view)));
        if fits && query.is_none_or(|query| contains(kind, view, query)) {
            found.push((id, view.properties.clone()));
        }
    }
    found
}

fn contains(kind: Kind, view: &View, query: &str) -> bool {
    let searched: &[&str] = match kind {
        Kind::Contacts => &[
            "firstname",
            "lastname",
            "email",
            "phone",
            "hs_additional_emails",
            "fax",
            "mobilephone",
            "company",
        ],
        Kind::Calls => &["hs_call_title", "hs_call_body"],
        Kind::Meetings => &["hs_meeting_title", "hs_meeting_body"],
        Kind::Tasks => &["hs_task_subject", "hs_task_body"],
        Kind::Notes => &["hs_note_body"],
    };
    searched
        .iter()
        .filter_map(|name| view.properties.get(*name))
        .any(|value| value.to_lowercase().contains(query))
}

fn groups(portal: &Portal, kind: Kind, body: &Value) -> Result<Vec<Vec<Filter>>, Refusal> {
    let given = body["filterGroups"].as_array().map(Vec::as_slice).unwrap_or_default();
    // `filters` alone is the short form of one group.
    let short =
        body.get("filters").filter(|filters| filters.is_array()).map(|filters| json!({"filters": filters}));
    let given: Vec<&Value> = given.iter().chain(short.as_ref()).collect();
    if given.len() > GROUPS_MAX {
        return Err(Refusal::invalid(format!(
            "too many filterGroups (count: {}, max allowed: {GROUPS_MAX})",
            given.len()
        )));
    }
    let mut count = 0;
    let mut groups = Vec::new();
    for group in given {
        let filters = group["filters"].as_array().map(Vec::as_slice).unwrap_or_default();
        count += filters.len();
        if filters.len() > FILTERS_PER_GROUP_MAX || count > FILTERS_MAX {
            let message = format!(
                "too many filters (max allowed: {FILTERS_PER_GROUP_MAX} per filterGroup, {FILTERS_MAX} in all)"
            );
            return Err(Refusal::invalid(message));
        }
        let filters: Result<Vec<Filter>, Refusal> =
            filters.iter().map(|filter| filter::read(portal, kind, filter)).collect();
        groups.push(filters?);
    }
    Ok(groups)
}

fn page(body: &Value) -> Result<(usize, usize), Refusal> {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    let limit = number(&body["limit"]).unwrap_or(10);
    let after = number(&body["after"]).unwrap_or(0);
    if limit > PAGE_MAX {
        return Err(Refusal::invalid(format!("limit {limit} is too large, max allowed: {PAGE_MAX}")));
    }
    if after + limit > TOTAL_MAX {
        return Err(Refusal::invalid(format!("paging beyond {TOTAL_MAX} results is not possible")));
    }
    let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Ok((size(limit), size(after)))
}

fn sort(body: &Value) -> Result<(Option<String>, bool), Refusal> {
    let sorts = body["sorts"].as_array().map(Vec::as_slice).unwrap_or_default();
    if sorts.len() > 1 {
        return Err(Refusal::invalid("only one sort is allowed"));
    }
    Ok(match sorts.first() {
        None => (None, false),
        Some(Value::String(name)) => (Some(name.trim_start_matches('-').to_owned()), name.starts_with('-')),
        Some(sort) => {
            let name = sort["propertyName"].as_str().map(str::to_owned);
            (name, sort["direction"].as_str() == Some("DESCENDING"))
        }
    })
}
