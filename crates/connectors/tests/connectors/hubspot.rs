//! HubSpot's half, against a stub that answers the bodies of reference/hubspot.md.
#![expect(clippy::unwrap_used, reason = "a stub that fails is a test that fails")]

mod changes;
mod connect;
mod creates;
mod reads;
mod refusals;
mod stub;
