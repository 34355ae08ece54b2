//! The last word on failed requests: one form for all, logged once.

use std::fmt;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use super::EdgeOptions;
use super::error_kind::ErrorKind;
use super::problem::{FieldError, PROBLEM_JSON, Problem};
use super::request_id::RequestId;

/// Bytes of a plain-text error that are kept as a problem's detail.
const DETAIL_BYTES: usize = 2 * 1024;

/// What an error page shows.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPage<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The problem's stable code.
    pub code: &'static str,
    /// The problem in a few words. Text, not HTML.
    pub title: &'a str,
    /// What happened this time. Text, not HTML.
    pub detail: Option<&'a str>,
    /// The parts of the request that are wrong.
    pub errors: &'a [FieldError],
    /// The id to quote to the operator.
    pub request_id: Option<Uuid>,
    /// The reader's languages, as the browser sent them.
    pub accept_language: Option<&'a str>,
}

/// Makes the HTML document for a failed request of a browser.
#[derive(Clone)]
pub struct ErrorPageRenderer(Arc<dyn Fn(&ErrorPage<'_>) -> String + Send + Sync>);

impl ErrorPageRenderer {
    /// A renderer from a function that escapes what it is given.
    pub fn new(render: impl Fn(&ErrorPage<'_>) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }
}

impl fmt::Debug for ErrorPageRenderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorPageRenderer")
    }
}

/// Response extension: the code of the problem that was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProblemCode(pub(super) &'static str);

/// Middleware: gives every failed answer its final form.
///
/// Problems get the request's id, or become a page for a browser; the bare and
/// plain-text answers of the framework become problems; what a handler rendered
/// itself stays as it is.
pub(super) async fn render(
    State(options): State<Arc<EdgeOptions>>,
    request: Request,
    next: Next,
) -> Response {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0);
    let page = options
        .error_page
        .as_ref()
        .filter(|_| prefers_html(request.headers()))
        .cloned();
    let language = request.headers().get(ACCEPT_LANGUAGE).cloned();
    let response = next.run(request).await;
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let (problem, headers) = match problem_of(response).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    log(&problem, request_id);
    let language = language.as_ref().and_then(|value| value.to_str().ok());
    let mut response = problem.head();
    let (content_type, body) = if let Some(ErrorPageRenderer(render)) = page {
        (
            "text/html; charset=utf-8",
            render(&page_of(&problem, request_id, language)),
        )
    } else {
        let json = serde_json::to_string(&problem.document(request_id));
        (PROBLEM_JSON, json.unwrap_or_default())
    };
    response.headers_mut().extend(headers);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
        .extensions_mut()
        .insert(ProblemCode(problem.code()));
    *response.body_mut() = Body::from(body);
    response
}

fn page_of<'a>(
    problem: &'a Problem,
    request_id: Option<Uuid>,
    accept_language: Option<&'a str>,
) -> ErrorPage<'a> {
    ErrorPage {
        status: problem.status(),
        code: problem.code(),
        title: problem.title_text(),
        detail: problem.detail_text(),
        errors: problem.field_errors(),
        request_id,
        accept_language,
    }
}

/// The problem in a failed answer and the headers to keep beside it, or the
/// answer itself when a handler chose its own representation.
async fn problem_of(response: Response) -> Result<(Problem, HeaderMap), Box<Response>> {
    let (mut parts, body) = response.into_parts();
    let found = parts.extensions.remove::<Problem>();
    let kind = parts
        .headers
        .get(CONTENT_TYPE)
        .map(|value| value.as_bytes().to_vec());
    let plain = kind
        .as_ref()
        .is_none_or(|kind| kind.starts_with(b"text/plain"));
    if found.is_none() && !plain {
        return Err(Box::new(Response::from_parts(parts, body)));
    }
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.remove(CONTENT_TYPE);
    let problem = match found {
        Some(problem) => problem,
        None => framework_problem(parts.status, body).await,
    };
    Ok((problem, parts.headers))
}

/// A problem for an answer that the framework made: an unknown path, a method
/// that is not offered, a body that could not be read.
async fn framework_problem(status: StatusCode, body: Body) -> Problem {
    let code = match status {
        StatusCode::BAD_REQUEST => "bad_request",
        StatusCode::NOT_FOUND => return Problem::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::UNPROCESSABLE_ENTITY => "unprocessable",
        status if status.is_server_error() => return Problem::new(ErrorKind::Internal, "internal"),
        _ => "request_failed",
    };
    let problem = Problem::with_status(status, code);
    let text = to_bytes(body, DETAIL_BYTES).await.unwrap_or_default();
    match str::from_utf8(&text) {
        Ok(text) if !text.is_empty() => problem.detail(text.to_owned()),
        _ => problem,
    }
}

/// Faults of ours are logged here and nowhere else.
fn log(problem: &Problem, request_id: Option<Uuid>) {
    if !problem.status().is_server_error() {
        return;
    }
    let request_id = request_id.map(tracing::field::display);
    let cause = problem.cause();
    let status = problem.status().as_u16();
    tracing::error!(
        request_id,
        status,
        code = problem.code(),
        cause,
        "request failed"
    );
}

/// Whether a client would rather read HTML than JSON.
fn prefers_html(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()) else {
        return false;
    };
    let (mut html, mut json) = (0.0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let quality = parts
            .find_map(|parameter| parameter.strip_prefix("q="))
            .map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        match media {
            "text/html" | "application/xhtml+xml" => html = f32::max(html, quality),
            "application/json" | PROBLEM_JSON => json = f32::max(json, quality),
            _ => {}
        }
    }
    html > json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_prefers_html_and_a_program_does_not() {
        let cases = [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                true,
            ),
            ("application/json", false),
            ("application/json, text/html;q=0.5", false),
            ("text/html;q=0.9, application/json;q=0.1", true),
            ("text/html;q=nonsense", false),
            ("*/*", false),
        ];
        for (accept, expected) in cases {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(prefers_html(&headers), expected, "{accept}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
