//! The workspace that a call is about, and what else its address names.

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use domain::{
    ids::WorkspaceId,
    source::{Source, System},
};
use serde_json::Value;
use store::{Audit, Workspace};

use super::{auth::Caller, problem::Problem};
use crate::app::Shared;

/// What a call is about.
pub struct Scope {
    /// The workspace.
    pub workspace: Workspace,
    /// Who calls.
    pub caller: Caller,
    params: HashMap<String, String>,
    app: Shared,
}

impl Scope {
    /// The workspace's id.
    pub fn ws(&self) -> WorkspaceId {
        self.workspace.id
    }

    /// A part of the address.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// The system that the address names.
    pub fn system(&self) -> Result<System, Problem> {
        System::from_word(self.param("source")).ok_or_else(|| Problem::not_found("connection"))
    }

    /// The source that the address names.
    pub fn source(&self) -> Result<Source, Problem> {
        Source::from_word(self.param("source")).ok_or_else(|| Problem::not_found("source"))
    }

    /// Enters a change into the audit (N8). `detail` holds no secret.
    pub async fn audit(&self, what: &str, detail: Value) -> Result<(), Problem> {
        let audit = Audit {
            workspace: Some(self.workspace.id),
            at: self.app.now(),
            who: self.caller.who.clone(),
            what: what.to_owned(),
            detail,
        };
        Ok(self.app.web.store.audit(audit).await?)
    }
}

impl FromRequestParts<Shared> for Scope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let no_workspace = || Problem::not_found("workspace");
        let Path(params) = Path::<HashMap<String, String>>::from_request_parts(parts, app)
            .await
            .map_err(|_| no_workspace())?;
        let caller = parts.extensions.get::<Caller>().cloned().ok_or_else(|| Problem::unauthorized(false))?;
        let slug = params.get("ws").ok_or_else(no_workspace)?;
        let workspace = app.web.store.workspace(slug).await?.ok_or_else(no_workspace)?;
        // A token of another workspace is not told that this one exists.
        if caller.workspace.is_some_and(|only| only != workspace.id) {
            return Err(no_workspace());
        }
        Ok(Self { workspace, caller, params, app: app.clone() })
    }
}
