//! The id of each request, by which its log lines, audit entries and events are
//! found together.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Request extension: the id of this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// Request extension: the id shared by all that follows from one beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorrelationId(pub Uuid);

/// Middleware: takes a caller's ids if they are UUIDs, else makes one; the
/// request's id goes back with the answer.
pub(super) async fn assign(mut request: Request, next: Next) -> Response {
    let id = given(request.headers(), &REQUEST_ID).unwrap_or_else(Uuid::now_v7);
    let correlation = given(request.headers(), &CORRELATION_ID).unwrap_or(id);
    request.extensions_mut().insert(RequestId(id));
    request.extensions_mut().insert(CorrelationId(correlation));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// A header that is there once and holds a hyphenated UUID: nothing else from
/// outside is let into the log.
fn given(headers: &HeaderMap, name: &HeaderName) -> Option<Uuid> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() || value.len() != uuid::fmt::Hyphenated::LENGTH {
        return None;
    }
    Uuid::try_parse(value).ok().filter(|id| !id.is_nil())
}
