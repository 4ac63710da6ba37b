//! What is kept of the budgets of HubSpot accounts, for a restart.
//!
//! An account's budget is the account's, also where several workspaces write to one: the rows belong to no workspace.

use crate::{Result, Store, column, database::params};

impl Store {
    /// What is kept of an account's budget.
    pub async fn budget(&self, account: String) -> Result<Option<serde_json::Value>> {
        self.read(move |connection| {
            let sql = "SELECT body FROM budgets WHERE account = $1";
            connection.first(sql, params![account], |row| column::json(row, 0, "budgets"))
        })
        .await
    }

    /// Keeps an account's budget in place of what was kept before.
    pub async fn keep_budget(&self, account: String, body: serde_json::Value) -> Result<()> {
        self.write(move |connection| {
            let sql = "INSERT INTO budgets (account, body) VALUES ($1, $2)
                ON CONFLICT (account) DO UPDATE SET body = excluded.body";
            let body = column::to_json(&body, "budgets")?;
            connection.run(sql, params![account, body]).map(|_| ())
        })
        .await
    }
}
