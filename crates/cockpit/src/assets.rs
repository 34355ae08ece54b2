//! Style sheet, script and icon: part of the binary, addressed by their content.
//!
//! An address carries the first 16 hex digits of the content's SHA-256, so a
//! browser may keep what it has for a year and still sees every change at once.

use axum::{Router, extract::Path, response::IntoResponse, response::Response, routing::get};
use http::{StatusCode, header};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The style sheet's plain name.
pub const STYLE: &str = "attest.css";
/// The script's plain name.
pub const SCRIPT: &str = "attest.js";
/// The icon's plain name.
pub const ICON: &str = "attest.svg";

const A_YEAR: &str = "public, max-age=31536000, immutable";

/// The layers of the style sheet in the order in which they build on each other.
const STYLE_TEXT: &str = concat!(
    include_str!("../assets/css/tokens.css"),
    include_str!("../assets/css/base.css"),
    include_str!("../assets/css/frame.css"),
    include_str!("../assets/css/parts.css"),
    include_str!("../assets/css/pages.css"),
    include_str!("../assets/css/chart.css"),
    include_str!("../assets/css/modes.css"),
);

const FILES: [(&str, &str, &[u8]); 3] = [
    (STYLE, "text/css; charset=utf-8", STYLE_TEXT.as_bytes()),
    (
        SCRIPT,
        "text/javascript; charset=utf-8",
        include_bytes!("../assets/attest.js"),
    ),
    (
        ICON,
        "image/svg+xml",
        include_bytes!("../assets/attest.svg"),
    ),
];

struct Asset {
    plain_name: &'static str,
    address: String,
    media_type: &'static str,
    content: &'static [u8],
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|&(name, kind, content)| hashed(name, kind, content))
        .collect()
});

fn hashed(plain_name: &'static str, media_type: &'static str, content: &'static [u8]) -> Asset {
    let mut hash = hex::encode(Sha256::digest(content));
    hash.truncate(16);
    let (stem, extension) = plain_name.split_once('.').unwrap_or((plain_name, ""));
    Asset {
        plain_name,
        address: format!("/assets/{stem}.{hash}.{extension}"),
        media_type,
        content,
    }
}

/// The address of an asset by its plain name; empty for an unknown one.
#[must_use]
pub fn address(plain_name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.plain_name == plain_name)
        .map_or("", |asset| asset.address.as_str())
}

/// Every asset as `(address, content)`, for whoever writes the pages to disk.
pub fn all() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    ASSETS
        .iter()
        .map(|asset| (asset.address.as_str(), asset.content))
}

/// `GET /assets/{name}`: anyone may read them, they hold no data.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(get_asset))
}

async fn get_asset(Path(name): Path<String>) -> Response {
    let wanted = ASSETS
        .iter()
        .find(|asset| asset.address.strip_prefix("/assets/") == Some(&name));
    match wanted {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, A_YEAR),
            ];
            (headers, asset.content).into_response()
        }
        None => (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response(),
    }
}

#[cfg(test)]
mod tests;
