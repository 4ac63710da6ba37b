//! An account that counts to the letter, and nodes that spend its budget as fast as it lets them.

use std::collections::VecDeque;

use connectors::hubspot::{Class, RateHeaders, Ticket};
use jiff::{Timestamp, tz::TimeZone};

use super::super::{Budget, Kept, LOOK_AGAIN, Leave, Moment, Refusal, Report, Share};

/// A time in ms since the beginning.
pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap()
}

fn since(at_: Timestamp) -> i64 {
    at_.as_millisecond() - at(0).as_millisecond()
}

/// A request on its way: when it arrives and when its answer is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Way {
    pub there_ms: i64,
    pub back_ms: i64,
    pub is_search: bool,
    /// What another app sends to the same account just before.
    pub others: u8,
}

impl Way {
    fn class(&self) -> Class {
        if self.is_search { Class::Search } else { Class::General }
    }
}

/// HubSpot's counting: when requests arrive.
#[derive(Debug, Default)]
pub struct Account {
    pub arrivals: Vec<i64>,
    pub searches: Vec<i64>,
    /// How many it lets through in ten seconds.
    pub max: usize,
    /// How many in a day, if it tells.
    pub daily: Option<usize>,
}

impl Account {
    fn take(&mut self, way: Way, sent_ms: i64) -> i64 {
        let arrived_ms = sent_ms + way.there_ms;
        self.arrivals.extend(std::iter::repeat_n(sent_ms, usize::from(way.others)));
        self.arrivals.push(arrived_ms);
        if way.is_search {
            self.searches.push(arrived_ms);
        }
        arrived_ms
    }

    /// What it tells a request that arrived then.
    fn headers(&self, way: Way, arrived_ms: i64) -> RateHeaders {
        if way.is_search {
            return RateHeaders::default();
        }
        let since = |begun: i64| self.arrivals.iter().filter(|at| **at > begun && **at <= arrived_ms).count();
        RateHeaders {
            max: Some(self.max),
            remaining: Some(self.max.saturating_sub(since(arrived_ms - 10_000))),
            daily_remaining: self.daily.map(|daily| daily.saturating_sub(since(i64::MIN))),
            ..RateHeaders::default()
        }
    }

    /// The most in any span.
    pub fn peak(list: &[i64], span_ms: i64) -> usize {
        let mut list = list.to_vec();
        list.sort_unstable();
        let within =
            |(index, at): (usize, &i64)| index + 1 - list.partition_point(|other| *other <= at - span_ms);
        list.iter().enumerate().map(within).max().unwrap_or(0)
    }

    pub fn assert_whole(&self) {
        assert!(Self::peak(&self.arrivals, 10_000) <= self.max, "{}", Self::peak(&self.arrivals, 10_000));
        assert!(Self::peak(&self.searches, 1_000) <= 5, "{}", Self::peak(&self.searches, 1_000));
    }
}

/// A keeping on its way to the store and back.
pub struct Keeping {
    told_at: Moment,
    report: Report,
    /// When it is carried out; and when that is answered, if it ever is.
    done: i64,
    heard: Option<i64>,
    leave: Option<Leave>,
}

/// A node that has requests to send.
pub struct Node {
    pub share: Share,
    /// How far its clocks are off.
    pub steady_ms: i64,
    pub wall_ms: i64,
    /// How many requests it sends at once.
    pub abreast: usize,
    /// How long the store takes, each way.
    pub store_ms: i64,
    /// Each so many keepings the answer is lost.
    pub loses: usize,
    /// When it begins.
    pub from: i64,
    pub ways: VecDeque<Way>,
    /// When each of its requests was sent.
    pub sent: Vec<i64>,
    pub keepings: usize,
    pub keeping: Option<Keeping>,
    /// When each is answered, when it arrived, and by which leave.
    pub flying: Vec<(i64, i64, Way, Ticket)>,
    pub wakes: i64,
}

impl Node {
    pub fn new(ways: impl IntoIterator<Item = Way>) -> Self {
        Self {
            share: Share::new(TimeZone::UTC),
            steady_ms: 0,
            wall_ms: 0,
            abreast: 1,
            store_ms: 0,
            loses: usize::MAX,
            from: 0,
            ways: ways.into_iter().collect(),
            sent: Vec::new(),
            keepings: 0,
            keeping: None,
            flying: Vec::new(),
            wakes: 0,
        }
    }

    fn moment(&self, now: i64) -> Moment {
        Moment { steady: at(now + self.steady_ms), wall: at(now + self.wall_ms) }
    }

    fn is_done(&self) -> bool {
        self.ways.is_empty() && self.flying.is_empty() && self.keeping.is_none()
    }

