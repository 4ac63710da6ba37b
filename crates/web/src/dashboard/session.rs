//! Sessions: the cookie of a browser that signed in, and what is known by it.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use store::{Lives, Session, User};

use crate::{
    api::problem::Problem,
    app::{App, digest},
    cookie,
};

/// A browser that is not used for so long is signed out.
const IDLE: SignedDuration = SignedDuration::from_hours(12);
/// So is one that signed in so long ago.
const WHOLE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Its last use is noted no more often than this.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

const WORD: &str = "session";

/// Who has signed in, and in which session.
#[derive(Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// SHA-256 of the session's token.
    pub hash: [u8; 32],
    /// What each form of this session carries.
    pub csrf: String,
}

/// How long sessions are good, as of now.
pub fn lives(app: &App) -> Lives {
    let now = app.now();
    Lives { made_after: now - WHOLE, seen_after: now - IDLE }
}

/// Who has signed in with this browser.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>, Problem> {
    let Some(token) = cookie::find(headers, &cookie::name(app, WORD)) else { return Ok(None) };
    let hash = digest(token);
    let Some((session, user)) = app.web.store.session(hash, lives(app)).await? else { return Ok(None) };
    if app.now().duration_since(session.seen_at) >= NOTED_EVERY {
        app.web.store.see_session(hash, app.now()).await?;
    }
    // Follows from the token, and tells nothing of it.
    let csrf = URL_SAFE_NO_PAD.encode(digest(&format!("form of {token}")));
    Ok(Some(SignedIn { user, hash, csrf }))
}

/// SHA-256 of the session's token, which binds a grant to it; whether it is still good is not looked at.
pub fn bound(app: &App, headers: &HeaderMap) -> Option<[u8; 32]> {
    cookie::find(headers, &cookie::name(app, WORD)).map(digest)
}

/// Begins a session under a new token, whatever the browser brought along; returns its cookie.
pub async fn begin(app: &App, user: &User, headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    let token = app.new_key();
    let now = app.now();
    let session =
        Session { hash: digest(&token), user: user.id, agent: agent(headers), created_at: now, seen_at: now };
    app.web.store.add_session(session, bound(app, headers), lives(app)).await?;
    cookie::set(app, &cookie::name(app, WORD), &token, "/", WHOLE.as_secs()).ok_or_else(Problem::internal)
}

/// The cookie that ends a session in the browser.
pub fn ended(app: &App) -> Option<HeaderValue> {
    cookie::set(app, &cookie::name(app, WORD), "", "/", 0)
}

/// A browser in a few words: people know their own by them.
fn agent(headers: &HeaderMap) -> String {
    const BROWSERS: [(&str, &str); 5] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const MACHINES: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ];
    let text = headers.get(header::USER_AGENT).and_then(|text| text.to_str().ok()).unwrap_or_default();
    let word = |words: &[(&str, &'static str)]| {
        words.iter().find(|(mark, _)| text.contains(mark)).map(|(_, word)| *word)
    };
    match (word(&BROWSERS), word(&MACHINES)) {
        (Some(browser), Some(machine)) => format!("{browser} on {machine}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(machine)) => machine.to_owned(),
        (None, None) => "another program".to_owned(),
    }
}
