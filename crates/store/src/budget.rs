//! The budgets of HubSpot accounts, each shared by all nodes.
//!
//! An account's budget is the account's, also where several workspaces write to one: the rows belong to no workspace.

use jiff::Timestamp;
use serde_json::Value;

use crate::{Result, Store, column, database::params};

impl Store {
    /// Changes an account's budget, which is null at first: one node at a time, each from what the one before has left.
    ///
    /// The caller gives two times, by a clock that is never set and by the machine's; `change` gets them by the clock of the
    /// store, and returns what is to be kept and what is to be told.
    pub async fn change_budget<T, F>(
        &self,
        account: String,
        (steady, wall): (Timestamp, Timestamp),
        change: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(Value, Timestamp, Timestamp) -> (Value, T) + Send + 'static,
    {
        self.write(move |connection| {
            // One statement makes the row if need be, locks it until the end of the transaction, and reads it.
            let sql = "INSERT INTO budgets (account, body) VALUES ($1, 'null')
                ON CONFLICT (account) DO UPDATE SET body = budgets.body
                RETURNING body";
            let body = connection.first(sql, params![account], |row| column::json(row, 0, "budgets"))?;
            let (at, today) = (connection.clock(steady)?, connection.clock(wall)?);
            let (body, told) = change(body.unwrap_or_default(), at, today);
            let body = column::to_json(&body, "budgets")?;
            connection.run("UPDATE budgets SET body = $2 WHERE account = $1", params![account, body])?;
            Ok(told)
        })
        .await
    }
}
