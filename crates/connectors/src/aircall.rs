//! Aircall: its webhooks and its API.

mod api;
mod fault;
mod read;
mod wire;

pub use api::{Aircall, Number, Registered, User, Webhook};
pub(crate) use read::{event_name, read, subject};
