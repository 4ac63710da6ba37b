//! The headers that each answer carries for safety's sake.

use axum::http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

/// No guessing of content types.
pub fn no_sniff() -> SetResponseHeaderLayer<HeaderValue> {
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

/// No address of ours, which may hold a hook key, is told to others.
pub fn no_referrer() -> SetResponseHeaderLayer<HeaderValue> {
    set(header::REFERRER_POLICY, "no-referrer")
}

/// Nothing of the API is kept by a cache.
pub fn no_store() -> SetResponseHeaderLayer<HeaderValue> {
    set(header::CACHE_CONTROL, "no-store")
}

/// An answer of the API is no page: nothing in it may load, run or be framed.
pub fn no_page() -> SetResponseHeaderLayer<HeaderValue> {
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")
}

fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
