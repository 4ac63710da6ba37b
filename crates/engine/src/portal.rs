//! Which account a record's objects are in: ids of one account say nothing in another.

use domain::{
    plan::{Wishes, plan},
    record::Record,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{OpenStep, Phase};

use crate::{
    doubt,
    ledger::{About, noun},
    work::{End, Work},
};

/// Binds each record to the account that is connected.
///
/// One whose objects stand in another account is left there as it is. One that holds nothing yet starts anew: its contact,
/// and what was begun for it there, are none of this account's.
pub fn bind(works: &mut [Work], portal: Option<&str>, wishes: &Wishes<'_>, now: Timestamp) {
    let Some(portal) = portal else { return };
    for work in works.iter_mut().filter(|work| work.goes_on()) {
        match &work.record.portal {
            Some(other) if other != portal && !work.record.held.is_empty() => {
                let other = other.clone();
                stay(work, &other, portal, wishes, now);
            }
            Some(other) if other != portal => {
                let (mine, others) =
                    std::mem::take(&mut work.open).into_iter().partition(|open| is_begun_in(open, portal));
                work.open = mine;
                close(work, others, now);
                start_anew(&mut work.record, portal);
            }
            Some(_) => {}
            None => work.record.portal = Some(portal.to_owned()),
        }
    }
}

/// What HubSpot holds of the record stays in the other account; what is to be written waits for that account.
fn stay(work: &mut Work, other: &str, portal: &str, wishes: &Wishes<'_>, now: Timestamp) {
    let has_more = !plan(&work.record, wishes, &work.answers, now).steps.is_empty() || !work.open.is_empty();
    work.open.clear();
    let stands = format!("It stands in the HubSpot account {other}, and {portal} is connected now.");
    work.end = if has_more {
        End::Waits {
            why: format!("{stands} What has changed since is written if {other} is connected again."),
            until: None,
        }
    } else {
        End::Elsewhere(stands)
    };
}

fn is_begun_in(open: &OpenStep, portal: &str) -> bool {
    doubt::begun(open).is_some_and(|begun| begun.portal.is_none_or(|begun| begun == portal))
}

/// What was begun in the other account is not looked for in this one.
fn close(work: &mut Work, open: Vec<OpenStep>, now: Timestamp) {
    for open in open {
        let object = doubt::begun(&open).map_or("activity", |begun| noun(begun.object));
        let about = About {
            record: work.record.id,
            step: open.key.0.clone(),
            what: format!("Leave in doubt whether the {object} was made in another HubSpot account"),
        };
        work.ledger.push(about.entry(Phase::Found, None, Value::Null, json!({ "found": false }), now));
        work.closed.push(open.key);
    }
}

fn start_anew(record: &mut Record, portal: &str) {
    record.contact = None;
    record.companions.clear();
    record.unwritten.clear();
    record.unanswered.clear();
    record.owner_of = None;
    record.owes_task = false;
    record.portal = Some(portal.to_owned());
}
