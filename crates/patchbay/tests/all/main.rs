//! Tests of the whole product: one binary, a module for each subject.

mod tidy;
