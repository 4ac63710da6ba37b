//! Aircall: its webhooks and its API.
