//! What the sandbox promises to those who test against it, over HTTP only.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

#[path = "sandbox/aircall.rs"]
mod aircall;
#[path = "sandbox/enclosed.rs"]
mod enclosed;
#[path = "sandbox/hubspot.rs"]
mod hubspot;
#[path = "sandbox/oauth.rs"]
mod oauth;
#[path = "sandbox/outside.rs"]
mod outside;
#[path = "sandbox/pages.rs"]
mod pages;
#[path = "sandbox/world.rs"]
mod world;
