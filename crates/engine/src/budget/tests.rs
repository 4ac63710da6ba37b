//! The budget against a HubSpot that counts to the letter: whatever the schedule, nothing is refused, all is sent.

use proptest::prelude::*;

use super::{kept::Kept, *};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap()
}

/// Spends, keeping first where that is asked for.
fn spend(budget: &mut Budget, class: Class, now: Timestamp) -> Result<(), Timestamp> {
    loop {
        match budget.spend(class, now) {
            Ok(()) => return Ok(()),
            Err(Refusal::Until(until, _)) => return Err(until),
            Err(Refusal::NotKept) => {
                budget.keep(now);
                budget.kept();
            }
        }
    }
}

/// A request on its way: when it arrives and when its answer is there.
#[derive(Debug, Clone, Copy)]
struct Way {
    there_ms: i64,
    back_ms: i64,
    is_search: bool,
    /// What another app sends to the same account just before.
    others: u8,
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

/// HubSpot's counting: rolling windows of when requests arrive.
#[derive(Default)]
struct Account {
    arrivals: Vec<i64>,
    searches: Vec<i64>,
    ours: usize,
}

impl Account {
    fn within(list: &[i64], ms: i64, span_ms: i64) -> usize {
        list.iter().filter(|at| **at > ms - span_ms && **at <= ms).count()
    }

