//! Each scheduler, from the bodies that it documents to what HubSpot holds in the end: in order, in reverse, told twice,
//! and all at once (M1–M5, M11, M12).

mod calcom;
mod calendar;
mod calendly;
mod hostile;
mod registered;
pub mod story;
