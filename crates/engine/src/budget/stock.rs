//! A node's stock of places in a window, and what became of its requests. Pure.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::places::{FLIGHT_MAX, Place};

/// A request that was not answered after this never will be: the client gives up before.
const ANSWER_MAX: SignedDuration = SignedDuration::from_secs(35);

/// The places that a node may use now or soon, and its requests since it last told of them.
#[derive(Debug, Clone, Default)]
pub struct Stock {
    /// In order.
    places: VecDeque<Place>,
    /// Places that it did not use in time.
    missed: Vec<Place>,
    /// Requests that may not have arrived: which, and when they left.
    flying: VecDeque<(u64, Timestamp)>,
    /// When each of the others counted at the latest.
    landed: Vec<Timestamp>,
    /// Requests without an answer so far, in the same way.
    unanswered: VecDeque<(u64, Timestamp)>,
    /// Requests since the places were given.
    sent: usize,
}

/// What a node tells of its stock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stocktaking {
    /// When each request counted at the latest.
    pub landed: Vec<Timestamp>,
    /// The same of those that may not have counted: it will be told again.
    pub flying: Vec<Timestamp>,
    /// Places that were not used.
    pub unused: Vec<Place>,
    /// Requests since the places were given.
    pub sent: usize,
}

impl Stock {
    /// The next place, if there is one. By the clock of the places it is `late` now at the latest.
    pub fn next(&mut self, late: Timestamp) -> Option<Place> {
        while self.places.front().is_some_and(|place| place.until <= late) {
            self.missed.extend(self.places.pop_front());
        }
        self.places.front().copied()
    }

    /// A request leaves, by the first place.
    pub fn leave(&mut self, number: u64, late: Timestamp) {
        self.places.pop_front();
        self.flying.push_back((number, late));
        self.unanswered.push_back((number, late));
        self.sent += 1;
    }

    /// A request was answered. Returns when it left.
    pub fn answered(&mut self, number: u64, late: Timestamp) -> Option<Timestamp> {
        self.land(late);
        if take(&mut self.flying, number).is_some() {
            self.landed.push(late);
        }
        take(&mut self.unanswered, number)
    }

    /// Requests without an answer so far.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Requests since the places were given.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Places that were not used so far.
    pub fn unused(&self) -> usize {
        self.places.len()
    }

    /// Requests since the last stocktaking that were in a window of that length at `since`.
    pub fn in_use(&self, length: SignedDuration, since: Timestamp) -> usize {
        self.landed.iter().filter(|at| **at + length > since).count() + self.flying.len()
    }

    /// Tells what became of places and requests; there are no places until new ones are given.
    pub fn take(&mut self, late: Timestamp) -> Stocktaking {
        self.land(late);
        let unused = self.missed.drain(..).chain(self.places.drain(..)).collect();
        let flying = self.flying.iter().map(|(_, left)| *left + FLIGHT_MAX).collect();
        Stocktaking { landed: std::mem::take(&mut self.landed), flying, unused, sent: self.sent }
    }

    /// Takes in new places.
    pub fn give(&mut self, places: Vec<Place>) {
        self.places = places.into();
        self.sent = 0;
    }

    /// Nobody knows what became of the last telling: what flew then is told no more.
    pub fn forget(&mut self) {
        *self = Self { unanswered: std::mem::take(&mut self.unanswered), ..Self::default() };
    }

    /// What flew long enough has arrived; what is long past is forgotten.
    fn land(&mut self, late: Timestamp) {
        while let Some((_, left)) = self.flying.pop_front_if(|(_, left)| *left + FLIGHT_MAX <= late) {
            self.landed.push(left + FLIGHT_MAX);
        }
        while self.unanswered.pop_front_if(|(_, left)| *left + ANSWER_MAX <= late).is_some() {}
    }
}

fn take(requests: &mut VecDeque<(u64, Timestamp)>, number: u64) -> Option<Timestamp> {
    let index = requests.iter().position(|(other, _)| *other == number)?;
    requests.remove(index).map(|(_, left)| left)
}
