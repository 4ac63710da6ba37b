//! Webhook doors: verify on the raw bytes, append, only then 2xx (PRODUCT §6, §8).

mod body;
mod cache;
mod door;
mod proof;

pub use cache::Doors;
pub use door::knock;
