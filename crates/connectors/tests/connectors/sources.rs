//! The sources: what their webhooks are read as, what proves them, and Aircall's API.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

mod aircall;
mod aircall_api;
mod any_json;
mod bodies;
mod calcom;
mod calendar;
mod calendly;
mod signatures;
mod times;
