//! The audit as a file: CSV for spreadsheets, JSON for programs.

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use store::Audit;

use super::{Question, words::Words};
use crate::{
    api::{audit::AuditView, page::Asked},
    dashboard::{failure::Failure, frame::Visit},
};

/// A file holds no more entries: the newest of those that were asked for.
const ENTRIES_MAX: usize = 100_000;
/// So many are read at once.
const CHUNK: usize = 1_000;

/// Columns of the CSV.
const HEAD: &str = "at,who,what,in words,detail\r\n";

/// The changes that are asked for, newest first.
async fn entries(visit: &Visit, asked: &Asked) -> Result<Vec<Audit>, Failure> {
    let question = Question::read(asked);
    let mut entries = Vec::new();
    let mut cursor = None;
    loop {
        let filter = question.filter(&visit.frame, CHUNK, cursor)?;
        let page = visit.app.web.store.audits(visit.scope.ws(), filter).await?;
        entries.extend(page.items);
        cursor = page.next;
        if cursor.is_none() || entries.len() >= ENTRIES_MAX {
            return Ok(entries);
        }
    }
}

/// The changes as a table for spreadsheets.
pub async fn csv(visit: Visit, asked: Asked) -> Result<Response, Failure> {
    let words = Words::read(&visit).await?;
    let mut text = HEAD.to_owned();
    for audit in entries(&visit, &asked).await? {
        let row = [
            audit.at.to_string(),
            audit.who.clone(),
            audit.what.clone(),
            words.of(&audit),
            audit.detail.to_string(),
        ];
        text.push_str(&row.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    Ok(file("text/csv; charset=utf-8", "audit.csv", text.into_response()))
}

/// The changes as the API lists them, without their pages.
pub async fn json(visit: Visit, asked: Asked) -> Result<Response, Failure> {
    let items: Vec<AuditView> = entries(&visit, &asked).await?.into_iter().map(AuditView::from).collect();
    Ok(file("application/json", "audit.json", Json(json!({ "items": items })).into_response()))
}

fn file(kind: &'static str, name: &str, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A cell: quoted (RFC 4180), and no formula: spreadsheets would carry out what begins like one
/// (OWASP, CSV Injection).
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_and_no_formula() {
        assert_eq!(quoted("say \"hi\", both"), "\"say \"\"hi\"\", both\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(quoted(formula), format!("\"'{formula}\""));
        }
    }
}
