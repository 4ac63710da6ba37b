//! The budget against a HubSpot that counts to the letter: whatever the schedule, nothing is refused, all is sent.

mod account;
mod keeping;
mod nodes;

use connectors::hubspot::{Class, Policy, RateHeaders, Ticket};
use proptest::prelude::*;

use self::account::{Account, Node, Way, World, at};
use super::*;

fn moment(ms: i64) -> Moment {
    Moment { steady: at(ms), wall: at(ms) }
}

/// A node's share and the row that it keeps it in, at no distance.
struct Lone {
    share: Share,
    row: Budget,
}

impl Lone {
    fn new(zone: &str) -> Self {
        Self { share: Share::new(TimeZone::get(zone).unwrap()), row: Budget::default() }
    }

    /// Spends, keeping first where that is asked for.
    fn spend(&mut self, class: Class, ms: i64) -> Result<Ticket, Timestamp> {
        loop {
            match self.share.spend(class, moment(ms)) {
                Ok(ticket) => return Ok(ticket),
                Err(Refusal::Until(until, _)) => return Err(until),
                Err(Refusal::NotKept) => self.keep(ms),
            }
        }
    }

    fn keep(&mut self, ms: i64) {
        let report = self.share.report(moment(ms));
        let leave = self.row.keep(&report, at(ms), at(ms));
        self.share.adopt(leave, moment(ms), moment(ms));
    }

    fn answered(
        &mut self,
        ticket: Ticket,
        status: u16,
        headers: &RateHeaders,
        ms: i64,
    ) -> Option<(Limit, i64)> {
        let asked = self.share.answered(ticket, status, headers, moment(ms))?;
        Some((asked.limit, i64::try_from(asked.span.as_millis()).unwrap()))
    }

    /// The process ends and starts again.
    fn restart(&mut self, ms: i64) {
        let kept = serde_json::to_value(self.row.kept()).unwrap();
        self.row = Budget::recall(&serde_json::from_value(kept).unwrap(), at(ms));
        self.share = Share::new(TimeZone::UTC);
    }
}

