//! Answers that a caller may keep and ask about again.

use axum::response::{IntoResponse, Response};
use contracts::CompanyId;
use http::{HeaderMap, StatusCode, header};
use platform::http::Problem;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// JSON with an entity tag that is the company's own, or 304 if the caller has it already.
pub(super) fn tagged<T: Serialize>(
    headers: &HeaderMap,
    company: CompanyId,
    body: &T,
) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    let mut hash = Sha256::new();
    hash.update(company.uuid().as_bytes());
    hash.update(&bytes);
    let tag = format!("\"{}\"", hex::encode(&hash.finalize()[..16]));
    let cache = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    if has_already(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, cache).into_response());
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((cache, json, bytes).into_response())
}

/// Whether `If-None-Match` names the tag, by the weak comparison of RFC 9110, 13.1.2.
fn has_already(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
