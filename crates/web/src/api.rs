//! The admin API, everything under `/api/v1` (PRODUCT §7).

pub mod problem;

pub mod audit;
pub mod auth;
pub mod body;
pub mod id;
pub mod once;
pub mod openapi;
pub mod page;
pub mod portal;
pub mod scope;

pub mod connections;
pub mod lists;
pub mod load;
pub mod problems;
pub mod records;
pub mod replay;
pub mod rules;
pub mod settings;
pub mod timeline;
