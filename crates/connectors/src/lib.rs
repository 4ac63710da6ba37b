//! The providers: HubSpot, which is written to, the sources that send webhooks, and the mail server.
//!
//! Their spellings stand in `wire.rs` files only; all else speaks the words of `domain`. Nothing here knows a
//! database or a server, reads a clock or logs what a body says.

mod bearer;
pub mod gate;
pub mod http;
pub mod hubspot;
pub mod mail;
pub mod signature;

pub mod aircall;
pub mod calcom;
pub mod calendar;
pub mod calendly;
pub mod scheduler;
pub mod source;

pub use source::{NotJson, event_name, parse, read, subject};
