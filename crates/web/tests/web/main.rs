//! The outside surfaces, driven as a client drives them, on a store in memory and a stand-in for the providers.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod bench;
mod browser;
mod world;

mod access;
mod activity;
mod audit;
mod calls;
mod connections;
mod doors;
mod fuzz;
mod grants;
mod health;
mod integrations;
mod lists;
mod once;
mod pages;
mod people;
mod records;
mod rules;
mod settings;
mod signing_in;
mod walk;
