//! The small pages that end a grant: what happened, and what to do. All text is escaped.

use axum::http::StatusCode;
use connectors::hubspot::Denied;
use html_escape::encode_text;

use crate::api::problem::Problem;

/// A page.
pub struct Page {
    /// The HTTP status.
    pub status: StatusCode,
    title: &'static str,
    text: String,
}

const AGAIN: &str = "Go back to Patchbay and choose “Grant HubSpot access” again.";
const TITLE_OF_FAILURE: &str = "HubSpot is not connected";

impl Page {
    /// It worked.
    pub fn connected() -> Self {
        let text =
            "Calls and bookings are written from now on, and so is what waited. You can close this page.";
        Self { status: StatusCode::OK, title: "HubSpot is connected", text: text.to_owned() }
    }

    fn failed(status: StatusCode, text: String) -> Self {
        Self { status, title: TITLE_OF_FAILURE, text }
    }

    /// The state is unknown, used, too old, or another browser's.
    pub fn stale() -> Self {
        let text = format!(
            "This link was used before, is older than ten minutes, or was opened in another browser than the one that \
             asked for it. {AGAIN}"
        );
        Self::failed(StatusCode::BAD_REQUEST, text)
    }

    /// HubSpot sent the browser back without a code.
    pub fn not_granted(error: Option<&str>) -> Self {
        const CHARS_MAX: usize = 40;
        let text = match error {
            Some("access_denied") | None => format!("Access was not granted. {AGAIN}"),
            Some(error) => {
                let error: String = error.chars().take(CHARS_MAX).collect();
                format!("HubSpot did not grant access ({error}). {AGAIN}")
            }
        };
        Self::failed(StatusCode::BAD_REQUEST, text)
    }

    /// HubSpot gave no token for the code.
    pub fn denied(denied: &Denied) -> Self {
        match denied {
            Denied::Revoked { .. } => Self::failed(
                StatusCode::BAD_REQUEST,
                format!("HubSpot's answer has been used before or has expired. {AGAIN}"),
            ),
            Denied::Ours { .. } => Self::failed(
                StatusCode::BAD_GATEWAY,
                format!(
                    "{denied} Whoever runs this installation has to look at PATCHBAY_HUBSPOT_CLIENT_ID, \
                     PATCHBAY_HUBSPOT_CLIENT_SECRET and PATCHBAY_PUBLIC_URL. Nothing was changed."
                ),
            ),
            Denied::Passing { .. } => Self::failed(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{denied} Nothing was changed. {AGAIN}"),
            ),
        }
    }

    /// HubSpot gave a token that cannot be renewed.
    pub fn without_refresh() -> Self {
        let text = format!("HubSpot gave access that ends within the hour. Nothing was changed. {AGAIN}");
        Self::failed(StatusCode::BAD_GATEWAY, text)
    }

    /// It could not be connected.
    pub fn problem(problem: &Problem) -> Self {
        Self::failed(problem.status(), format!("{} Nothing was changed. {AGAIN}", problem.detail()))
    }

    /// The page in words.
    pub fn words(&self) -> String {
        if self.status.is_success() { format!("{}.", self.title) } else { self.text.clone() }
    }

    /// The page as HTML.
    pub fn html(&self) -> String {
        let (title, text) = (encode_text(self.title), encode_text(&self.text));
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title} · Patchbay</title></head>\
             <body><main><h1>{title}</h1><p>{text}</p></main></body></html>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_escaped_and_cut() {
        let html = Page::not_granted(Some(&format!("<script>alert(1)</script>{}", "x".repeat(500)))).html();
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;") && html.len() < 700, "{html}");
    }
}
