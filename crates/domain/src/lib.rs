//! The rules of Patchbay: what a call or a booking is, what it becomes in HubSpot, and why.
//!
//! Nothing here does IO, reads a clock, draws a random number or is async: every function is given
//! all that it needs and returns a value. Modules stand in reading order.

pub mod fault;
pub mod ids;
pub mod source;
pub mod text;

pub mod email;
pub mod phone;

pub mod latest;

pub mod booking;
pub mod call;
pub mod event;

pub mod catalog;
pub mod kind;
pub mod retention;
pub mod rule;
pub mod settings;

pub mod decision;

pub mod contact;
pub mod notice;
pub mod record;
pub mod step;

pub mod plan;
pub mod question;

pub mod name;
pub mod why;
