//! A section of a page: a heading, forms, a table.

use std::fmt::Write;

use super::html::Html;

const ROWS_SHOWN: usize = 100;

pub struct Section {
    title: String,
    tools: Vec<Html>,
    columns: &'static [&'static str],
    rows: Vec<Vec<Html>>,
}

impl Section {
    pub fn new(title: impl Into<String>, columns: &'static [&'static str], rows: Vec<Vec<Html>>) -> Self {
        Self { title: title.into(), tools: Vec::new(), columns, rows }
    }

    /// Puts a form or a note between heading and table.
    #[must_use]
    pub fn with(mut self, tool: Html) -> Self {
        self.tools.push(tool);
        self
    }

    pub fn html(&self) -> Html {
        let mut out = String::from("<section><h2>");
        out.push_str(&Html::text(&self.title).0);
        if !self.columns.is_empty() {
            let _ = write!(out, " <small>{}</small>", self.rows.len());
        }
        out.push_str("</h2>");
        if !self.tools.is_empty() {
            let tools: String = self.tools.iter().map(|tool| tool.0.as_str()).collect();
            let _ = write!(out, "<div class=\"tools\">{tools}</div>");
        }
        match (self.columns.is_empty(), self.rows.is_empty()) {
            (true, _) => {}
            (false, true) => out.push_str("<p class=\"empty\">Nothing yet.</p>"),
            (false, false) => self.table(&mut out),
        }
        out.push_str("</section>");
        Html(out)
    }

    fn table(&self, out: &mut String) {
        // It can be scrolled sideways, also by keyboard.
        let name = super::html::attribute(&self.title);
        let _ = write!(
            out,
            "<div class=\"scroll\" role=\"region\" aria-label=\"{name}\" tabindex=\"0\"><table><thead><tr>"
        );
        for column in self.columns {
            let _ = write!(out, "<th scope=\"col\">{}</th>", Html::text(column).0);
        }
        out.push_str("</tr></thead><tbody>");
        for row in self.rows.iter().take(ROWS_SHOWN) {
            out.push_str("<tr>");
            for cell in row {
                let _ = write!(out, "<td>{}</td>", cell.0);
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div>");
        if self.rows.len() > ROWS_SHOWN {
            let _ = write!(out, "<p class=\"empty\">The newest {ROWS_SHOWN} are shown.</p>");
        }
    }
}
