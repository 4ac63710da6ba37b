//! Calendly: its webhooks.
