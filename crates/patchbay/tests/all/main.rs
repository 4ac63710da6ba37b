//! Tests of the whole product: one binary, a module for each subject.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

mod aircall;
mod answers;
mod api_schema;
mod backup;
mod bad_input;
mod browser;
mod budget;
mod calls;
mod clocked;
mod cluster;
mod contacts;
mod dashboard;
mod database;
mod doctor;
mod example;
mod fault_table;
mod faults;
mod kill;
mod load;
mod logs;
mod lookup;
mod meetings;
mod migrate;
mod nodes;
mod nodes_killed;
mod notices;
mod notices_failing;
mod oauth;
mod official_client;
mod pausing;
mod portals;
mod postgres_faults;
mod refused;
mod renewals;
mod requests;
mod retention;
mod schedulers;
mod senders;
mod serve;
mod server;
mod simulation;
mod tidy;
mod tool;
mod world;
