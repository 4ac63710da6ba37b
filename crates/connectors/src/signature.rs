//! The signatures of webhooks.
