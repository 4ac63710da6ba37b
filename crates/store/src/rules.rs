//! Rules, and the rulebook that decisions go by.

use domain::{
    decision::Rulebook,
    ids::{RuleId, WorkspaceId},
    rule::{Rule, Target},
};
use jiff::SignedDuration;

use crate::{
    Result, Store, StoreError, catalog, column,
    database::{Connection, params},
    settings,
};

impl Store {
    /// The rules of both kinds, in the admin's order.
    pub async fn rules(&self, workspace: WorkspaceId) -> Result<Vec<Rule>> {
        self.read(move |connection| list(connection, workspace)).await
    }

    /// Adds a rule; `Taken` if its tag has one of the same kind of target, or the id is in use.
    pub async fn add_rule(&self, workspace: WorkspaceId, rule: Rule) -> Result<()> {
        self.write(move |connection| {
            let sql = "INSERT INTO rules (workspace, id, tag, target, position, body)
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
            match put(connection, sql, workspace, &rule)? {
                0 => Err(StoreError::Taken),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Changes a rule; says whether there was one. `Taken` as for adding.
    pub async fn update_rule(&self, workspace: WorkspaceId, rule: Rule) -> Result<bool> {
        self.write(move |connection| {
            let sql = "UPDATE rules SET tag = $3, target = $4, position = $5, body = $6
                WHERE workspace = $1 AND id = $2";
            Ok(put(connection, sql, workspace, &rule)? > 0)
        })
        .await
    }

    /// Removes a rule; says whether there was one.
    pub async fn remove_rule(&self, workspace: WorkspaceId, id: RuleId) -> Result<bool> {
        self.write(move |connection| {
            let sql = "DELETE FROM rules WHERE workspace = $1 AND id = $2";
            Ok(connection.run(sql, params![workspace.0, id.to_string()])? > 0)
        })
        .await
    }

    /// All that decisions go by, as it stood at one moment.
    pub async fn rulebook(&self, workspace: WorkspaceId, delay: SignedDuration) -> Result<Rulebook> {
        self.read(move |connection| {
            Ok(Rulebook {
                settings: settings::calls(connection, workspace)?,
                rules: list(connection, workspace)?,
                outcomes: catalog::outcomes(connection, workspace)?,
                tags: catalog::tags(connection, workspace)?,
                delay,
            })
        })
        .await
    }
}

fn list(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Rule>> {
    let sql = "SELECT body FROM rules WHERE workspace = $1 ORDER BY position, id";
    connection.all(sql, params![workspace.0], |row| column::json(row, 0, "rules"))
}

fn put(connection: &Connection, sql: &str, workspace: WorkspaceId, rule: &Rule) -> Result<usize> {
    let target = match rule.target {
        Target::Outcome(_) => "outcome",
        Target::CallType(_) => "call_type",
    };
    let body = column::to_json(rule, "rules")?;
    let values = params![workspace.0, rule.id.to_string(), rule.tag.0, target, rule.position, body];
    connection.run(sql, values).map_err(StoreError::taken_if_conflict)
}
