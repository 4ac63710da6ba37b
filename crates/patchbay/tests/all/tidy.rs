//! The laws of the house that no compiler checks. A rule that no machine checks is not kept.

mod crates;
mod documents;
mod source;
mod tree;
