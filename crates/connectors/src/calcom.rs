//! Cal.com: its webhooks.

mod read;
mod wire;

pub(crate) use read::{event_name, read, subject};