    fn next(&self) -> Option<i64> {
        let answers = self.flying.iter().map(|(answered, ..)| *answered);
        let keeping = self.keeping.iter().map(|keeping| match keeping.leave {
            None => keeping.done,
            Some(_) => keeping.heard.unwrap_or(keeping.done),
        });
        let wakes = (!self.ways.is_empty() && self.keeping.is_none() && self.flying.len() < self.abreast)
            .then_some(self.wakes.max(self.from));
        answers.chain(keeping).chain(wakes).min()
    }

    /// Dies: what it sent arrives all the same, and what it told the store as well. Another one goes on with its work.
    fn dies(&mut self) {
        let keeping = self.keeping.take();
        self.share = Share::new(TimeZone::UTC);
        self.flying.clear();
        self.keeping = keeping.map(|keeping| Keeping { heard: None, ..keeping });
        self.wakes = 0;
    }
}

/// An account, its row in the store, and the nodes.
pub struct World {
    pub account: Account,
    pub nodes: Vec<Node>,
    pub row: Option<Kept>,
    /// How far the store's clock is off.
    pub store_ms: i64,
    /// Which node dies when, in order.
    pub deaths: VecDeque<(i64, usize)>,
    pub now: i64,
    pub keepings: usize,
}

impl World {
    pub fn new(max: usize, nodes: Vec<Node>) -> Self {
        let account = Account { max, ..Account::default() };
        Self { account, nodes, row: None, store_ms: 0, deaths: VecDeque::new(), now: 0, keepings: 0 }
    }

    /// Lets all nodes send all they have, for ten minutes at most.
    pub fn run(&mut self) {
        loop {
            while let Some((_, dead)) = self.deaths.front().copied().filter(|(at, _)| *at <= self.now) {
                self.deaths.pop_front();
                let count = self.nodes.len();
                self.nodes[dead % count].dies();
            }
            for index in 0..self.nodes.len() {
                self.step(index);
            }
            let death = self.deaths.front().map(|(at, _)| *at);
            let next = self.nodes.iter().filter(|node| !node.is_done()).filter_map(Node::next).min();
            let Some(next) = next.filter(|next| *next < 600_000) else { return };
            self.now = death.map_or(next, |death| death.min(next)).max(self.now);
        }
    }

    fn step(&mut self, index: usize) {
        let (now, store_at) = (self.now, at(self.now + self.store_ms));
        let node = &mut self.nodes[index];
        let moment = node.moment(now);
        if let Some(keeping) = node.keeping.as_mut().filter(|keeping| keeping.done <= now) {
            if keeping.leave.is_none() {
                self.keepings += 1;
                let mut budget = self.row.take().map_or_else(Budget::default, |kept| {
                    let kept = serde_json::from_value(serde_json::to_value(kept).unwrap()).unwrap();
                    Budget::recall(&kept, store_at)
                });
                keeping.leave = Some(budget.keep(&keeping.report, store_at, store_at));
                self.row = Some(budget.kept());
            }
            match keeping.heard {
                Some(heard) if heard > now => {}
                heard => {
                    let (told_at, leave) = (keeping.told_at, keeping.leave.take());
                    node.keeping = None;
                    if let (Some(_), Some(leave)) = (heard, leave) {
                        node.share.adopt(leave, told_at, moment);
                    }
                }
            }
        }
        node.flying.sort_by_key(|(answered, ..)| *answered);
        while let Some((_, arrived, way, ticket)) =
            node.flying.first().copied().filter(|(answered, ..)| *answered <= now)
        {
            node.flying.remove(0);
            node.share.answered(ticket, 200, &self.account.headers(way, arrived), moment);
        }
        while node.from <= now && node.keeping.is_none() && node.flying.len() < node.abreast {
            let Some(way) = node.ways.front().copied() else { break };
            match node.share.spend(way.class(), moment) {
                Ok(ticket) => {
                    node.ways.pop_front();
                    node.sent.push(now);
                    let arrived = self.account.take(way, now);
                    node.flying.push((arrived + way.back_ms, arrived, way, ticket));
                }
                Err(Refusal::Until(until, _)) => {
                    let until = since(until) - node.steady_ms;
                    assert!(until > now, "a refusal names a time to come");
                    let look_again = now + i64::try_from(LOOK_AGAIN.as_millis()).unwrap();
                    node.wakes = if node.share.has_company() { until.min(look_again) } else { until };
                    break;
                }
                Err(Refusal::NotKept) => {
                    node.keepings += 1;
                    let is_lost = node.keepings.is_multiple_of(node.loses);
                    let done = now + node.store_ms;
                    node.keeping = Some(Keeping {
                        told_at: moment,
                        report: node.share.report(moment),
                        done,
                        heard: (!is_lost).then_some(done + node.store_ms),
                        leave: None,
                    });
                    if node.store_ms == 0 {
                        return self.step(index);
                    }
                }
            }
        }
    }
}
