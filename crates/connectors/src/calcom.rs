//! Cal.com: its webhooks.
