//! Cookies: ours among those that a browser sends, and how ours are set.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::app::App;

/// The value of a cookie.
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs =
        cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(own, value)| (own == name).then_some(value))
}

/// A cookie that scripts cannot read and other sites' forms do not bring along; with 0 seconds it is dropped.
///
/// `None`: the value is none that a header can hold.
pub fn set(app: &App, name: &str, value: &str, path: &str, seconds: i64) -> Option<HeaderValue> {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut cookie = HeaderValue::from_str(&cookie).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

/// A cookie's full name. Behind HTTPS the prefix has the browser hold it to this very host.
pub fn name(app: &App, word: &str) -> String {
    if is_secure(app) { format!("__Host-patchbay_{word}") } else { format!("patchbay_{word}") }
}

fn is_secure(app: &App) -> bool {
    app.web.settings.public_url.scheme() == "https"
}
