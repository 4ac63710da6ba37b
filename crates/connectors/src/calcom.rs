//! Cal.com: its webhooks and its API.

mod api;
mod read;
mod wire;

pub use api::Calcom;
pub(crate) use read::{event_name, read, subject};
