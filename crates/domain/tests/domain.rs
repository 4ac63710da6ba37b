//! The rules of PRODUCT §2, §3 and §8 as tables of cases, as properties, and as plans to look at.

#![cfg(test)]

#[path = "domain/bodies.rs"]
mod bodies;
#[path = "domain/build.rs"]
mod build;
#[path = "domain/calls.rs"]
mod calls;
#[path = "domain/contacts.rs"]
mod contacts;
#[path = "domain/crm.rs"]
mod crm;
#[path = "domain/delay.rs"]
mod delay;
#[path = "domain/ended.rs"]
mod ended;
#[path = "domain/late_notices.rs"]
mod late_notices;
#[path = "domain/meetings.rs"]
mod meetings;
#[path = "domain/names.rs"]
mod names;
#[path = "domain/notices.rs"]
mod notices;
#[path = "domain/order.rs"]
mod order;
#[path = "domain/outcomes.rs"]
mod outcomes;
#[path = "domain/plans.rs"]
mod plans;
#[path = "domain/reasons.rs"]
mod reasons;
#[path = "domain/records.rs"]
mod records;
#[path = "domain/seats.rs"]
mod seats;
#[path = "domain/texts.rs"]
mod texts;
#[path = "domain/words.rs"]
mod words;
