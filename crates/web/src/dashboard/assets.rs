//! The files that pages load: inside the binary, under addresses that change with what they hold.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// Where they are, as a route.
pub const ROUTE: &str = "/assets/{name}";

/// A file: its name, its type, and what it holds.
struct Asset(&'static str, &'static str, &'static [u8]);

const JS: &str = "text/javascript; charset=utf-8";

static FILES: [Asset; 5] = [
    Asset("style.css", "text/css; charset=utf-8", include_bytes!("../../assets/style.css")),
    // 2.0.11 as published on npm (0BSD).
    Asset("htmx.js", JS, include_bytes!("../../assets/htmx.min.js")),
    Asset("page.js", JS, include_bytes!("../../assets/page.js")),
    Asset("activity.js", JS, include_bytes!("../../assets/activity.js")),
    Asset("icon.svg", "image/svg+xml", include_bytes!("../../assets/icon.svg")),
];

/// The beginning of the SHA-256 of what a file holds.
fn version(asset: &Asset) -> String {
    hex::encode(&Sha256::digest(asset.2)[..6])
}

/// The address of a file.
pub fn address(name: &str) -> String {
    let known = FILES.iter().find(|asset| asset.0 == name);
    known.map_or_else(String::new, |asset| format!("/assets/{}-{name}", version(asset)))
}

/// Shows a file. Browsers may keep it for good: another content has another address.
pub async fn show(Path(name): Path<String>) -> Response {
    let wanted = name.split_once('-');
    let known = wanted.and_then(|(hash, name)| {
        FILES.iter().find(|asset| asset.0 == name).filter(|asset| version(asset) == hash)
    });
    match known {
        Some(Asset(_, kind, bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, *kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, *bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