fn way() -> impl Strategy<Value = Way> {
    (0_i64..400, 0_i64..2_000, prop::bool::weighted(0.1), prop::bool::weighted(0.05)).prop_map(
        |(there_ms, back_ms, is_search, has_others)| Way {
            there_ms,
            back_ms,
            is_search,
            others: u8::from(has_others),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_window_ever_holds_more_than_its_allowance(
        // One after the other, at 1.2 s each, they are sent well within the ten minutes of a run.
        ways in prop::collection::vec(way(), 1..400),
        abreast in 1_usize..8,
    ) {
        let ways: Vec<Way> = ways.into_iter().map(|way| Way { others: 0, ..way }).collect();
        let count = ways.len();
        let mut world = World::new(110, vec![Node { abreast, ..Node::new(ways) }]);
        world.run();
        prop_assert_eq!(world.account.arrivals.len(), count);
        world.account.assert_whole();
    }

    #[test]
    fn what_others_send_is_respected_as_soon_as_an_answer_tells(
        ways in prop::collection::vec(way(), 1..400),
    ) {
        let ways: Vec<Way> = ways.into_iter().map(|way| Way { is_search: false, ..way }).collect();
        let mut world = World::new(110, vec![Node::new(ways)]);
        world.run();
        prop_assert!(world.nodes[0].ways.is_empty());
        // What another app sends while our request is on its way cannot be known.
        prop_assert!(Account::peak(&world.account.arrivals, 10_000) <= 111);
    }

    #[test]
    fn after_a_restart_at_any_moment_no_window_holds_more_than_its_allowance(
        before in 1_usize..300, answered in 0_usize..300, gap_ms in 0_i64..12_000,
    ) {
        let mut arrivals = Vec::new();
        let mut lone = Lone::new("UTC");
        let mut now = 0;
        for n in 0..before {
            let ticket = loop {
                match lone.spend(Class::General, now) {
                    Ok(ticket) => break ticket,
                    Err(until) => now = until.as_millisecond() - at(0).as_millisecond(),
                }
            };
            arrivals.push(now);
            now += 20;
            if n < answered {
                lone.answered(ticket, 200, &RateHeaders::default(), now);
            }
        }
        now += gap_ms;
        lone.restart(now);
        for _ in 0..250 {
            while let Err(until) = lone.spend(Class::General, now) {
                now = until.as_millisecond() - at(0).as_millisecond();
            }
            arrivals.push(now);
        }
        prop_assert!(Account::peak(&arrivals, 10_000) <= 100);
    }
}

#[test]
fn a_drain_uses_nearly_all_of_the_allowance_at_any_latency_that_one_after_the_other_allows() {
    for latency_ms in [5, 20, 50, 80] {
        let way = Way { there_ms: latency_ms / 2, back_ms: latency_ms / 2, ..Way::default() };
        let mut world = World::new(110, vec![Node { store_ms: 2, ..Node::new(vec![way; 1_100]) }]);
        world.run();
        let share = share(&world.nodes[0].sent);
        assert!(share > 0.99, "{latency_ms} ms each: {share}");
        assert!(world.keepings <= 130, "{} keepings for 1,100 requests", world.keepings);
    }
}

#[test]
fn a_slow_hubspot_costs_less_than_a_twentieth() {
    let way = Way { there_ms: 300, back_ms: 2_700, ..Way::default() };
    let mut world = World::new(110, vec![Node { abreast: 200, ..Node::new(vec![way; 1_100]) }]);
    world.run();
    let share = share(&world.nodes[0].sent);
    assert!(share > 0.95, "{share}");
}

#[expect(clippy::cast_precision_loss, reason = "some minutes in ms")]
/// What was used of the allowance of 110 over the last seven windows.
fn share(sent: &[i64]) -> f64 {
    let span_ms = sent[1_099] - sent[1_099 - 770];
    70_000.0 / span_ms as f64
}

#[test]
fn a_search_does_not_hold_up_other_requests() {
    let mut lone = Lone::new("UTC");
    for _ in 0..5 {
        let ticket = lone.spend(Class::Search, 0).unwrap();
        lone.answered(ticket, 200, &RateHeaders::default(), 40);
    }
    assert_eq!(lone.spend(Class::Search, 50), Err(at(1_050)));
    assert!(lone.spend(Class::General, 50).is_ok());
}

#[test]
fn a_refusal_for_rate_rests_as_long_as_its_policy_says() {
    let rest = |policy, class| {
        let mut lone = Lone::new("US/Eastern");
        let ticket = lone.spend(class, 0).unwrap();
        let headers = RateHeaders { policy, ..RateHeaders::default() };
        let (limit, span_ms) = lone.answered(ticket, 429, &headers, 0).unwrap();
        (limit, span_ms, lone.spend(class, 10).unwrap_err().duration_since(at(0)))
    };
    let secs = SignedDuration::from_secs;
    assert_eq!(rest(Some(Policy::Burst), Class::General), (Limit::Burst, 10_000, secs(10)));
    let of_search = rest(Some(Policy::Second), Class::Search);
    assert_eq!(of_search, (Limit::Search, 1_000, SignedDuration::from_millis(1_020)));
    let (limit, _, rest) = rest(Some(Policy::Daily), Class::General);
    let midnight = (at(0) + rest).to_zoned(TimeZone::get("America/New_York").unwrap());
    assert_eq!((limit, midnight.hour(), midnight.minute()), (Limit::Day, 0, 0));
}

#[test]
fn a_move_rests_as_long_as_it_says_and_an_outage_for_a_moment() {
    let mut lone = Lone::new("UTC");
    let ticket = lone.spend(Class::General, 0).unwrap();
    let headers = RateHeaders { retry_after: Some(SignedDuration::from_hours(20)), ..RateHeaders::default() };
    lone.answered(ticket, 477, &headers, 0);
    assert_eq!(lone.spend(Class::General, 1), Err(at(20 * 3_600_000)));
    for status in [502, 503, 504, 521, 523, 524] {
        let mut lone = Lone::new("UTC");
        let ticket = lone.spend(Class::General, 0).unwrap();
        lone.answered(ticket, status, &RateHeaders::default(), 0);
        assert_eq!(lone.spend(Class::General, 1), Err(at(2_000)), "{status}");
    }
}

#[test]
fn a_day_that_is_told_to_be_spent_is_believed_over_a_restart_until_a_person_acts() {
    let mut lone = Lone::new("UTC");
    let ticket = lone.spend(Class::General, 0).unwrap();
    let headers = RateHeaders { daily_remaining: Some(0), ..RateHeaders::default() };
    lone.answered(ticket, 200, &headers, 50);
    let until = lone.spend(Class::General, 60).unwrap_err();
    let words = lone.share.words(until, Limit::Day);
    assert!(words.starts_with("HubSpot's allowance for today is spent; goes on at 00:00"));
    lone.restart(80);
    assert_eq!(lone.spend(Class::General, 90), Err(until));
    lone.share.changed(at(40));
    assert_eq!(lone.spend(Class::General, 100), Err(until), "told since");
    lone.share.changed(at(11_000));
    assert!(lone.spend(Class::General, 12_000).is_ok());
}
