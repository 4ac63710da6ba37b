//! The last change of a booking: when it came about, and what the calendar's entry of the meeting is called since.

use jiff::Timestamp;

use super::{Booking, BookingEvent, BookingWhat, CalendarEntry, Standing, cancels, chain::last_move};

/// The move or the cancel by which a booking stands as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    /// When it happened, by the source's clock.
    pub at: Timestamp,
    /// The calendar's entry, as told with this change: the sequence belongs to the change.
    pub calendar_entry: Option<CalendarEntry>,
}

impl Booking {
    /// The change that made it stand so; `None` if it stands as it was made.
    pub fn last_change(&self, standing: &Standing) -> Option<LastChange> {
        let told_at = |one: &BookingEvent| (one.at, one.facts.calendar_entry.clone());
        let (at, calendar_entry) = if standing.canceled.is_some() {
            // One that everybody left was canceled by none.
            let canceled = cancels(&self.said, &standing.link).into_iter().map(told_at).max();
            canceled.or_else(|| self.said.iter().map(told_at).max())?
        } else if standing.is_moved {
            let said = self.with_moves_settled();
            let last = last_move(&said)?;
            (last.said_at, last.event.facts.calendar_entry.clone())
        } else {
            return None;
        };
        Some(LastChange { at, calendar_entry })
    }

    /// The start that the booking was made for, if its making was told.
    pub fn first_start(&self) -> Option<Timestamp> {
        let said = self.with_moves_settled();
        let booked = said.iter().filter(|one| one.what == BookingWhat::Booked);
        booked.filter_map(|one| Some((one.at, one.facts.start?))).min().map(|(_, start)| start)
    }

    /// The start that the first move known of has left: others may have been before it.
    pub fn start_left(&self) -> Option<Timestamp> {
        let said = self.with_moves_settled();
        let left = said.iter().filter_map(|one| match one.what {
            BookingWhat::Moved { from_start, .. } => Some((one.at, from_start?)),
            _ => None,
        });
        left.min().map(|(_, start)| start)
    }
}
