//! Tests of the whole product: one binary, a module for each subject.

mod example;
mod kill;
mod requests;
mod serve;
mod tidy;
mod world;
