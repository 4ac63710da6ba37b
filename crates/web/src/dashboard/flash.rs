//! A word about what was just done, shown on the next page and gone after it.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    app::{App, Shared},
    cookie,
};

/// A cookie holds about 4 KiB.
const CHARS_MAX: usize = 600;

/// Long enough to be redirected.
const SECONDS: i64 = 60;

const WORD: &str = "said";

/// A word about what was just done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// Whether it went wrong.
    pub is_wrong: bool,
    /// In plain words.
    pub text: String,
}

impl Flash {
    /// It was done.
    pub fn done(text: impl Into<String>) -> Self {
        Self { is_wrong: false, text: text.into() }
    }

    /// It was not done.
    pub fn wrong(text: impl Into<String>) -> Self {
        Self { is_wrong: true, text: text.into() }
    }

    /// What the browser brings along from the page before. Anybody who can set its cookies can write there: it is
    /// text, and shown as text.
    pub fn brought(app: &App, headers: &HeaderMap) -> Option<Self> {
        let value = cookie::find(headers, &cookie::name(app, WORD))?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
        let (kind, text) = text.split_once(' ')?;
        Some(Self { is_wrong: kind == "wrong", text: text.to_owned() })
    }

    /// Goes on to a page and says this there.
    pub fn on(self, app: &Shared, path: &str) -> Response {
        let kind = if self.is_wrong { "wrong" } else { "done" };
        let text: String = self.text.chars().take(CHARS_MAX).collect();
        let value = URL_SAFE_NO_PAD.encode(format!("{kind} {text}"));
        let mut response = Redirect::to(path).into_response();
        if let Some(cookie) = cookie::set(app, &cookie::name(app, WORD), &value, "/", SECONDS) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Has the browser forget what it brought along.
    pub fn forget(app: &App, response: &mut Response) {
        if let Some(cookie) = cookie::set(app, &cookie::name(app, WORD), "", "/", 0) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}
