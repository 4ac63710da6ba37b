//! Addresses: which browser is asking, and where one may be sent on to.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

/// Longer than this, an address to go on to is none of ours.
const NEXT_CHARS_MAX: usize = 1_000;

/// Where a request comes from, as far as that can be told.
pub struct Peer(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    /// The far end of the connection; if that is on this machine or in its own network, it is taken for the operator's
    /// reverse proxy, and the last address that it added for the browser.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let forwarded = || {
            let header = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            header.rsplit(',').next()?.trim().parse().ok()
        };
        Ok(Self(match peer {
            Some(peer) if !is_near(peer) => Some(peer),
            near => forwarded().or(near),
        }))
    }
}

fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// The address that a form wants to go on to, if it is a path on this server.
pub fn local(next: &str) -> Option<&str> {
    // Browsers take "//host" and "/\host" for another server, and drop tabs and line ends before they look.
    let is_path = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_path && is_plain && next.len() <= NEXT_CHARS_MAX).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_gone_on_to() {
        assert_eq!(local("/w/default/calls?x=1"), Some("/w/default/calls?x=1"));
        for evil in
            ["", "w", "https://evil", "//evil", "/\\evil", "/\t/evil", "\\/evil", "/a\\b", "/a b", "/é"]
        {
            assert_eq!(local(evil), None, "{evil:?}");
        }
    }
}
