//! The pages of an address: its state, what can be done to it, its latest requests. All outside text is escaped.

pub mod form;
mod html;
mod table;

use std::fmt::Write;

use serde_json::{Value, json};

pub use self::form::{Form, hidden};
pub use self::html::Html;
pub use self::table::Section;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::hold;
use crate::diary::Entry;
use crate::origin::{Origin, Provider};

const REQUESTS_SHOWN: usize = 50;
const STYLE: &str = include_str!("page/style.css");

/// A page of a provider: its heading and its sections.
pub struct Page {
    pub title: String,
    pub sections: Vec<Section>,
}

/// The page that a request asks for; none if it asks for something else.
pub fn of<P: Provider>(origin: &Origin<P>, asked: &Asked) -> Option<Answer> {
    if asked.method != "GET" {
        return None;
    }
    let name = origin.provider.name();
    let page = origin.provider.page(asked)?;
    let mut body = format!("<h1>{}</h1>", Html::text(&page.title).0);
    if asked.path == "/" {
        body.push_str(
            "<p>A stand-in with invented data, kept in memory. Reload the page to see what is new.</p>",
        );
    }
    let faults = hold(&origin.faults).json();
    for notice in troubles(&faults) {
        let _ = write!(body, "<div class=\"notice\" role=\"status\">{}</div>", Html::text(notice).0);
    }
    for section in page.sections {
        body.push_str(&section.html().0);
    }
    if asked.path == "/" {
        body.push_str(&breaking(name).html().0);
        body.push_str(&requests(&hold(&origin.diary).newest(REQUESTS_SHOWN)).html().0);
    }
    Some(Answer::html(framed(&page.title, &navigation(origin), &body)))
}

/// A page around a body that is HTML already.
pub fn whole(title: &str, body: &str) -> String {
    framed(title, "", body)
}

fn framed(title: &str, navigation: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title><link rel=\"icon\" href=\"data:,\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head>\
         <body>{navigation}<main>{body}</main></body></html>",
        Html::text(title).0
    )
}

/// Links between the addresses of one sandbox.
fn navigation<P: Provider>(origin: &Origin<P>) -> String {
    let mut links = String::new();
    for (name, url) in origin.neighbours.get().into_iter().flatten() {
        let here = if *name == origin.provider.name() { " aria-current=\"page\"" } else { "" };
        let _ = write!(links, "<a href=\"{}\"{here}>{name}</a>", html::attribute(url));
    }
    format!("<header><nav aria-label=\"Sandbox\">{links}</nav></header>")
}

/// What is wrong with the address now, in words.
fn troubles(faults: &Value) -> Vec<String> {
    let standing = faults["items"].as_array().into_iter().flatten();
    let mut troubles: Vec<String> = standing
        .filter(|fault| fault["times"] != 0)
        .map(|fault| {
            let what = match (fault["kind"].as_str().unwrap_or_default(), fault["status"].as_u64()) {
                ("status", Some(429)) => "answers that too much is asked (429)".to_owned(),
                ("status", Some(status)) => format!("answers with an error ({status})"),
                ("answer_lost_after", _) => "does what is asked, but its answers are lost".to_owned(),
                ("timeout_before", _) => "takes requests and does not answer".to_owned(),
                ("reset", _) => "hangs up on each request".to_owned(),
                _ => "answers late".to_owned(),
            };
            let times = fault["times"].as_u64();
            let left = times.map_or_else(|| "until it is mended".to_owned(), |n| format!("{n} more times"));
            format!("Broken: it {what}, {left}.")
        })
        .collect();
    if let Some(ms) = faults["latency_ms"].as_u64().filter(|ms| *ms > 0) {
        troubles.push(format!("Slow: each answer takes {ms} ms longer."));
    }
    troubles
}

fn breaking(name: &str) -> Section {
    let down = json!({"kind": "status", "status": 503, "body": {"message": "down for maintenance"}});
    let busy = json!({
        "kind": "status", "status": 429, "times": 5,
        "body": {
            "status": "error", "message": "You have reached your ten_secondly_rolling limit.",
            "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING",
        },
    });
    let fault =
        |members: Value, label: &str| Form::new("/", "POST /faults").with(&members).button(label, "bad");
    Section::new(format!("Break {name}"), &[], Vec::new())
        .with(fault(down, "Take it down"))
        .with(fault(busy, "Refuse the next 5 (429)"))
        .with(fault(json!({"kind": "answer_lost_after", "times": 1}), "Lose the next answer"))
        .with(fault(json!({"kind": "reset", "times": 3}), "Hang up 3 times"))
        .with(Form::new("/", "POST /latency").with(&json!({"ms": 2000})).button("Slow down by 2 s", "bad"))
        .with(Form::new("/", "POST /mend").button("Mend", "main"))
}

fn requests(entries: &[Entry]) -> Section {
    let rows = entries.iter().map(|entry| {
        let status = match (entry.status, entry.fault) {
            (Some(status), None) => status.to_string(),
            (Some(status), Some(fault)) => format!("{status} ({fault})"),
            (None, fault) => fault.unwrap_or("no answer").to_owned(),
        };
        let is_bad = entry.status.is_none_or(|status| status >= 400);
        let query = if entry.query.is_empty() { String::new() } else { format!("?{}", entry.query) };
        let status = Html::text(status);
        vec![
            Html::text(entry.n.to_string()),
            Html::time(&entry.at),
            Html::code(format!("{} {}{query}", entry.method, entry.path)),
            if is_bad { Html(format!("<span class=\"bad\">{}</span>", status.0)) } else { status },
        ]
    });
    Section::new("Recent requests", &["#", "At", "Request", "Status"], rows.collect())
}
