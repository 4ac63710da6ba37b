//! Finding the contacts of a batch: all its questions go out together.

mod young;

use std::collections::{BTreeMap, HashMap};

use connectors::hubspot::Contact;
use domain::{
    contact::{ContactAnswer, ContactKey, ContactQuery, FoundBy, FoundContact},
    email::Email,
    fault::Fault,
    ids::{ContactId, WorkspaceId},
    phone::Phone,
};
use jiff::{SignedDuration, Timestamp};
use store::{ContactEntry, Store};

pub use young::Young;

use crate::session::Session;

/// How long after a lost answer a search can be believed: HubSpot's index lags, ten seconds for a create as others tell
/// (reference/hubspot.md §1.4), so this is taken with a margin.
pub const SEARCH_LAG: SignedDuration = SignedDuration::from_secs(60);

/// What came of asking.
#[derive(Debug, Default)]
pub struct Found {
    /// The answer to each query.
    pub answers: HashMap<ContactQuery, Result<ContactAnswer, Fault>>,
    /// Keys whose contact is no longer there.
    pub unlinks: Vec<ContactKey>,
    /// Why HubSpot as a whole did not answer. A query that has to wait for itself is none of its faults.
    pub fault: Option<Fault>,
}

/// Asks for all contacts of a batch that `young` does not know.
///
/// Addresses are looked up consistently; numbers first in our own map (which is checked against HubSpot), then by search.
pub async fn ask(
    session: &Session,
    store: &Store,
    workspace: WorkspaceId,
    mut queries: Vec<ContactQuery>,
    young: &mut Young,
    now: Timestamp,
) -> Found {
    let mut found = Found::default();
    young.bind(session.changed_at);
    queries.retain(|query| match young.recall(query, now) {
        Some(answer) => found.answers.insert(query.clone(), Ok(answer)).is_some(),
        None => true,
    });
    if let Err(fault) = ask_all(session, store, workspace, &queries, now, &mut found).await {
        let is_lone = queries.len() == 1;
        found.fault = Some(fault.clone()).filter(|fault| !matches!(fault, Fault::Never { .. }));
        for query in queries {
            // One query that HubSpot refuses does not fail its neighbours.
            let alone = match &fault {
                Fault::Never { .. } if !is_lone => {
                    let one = std::slice::from_ref(&query);
                    ask_all(session, store, workspace, one, now, &mut found).await.err()
                }
                fault => Some(fault.clone()),
            };
            if let Some(fault) = alone {
                found.answers.insert(query, Err(fault));
            }
        }
    }
    let answered = found.answers.iter();
    young.keep(answered.filter_map(|(query, answer)| Some((query.clone(), answer.clone().ok()?))), now);
    found
}

async fn ask_all(
    session: &Session,
    store: &Store,
    workspace: WorkspaceId,
    queries: &[ContactQuery],
    now: Timestamp,
    found: &mut Found,
) -> Result<(), Fault> {
    let mut emails: Vec<Email> = queries.iter().flat_map(|query| query.emails.iter().cloned()).collect();
    emails.sort();
    emails.dedup();
    let by_email =
        if emails.is_empty() { HashMap::new() } else { session.hubspot.contacts_by_email(&emails).await? };
    let mut rest = Vec::new();
    for query in queries {
        match query.emails.iter().find_map(|email| by_email.get(email)) {
            Some(contact) => {
                found.answers.insert(query.clone(), Ok(answer(contact, FoundBy::Email, 1)));
            }
            None => rest.push(query.clone()),
        }
    }
    let unfound = ask_by_map(session, store, workspace, rest, found).await?;
    ask_by_search(session, unfound, now, found).await
}

/// A query by number that our map did not answer, with what the map says of it.
struct Unfound {
    query: ContactQuery,
    entry: Option<ContactEntry>,
    /// Who had the number, and is not shown with it any more: somebody else may have it by now.
    had: Option<Contact>,
}

impl Unfound {
    fn new(query: ContactQuery, entry: Option<ContactEntry>) -> Self {
        Self { query, entry, had: None }
    }
}

