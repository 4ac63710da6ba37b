//! Calendar.com: the contract of our own.

mod read;
mod wire;

pub(crate) use read::{event_name, read, subject};
