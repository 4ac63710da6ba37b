//! Aircall's numbers, and which of them are left out (C1).

use std::collections::BTreeSet;

use axum::response::Response;
use domain::source::{Source, System};
use serde_json::json;

use crate::{
    api::{
        lists::{Choice, reading},
        problem::Problem,
        settings::calls,
    },
    dashboard::{failure::Failure, form::Posted, frame::Visit},
};

/// The numbers of an account.
pub struct Numbers {
    /// Each, with whether it is left out.
    pub listed: Vec<(Choice, bool)>,
    /// Why they could not be read.
    pub unread: String,
}

impl Numbers {
    /// Reads them from Aircall.
    pub async fn read(visit: &Visit) -> Result<Self, Problem> {
        let left_out = calls::current(&visit.app, &visit.scope).await?.exclude_numbers;
        let (listed, unread) = match reading::numbers(&visit.app, visit.scope.ws()).await? {
            Ok(listed) => (listed, String::new()),
            Err(unread) => (Vec::new(), unread.reason),
        };
        let listed = listed.into_iter().map(|number| {
            let is_left_out = left_out.contains(&number.id.0);
            (number, is_left_out)
        });
        Ok(Self { listed: listed.collect(), unread })
    }
}

/// Sets which numbers are left out: of those that the form showed, the ones that are ticked. Others stay as they are.
pub async fn set(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let System::Source(Source::Aircall) = visit.scope.system()? else { return Err(Failure::no_page()) };
    let mut left_out: BTreeSet<String> =
        calls::current(&visit.app, &visit.scope).await?.exclude_numbers.into_iter().collect();
    for shown in posted.all("shown") {
        left_out.remove(shown);
    }
    left_out.extend(posted.all("left_out").map(str::to_owned));
    calls::set(&visit.app, &visit.scope, json!({ "exclude_numbers": left_out }).into()).await?;
    Ok(visit.done("integrations/aircall", "Saved. It holds for calls from now on."))
}
