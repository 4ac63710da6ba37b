//! When a meeting is, in words for people, in their own time zones.

use jiff::{
    Timestamp, Zoned,
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::booking::Standing;

use super::Party;

/// The zones of both parties, the party's own first, each once; UTC where neither is known.
pub fn zones(standing: &Standing, party: Party) -> Vec<TimeZone> {
    let facts = &standing.facts;
    let host = facts.host.as_ref().and_then(|host| host.timezone.as_deref());
    let invitee = facts.invitee.as_ref().and_then(|invitee| invitee.timezone.as_deref());
    let names = match party {
        Party::Host => [host, invitee],
        Party::Invitee => [invitee, host],
    };
    // The zones that were built in: the same on each machine.
    let known = TimeZoneDatabase::bundled();
    let mut zones: Vec<TimeZone> = Vec::new();
    for zone in names.into_iter().flatten().filter_map(|name| known.get(name).ok()) {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    if zones.is_empty() {
        zones.push(TimeZone::UTC);
    }
    zones
}

/// A span, e.g. `Tuesday, 1 December 2026, 19:00–19:30 (Asia/Tokyo, UTC+09:00)`.
pub fn span(start: Timestamp, end: Option<Timestamp>, zone: &TimeZone) -> String {
    let from = start.to_zoned(zone.clone());
    let Some(until) = end.filter(|end| *end > start).map(|end| end.to_zoned(zone.clone())) else {
        return format!("{} ({})", day_and_time(&from), place(&from));
    };
    let is_same_day = until.date() == from.date();
    let end = if is_same_day { until.strftime("%H:%M").to_string() } else { day_and_time(&until) };
    // Where clocks are changed meanwhile, the two ends are not read by the same one.
    let then =
        if until.offset() == from.offset() { String::new() } else { format!(", then {}", offset(&until)) };
    format!("{}–{end} ({}{then})", day_and_time(&from), place(&from))
}

/// A start, short enough for a subject.
pub fn short(start: Timestamp, zone: &TimeZone) -> String {
    start.to_zoned(zone.clone()).strftime("%a, %-d %b %Y, %H:%M").to_string()
}

fn day_and_time(at: &Zoned) -> String {
    at.strftime("%A, %-d %B %Y, %H:%M").to_string()
}

/// The zone's name with what it then is from UTC: a name alone says nothing of summer time.
fn place(at: &Zoned) -> String {
    match at.time_zone().iana_name() {
        Some(name) if name != "UTC" => format!("{name}, {}", offset(at)),
        _ => "UTC".to_owned(),
    }
}

fn offset(at: &Zoned) -> String {
    format!("UTC{}", at.strftime("%:z"))
}
