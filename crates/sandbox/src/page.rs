//! The page an address shows at `/`: its state and its latest requests. All outside text is escaped.

use std::fmt::Write;

use html_escape::{encode_double_quoted_attribute, encode_text};

use crate::answer::Answer;
use crate::clock::hold;
use crate::diary::Entry;
use crate::origin::{Origin, Provider};

const REQUESTS_SHOWN: usize = 50;
const ROWS_SHOWN: usize = 100;

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#dde2e8;--paper:#fbfbf9;--card:#fff;--mark:#0b6e5f;--bad:#a32020}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b3;--line:#2c343f;--paper:#12161c;--card:#191f27;--mark:#5cc9b5;--bad:#ff8f85}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1100px;margin:0 auto;padding:24px 16px 64px}h1{font-size:22px;margin:0}h2{font-size:16px;margin:32px 0 8px}
p{color:var(--soft);margin:4px 0}.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;min-width:44rem;font-size:14px}th,td{text-align:left;padding:7px 12px;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
thead th{border-top:0;color:var(--soft);font-weight:500;white-space:nowrap}td{min-width:6em;max-width:32em}
code{font:13px ui-monospace,monospace}.bad{color:var(--bad)}.empty{padding:12px}a,button{color:var(--mark)}button{font:inherit;padding:8px 16px}
";

/// One table of the page. Cells are plain text.
pub struct Section {
    pub title: String,
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
}

impl Section {
    pub fn new(title: impl Into<String>, columns: &'static [&'static str], rows: Vec<Vec<String>>) -> Self {
        Self { title: title.into(), columns, rows }
    }

    fn html(&self, out: &mut String) {
        let _ = write!(out, "<h2>{} <small>({})</small></h2>", encode_text(&self.title), self.rows.len());
        if self.rows.is_empty() {
            out.push_str("<div class=\"scroll\"><p class=\"empty\">Nothing yet.</p></div>");
            return;
        }
        out.push_str("<div class=\"scroll\"><table><thead><tr>");
        for column in self.columns {
            let _ = write!(out, "<th scope=\"col\">{}</th>", encode_text(column));
        }
        out.push_str("</tr></thead><tbody>");
        for row in self.rows.iter().take(ROWS_SHOWN) {
            out.push_str("<tr>");
            for cell in row {
                let _ = write!(out, "<td>{}</td>", encode_text(cell));
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div>");
    }
}

pub fn of<P: Provider>(origin: &Origin<P>) -> Answer {
    let name = origin.provider.name();
    let mut body = format!("<h1>{name} sandbox</h1><p>A stand-in with invented data. Reload to refresh.</p>");
    for section in origin.provider.sections() {
        section.html(&mut body);
    }
    requests(&hold(&origin.diary).newest(REQUESTS_SHOWN), &mut body);
    Answer::html(whole(&format!("{name} sandbox"), &body))
}

/// A page around a body that is HTML already.
pub fn whole(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>",
        encode_text(title)
    )
}

/// A hidden form field.
pub fn hidden(name: &str, value: &str) -> String {
    format!(
        "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
        encode_double_quoted_attribute(name),
        encode_double_quoted_attribute(value)
    )
}

fn requests(entries: &[Entry], out: &mut String) {
    let _ = write!(out, "<h2>Recent requests <small>({})</small></h2>", entries.len());
    if entries.is_empty() {
        out.push_str("<div class=\"scroll\"><p class=\"empty\">Nothing yet.</p></div>");
        return;
    }
    out.push_str("<div class=\"scroll\"><table><thead><tr>");
    out.push_str("<th scope=\"col\">#</th><th scope=\"col\">At</th><th scope=\"col\">Request</th>");
    out.push_str("<th scope=\"col\">Status</th></tr></thead><tbody>");
    for entry in entries {
        let status = match (entry.status, entry.fault) {
            (Some(status), None) => status.to_string(),
            (Some(status), Some(fault)) => format!("{status} ({fault})"),
            (None, fault) => fault.unwrap_or("no answer").to_owned(),
        };
        let class = if entry.status.is_none_or(|status| status >= 400) { " class=\"bad\"" } else { "" };
        let query = if entry.query.is_empty() { String::new() } else { format!("?{}", entry.query) };
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td><code>{} {}{}</code></td><td{class}>{}</td></tr>",
            entry.n,
            encode_text(&entry.at),
            encode_text(&entry.method),
            encode_text(&entry.path),
            encode_text(&query),
            encode_text(&status),
        );
    }
    out.push_str("</tbody></table></div>");
}