/// Answers from our own map of numbers, where HubSpot still has the contact.
async fn ask_by_map(
    session: &Session,
    store: &Store,
    workspace: WorkspaceId,
    queries: Vec<ContactQuery>,
    found: &mut Found,
) -> Result<Vec<Unfound>, Fault> {
    let keys: Vec<ContactKey> =
        queries.iter().filter_map(|query| query.phone.clone().map(ContactKey::Phone)).collect();
    let mut map = match keys.as_slice() {
        [] => HashMap::new(),
        keys => store.contacts(workspace, keys).await.map_err(|error| Fault::later(error.to_string()))?,
    };
    let ids: Vec<ContactId> = map.values().filter_map(|entry| entry.id.clone()).collect();
    let mut there =
        if ids.is_empty() { HashMap::new() } else { session.hubspot.contacts_by_id(&ids).await? };
    let in_doubt: Vec<ContactKey> = map
        .iter()
        .filter(|(_, entry)| entry.id.is_none() && entry.made_as.is_none())
        .map(|(key, _)| key.clone())
        .collect();
    let settled = match session.guards.contacts {
        connectors::hubspot::Guard::UniqueProperty if !in_doubt.is_empty() => {
            session.hubspot.contacts_by_key(&in_doubt).await?
        }
        _ => HashMap::new(),
    };
    let mut settled: HashMap<ContactKey, Option<Contact>> =
        settled.into_iter().map(|(key, contact)| (key, Some(contact))).collect();
    settled.extend(made_for_addresses(session, &map).await?);
    for (key, contact) in settled {
        match contact {
            Some(contact) => {
                map.insert(key, ContactEntry { id: Some(contact.id.clone()), ..ContactEntry::default() });
                there.insert(contact.id.clone(), contact);
            }
            None => {
                map.remove(&key);
            }
        }
    }
    let mut unfound = Vec::new();
    for query in queries {
        let key = query.phone.clone().map(ContactKey::Phone);
        let entry = key.as_ref().and_then(|key| map.get(key)).cloned();
        let contact = entry.as_ref().and_then(|entry| entry.id.as_ref()).and_then(|id| there.get(id));
        match (contact, key, &entry) {
            (Some(contact), ..) if has_number(contact, &query) => {
                found.answers.insert(query, Ok(answer(contact, FoundBy::Phone, 1)));
            }
            (Some(contact), ..) => unfound.push(Unfound { query, entry, had: Some(contact.clone()) }),
            (None, Some(key), Some(ContactEntry { id: Some(_), begun_at, .. })) => {
                // Another one may have been begun since: only what is known of the contact that is gone is forgotten.
                if begun_at.is_none() {
                    found.unlinks.push(key);
                }
                unfound.push(Unfound::new(query, entry));
            }
            _ => unfound.push(Unfound::new(query, entry)),
        }
    }
    Ok(unfound)
}

/// Whether a contact is shown with the number that is asked for.
fn has_number(contact: &Contact, query: &ContactQuery) -> bool {
    query.phone.as_ref().is_none_or(|phone| contact.has_phone(phone, query.country.as_deref()))
}

/// What became of contacts that were begun for an address, by their numbers: there, or not made.
async fn made_for_addresses(
    session: &Session,
    map: &HashMap<ContactKey, ContactEntry>,
) -> Result<HashMap<ContactKey, Option<Contact>>, Fault> {
    let begun: HashMap<ContactKey, Email> =
        map.iter().filter_map(|(key, entry)| Some((key.clone(), entry.made_as.clone()?))).collect();
    let emails: Vec<Email> = begun.values().cloned().collect();
    let there =
        if emails.is_empty() { HashMap::new() } else { session.hubspot.contacts_by_email(&emails).await? };
    Ok(begun.into_iter().map(|(key, email)| (key, there.get(&email).cloned())).collect())
}

async fn ask_by_search(
    session: &Session,
    unfound: Vec<Unfound>,
    now: Timestamp,
    found: &mut Found,
) -> Result<(), Fault> {
    let mut numbers: BTreeMap<Phone, Option<String>> = BTreeMap::new();
    for Unfound { query, .. } in &unfound {
        if let Some(phone) = &query.phone {
            numbers.insert(phone.clone(), query.country.clone());
        }
    }
    let numbers: Vec<(Phone, Option<String>)> = numbers.into_iter().collect();
    let by_phone =
        if numbers.is_empty() { HashMap::new() } else { session.hubspot.contacts_by_phone(&numbers).await? };
    for Unfound { query, entry, had } in unfound {
        let matches =
            query.phone.as_ref().and_then(|phone| by_phone.get(phone)).map_or(&[][..], Vec::as_slice);
        let newest = matches.iter().max_by_key(|contact| (contact.modified_at, contact.id.clone()));
        let answer = match (newest.or(had.as_ref()), entry.and_then(|entry| entry.begun_at)) {
            // Where nobody else has the number, it is still the one who had it: another contact would be a double one.
            (Some(contact), _) => Ok(answer(contact, FoundBy::Phone, matches.len().max(1))),
            (None, Some(begun_at)) if needs_lag(session) && now < begun_at + SEARCH_LAG => Err(Fault::Later {
                after: Some((begun_at + SEARCH_LAG).duration_since(now)),
                why: "A contact may have been made for this number; HubSpot's search shows it after a while."
                    .to_owned(),
            }),
            (None, _) => Ok(ContactAnswer::Unknown),
        };
        found.answers.insert(query, answer);
    }
    Ok(())
}

/// Whether only the search can tell if a contact of ours was made.
fn needs_lag(session: &Session) -> bool {
    session.guards.contacts == connectors::hubspot::Guard::Lookup
}

fn answer(contact: &Contact, by: FoundBy, matches: usize) -> ContactAnswer {
    ContactAnswer::Found(FoundContact { id: contact.id.clone(), by, matches, owner: contact.owner.clone() })
}