    /// The most in any window.
    fn peak(list: &[i64], span_ms: i64) -> usize {
        list.iter().map(|at| Self::within(list, *at, span_ms)).max().unwrap_or(0)
    }
}

/// Sends all ways, up to `abreast` at once, as fast as the budget lets; returns the account, and when each was sent.
fn drain(mut budget: Budget, ways: &[Way], abreast: usize, max: usize) -> (Account, Vec<i64>) {
    let mut account = Account::default();
    let mut sent = Vec::new();
    let mut now = 0;
    // When it arrives, when it is answered.
    let mut flying: Vec<(i64, i64, Way)> = Vec::new();
    let mut waiting = ways.iter();
    let mut next = waiting.next();
    loop {
        // Answers that are in by now, each with what the account counted as it arrived.
        flying.sort_by_key(|(_, answered, _)| *answered);
        while let Some((arrived, answered, way)) = flying.first().copied().filter(|one| one.1 <= now) {
            flying.remove(0);
            let remaining = max.saturating_sub(Account::within(&account.arrivals, arrived, 10_000));
            let told = RateHeaders { max: Some(max), remaining: Some(remaining), ..RateHeaders::default() };
            let headers = if way.is_search { RateHeaders::default() } else { told };
            let class = if way.is_search { Class::Search } else { Class::General };
            budget.answered(class, 200, &headers, at(answered));
        }
        let Some(way) = next else { break };
        let answer_ms = flying.first().map(|(_, answered, _)| *answered);
        if flying.len() == abreast {
            now = answer_ms.unwrap_or(now);
            continue;
        }
        let class = if way.is_search { Class::Search } else { Class::General };
        match spend(&mut budget, class, at(now)) {
            Ok(()) => {
                let arrived = now + way.there_ms;
                for _ in 0..way.others {
                    account.arrivals.push(now);
                }
                account.arrivals.push(arrived);
                account.ours += 1;
                sent.push(now);
                if way.is_search {
                    account.searches.push(arrived);
                }
                flying.push((arrived, arrived + way.back_ms, *way));
                next = waiting.next();
            }
            Err(until) => {
                let until_ms = until.as_millisecond() - at(0).as_millisecond();
                assert!(until_ms > now, "a refusal names a time to come");
                now = answer_ms.map_or(until_ms, |answer| answer.min(until_ms)).max(now + 1);
            }
        }
    }
    (account, sent)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_window_ever_holds_more_than_its_allowance(
        ways in prop::collection::vec(way(), 1..500),
        abreast in 1_usize..8,
    ) {
        let ways: Vec<Way> = ways.into_iter().map(|way| Way { others: 0, ..way }).collect();
        let (account, _) = drain(Budget::default(), &ways, abreast, 110);
        prop_assert_eq!(account.ours, ways.len());
        prop_assert!(Account::peak(&account.arrivals, 10_000) <= 110);
        prop_assert!(Account::peak(&account.searches, 1_000) <= 5);
    }

    #[test]
    fn what_others_send_is_respected_as_soon_as_an_answer_tells(
        ways in prop::collection::vec(way(), 1..400),
    ) {
        let ways: Vec<Way> = ways.into_iter().map(|way| Way { is_search: false, ..way }).collect();
        let (account, _) = drain(Budget::default(), &ways, 1, 110);
        prop_assert_eq!(account.ours, ways.len());
        // What another app sends while our request is on its way cannot be known.
        prop_assert!(Account::peak(&account.arrivals, 10_000) <= 111);
    }

    #[test]
    fn after_a_restart_at_any_moment_no_window_holds_more_than_its_allowance(
        before in 1_usize..300, answered in 0_usize..300, gap_ms in 0_i64..12_000,
    ) {
        let mut arrivals = Vec::new();
        let mut budget = Budget::default();
        let mut row = Kept::default();
        let mut now = 0;
        for n in 0..before {
            while let Err(refusal) = budget.spend(Class::General, at(now)) {
                match refusal {
                    Refusal::NotKept => { row = budget.keep(at(now)); budget.kept(); }
                    Refusal::Until(until, _) => now = until.as_millisecond() - at(0).as_millisecond(),
                }
            }
            arrivals.push(now);
            now += 20;
            if n < answered {
                budget.answered(Class::General, 200, &RateHeaders::default(), at(now));
            }
        }
        now += gap_ms;
        let mut budget = Budget::recall(&row, at(now));
        for _ in 0..250 {
            while let Err(until) = spend(&mut budget, Class::General, at(now)) {
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
        let way = Way { there_ms: latency_ms / 2, back_ms: latency_ms / 2, is_search: false, others: 0 };
        let (_, sent) = drain(Budget::default(), &vec![way; 1_100], 1, 110);
        assert!(share(&sent) > 0.99, "{latency_ms} ms each: {}", share(&sent));
    }
}

#[test]
fn a_slow_hubspot_costs_less_than_a_twentieth() {
    let way = Way { there_ms: 300, back_ms: 2_700, is_search: false, others: 0 };
    let (_, sent) = drain(Budget::default(), &vec![way; 1_100], 200, 110);
    assert!(share(&sent) > 0.95, "{}", share(&sent));
}

#[expect(clippy::cast_precision_loss, reason = "some minutes in ms")]
/// What was used of the allowance of 110 over the last seven windows.
fn share(sent: &[i64]) -> f64 {
    let span_ms = sent[1_099] - sent[1_099 - 770];
    70_000.0 / span_ms as f64
}

#[test]
fn a_search_does_not_hold_up_other_requests() {
    let mut budget = Budget::default();
    for _ in 0..5 {
        assert_eq!(spend(&mut budget, Class::Search, at(0)), Ok(()));
        budget.answered(Class::Search, 200, &RateHeaders::default(), at(40));
    }
    assert_eq!(spend(&mut budget, Class::Search, at(50)), Err(at(1_050)));
    assert_eq!(spend(&mut budget, Class::General, at(50)), Ok(()));
}

#[test]
fn a_refusal_for_rate_rests_as_long_as_its_policy_says() {
    let rest = |policy, class| {
        let mut budget = Budget::default();
        budget.in_zone(TimeZone::get("US/Eastern").unwrap());
        spend(&mut budget, class, at(0)).unwrap();
        let headers = RateHeaders { policy, ..RateHeaders::default() };
        let told = budget.answered(class, 429, &headers, at(0)).unwrap();
        (told.1, spend(&mut budget, class, at(10)).unwrap_err().duration_since(at(0)))
    };
    assert_eq!(rest(Some(Policy::Burst), Class::General), (Limit::Burst, SignedDuration::from_secs(10)));
    assert_eq!(
        rest(Some(Policy::Second), Class::Search),
        (Limit::Search, SignedDuration::from_millis(1_010))
    );
    let (limit, rest) = rest(Some(Policy::Daily), Class::General);
    let midnight = (at(0) + rest).to_zoned(TimeZone::get("America/New_York").unwrap());
    assert_eq!((limit, midnight.hour(), midnight.minute()), (Limit::Day, 0, 0));
}

#[test]
fn a_move_rests_as_long_as_it_says_and_an_outage_for_a_moment() {
    let mut budget = Budget::default();
    let headers = RateHeaders { retry_after: Some(SignedDuration::from_hours(20)), ..RateHeaders::default() };
    budget.answered(Class::General, 477, &headers, at(0));
    assert_eq!(spend(&mut budget, Class::General, at(1)), Err(at(20 * 3_600_000)));
    for status in [502, 503, 504, 521, 523, 524] {
        let mut budget = Budget::default();
        budget.answered(Class::General, status, &RateHeaders::default(), at(0));
        assert_eq!(spend(&mut budget, Class::General, at(1)), Err(at(2_000)), "{status}");
    }
}

#[test]
fn a_day_that_is_told_to_be_spent_is_believed_over_a_restart_until_a_person_acts() {
    let mut budget = Budget::default();
    spend(&mut budget, Class::General, at(0)).unwrap();
    let headers = RateHeaders { daily_remaining: Some(0), ..RateHeaders::default() };
    budget.answered(Class::General, 200, &headers, at(50));
    let until = spend(&mut budget, Class::General, at(60)).unwrap_err();
    assert!(
        budget
            .words(until, Limit::Day)
            .starts_with("HubSpot's allowance for today is spent; goes on at 00:00")
    );
    let mut again = Budget::recall(&budget.keep(at(70)), at(80));
    assert_eq!(spend(&mut again, Class::General, at(90)), Err(until));
    again.reconsider();
    assert!(spend(&mut again, Class::General, at(12_000)).is_ok());
}
