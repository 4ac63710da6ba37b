//! Who is let in, and which posts are believed to come from our own pages.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use store::Role;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::{
    failure::Failure,
    flash::Flash,
    form::Posted,
    frame::HTML,
    session::{self, SignedIn},
};
use crate::{
    api::{auth::Caller, problem::Problem},
    app::{App, Shared},
};

/// No form of ours is larger.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// The field, and for htmx the header, that a form's token is in.
pub const TOKEN_FIELD: &str = "csrf";
const TOKEN_HEADER: &str = "x-csrf-token";

/// The header by which htmx tells its requests from those of forms and links.
pub const HTMX: HeaderName = HeaderName::from_static("hx-request");

/// Lets through who has signed in; a form only with its session's token, and within a workspace only an admin's.
pub async fn admit(State(app): State<Shared>, request: Request, next: Next) -> Result<Response, Failure> {
    let Some(me) = session::signed_in(&app, request.headers()).await? else {
        return Ok(to_sign_in(&request));
    };
    let mut request = request;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        if !comes_from_us(&app, request.headers()) {
            return Err(Failure::forged());
        }
        request = take_form(request, &me).await?;
        if me.user.role == Role::Viewer && request.uri().path().starts_with("/w/") {
            return Err(Failure::forbidden());
        }
    }
    let caller = Caller { who: me.user.email.clone(), role: me.user.role, workspace: me.user.workspace };
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(me);
    Ok(next.run(request).await)
}

/// Refuses posts of other sites to the pages that need no session.
pub async fn same_origin(
    State(app): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(next.run(request).await);
    }
    if !comes_from_us(&app, request.headers()) {
        return Err(Failure::forged());
    }
    let (parts, body) = request.into_parts();
    let posted = read(body).await?;
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(posted);
    Ok(next.run(request).await)
}

/// Sets the headers that each page carries for safety's sake.
pub async fn headers(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let is_part = request.headers().contains_key(HTMX);
    let was_told = Flash::brought(&app, request.headers()).is_some();
    let mut response = next.run(request).await;
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == HTML);
    if is_page && was_told && !is_part {
        Flash::forget(&app, &mut response);
    }
    let headers = response.headers_mut();
    // A form that is redirected to HubSpot's page counts as sent there.
    let elsewhere = app.web.oauth.as_ref().map_or_else(String::new, |oauth| {
        format!(" {}", oauth.authorize_origin().origin().ascii_serialization())
    });
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'{elsewhere}; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // With "no-referrer" a browser would hide the origin of our own forms from us, too.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
    response
}

/// Asks to sign in, and to come back here afterwards if this was a page.
fn to_sign_in(request: &Request) -> Response {
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str());
    let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    if request.headers().contains_key(HTMX) {
        // A part of a page: the page as a whole has to go.
        return (StatusCode::UNAUTHORIZED, [(HeaderName::from_static("hx-refresh"), "true")]).into_response();
    }
    match *request.method() {
        Method::GET | Method::HEAD => Redirect::to(&format!("/sign-in?next={next}")).into_response(),
        _ => Redirect::to("/sign-in").into_response(),
    }
}

/// Whether a post comes from one of our own pages, by what the browser says of it.
///
/// A client that says neither is no browser of these years; the form's token is asked for all the same.
fn comes_from_us(app: &App, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let is_public = origin == app.web.settings.public_url.origin().ascii_serialization();
    let host = origin.split_once("://").map(|(_, host)| host);
    is_public || (host.is_some() && host == text(header::HOST))
}

/// Reads the form, and checks that it carries the session's token.
async fn take_form(request: Request, me: &SignedIn) -> Result<Request, Failure> {
    let (parts, body) = request.into_parts();
    let posted = read(body).await?;
    let header = parts.headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
    let token = header.unwrap_or_else(|| posted.text(TOKEN_FIELD));
    if !bool::from(token.as_bytes().ct_eq(me.csrf.as_bytes())) {
        return Err(Failure::forged());
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(posted);
    Ok(request)
}

async fn read(body: Body) -> Result<Posted, Problem> {
    let bytes = to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| Problem::too_large())?;
    Ok(Posted::read(&bytes))
}
