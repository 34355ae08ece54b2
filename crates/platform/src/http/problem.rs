//! What a client is told when something went wrong: RFC 9457 problem details.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::error_kind::{ErrorKind, ProblemSource};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

impl<E: ProblemSource> From<E> for Problem {
    fn from(error: E) -> Self {
        let mut problem = Self::new(error.kind(), error.code());
        if error.kind() != ErrorKind::Internal {
            problem.0.detail = error.detail();
            problem.0.errors = error.field_errors();
        }
        if error.kind().is_ours() {
            problem.0.source = Some(Arc::new(error));
        }
        problem
    }
}

/// One thing wrong with one part of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the request body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Line of an uploaded file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column of an uploaded file, by its heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// A stable name for what is wrong.
    pub code: Cow<'static, str>,
    /// What is wrong, and what would be right.
    pub detail: Cow<'static, str>,
}

impl FieldError {
    /// An error of the body's part at `pointer`.
    pub fn at(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            pointer: Some(pointer.into()),
            code: code.into(),
            detail: detail.into(),
            ..Self::default()
        }
    }
}

/// An answer that says what went wrong, why, and where to ask.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    extensions: Map<String, Value>,
    retry_after: Option<u64>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// A problem as it is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'a> {
    /// `urn:attest:problem:` and the code.
    r#type: String,
    /// The problem in a few words, always the same for one code.
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// A stable name in snake case.
    code: &'a str,
    /// What happened this time and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// The request's id, by which the operator finds it in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Uuid>,
    /// The parts of the request that are wrong.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    /// Further members that belong to the code.
    #[serde(flatten)]
    extensions: &'a Map<String, Value>,
}

impl PartialSchema for Problem {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Document::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(
        schemas: &mut Vec<(
            String,
            utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>,
        )>,
    ) {
        Document::schemas(schemas);
    }
}

impl Problem {
    /// A problem of a kind, under a code of the caller's.
    #[must_use]
    pub fn new(kind: ErrorKind, code: &'static str) -> Self {
        Self::with_status(kind.status(), code)
    }

    /// A problem with a status outside of the kinds: 405, 412, 415 and the like.
    #[must_use]
    pub fn with_status(status: StatusCode, code: &'static str) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            title: Cow::Borrowed(status.canonical_reason().unwrap_or("Error")),
            detail: None,
            errors: Vec::new(),
            extensions: Map::new(),
            retry_after: None,
            source: None,
        }))
    }

    /// 400.
    #[must_use]
    pub fn bad_request(code: &'static str) -> Self {
        Self::new(ErrorKind::BadRequest, code)
    }

    /// 401.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(ErrorKind::Unauthenticated, "unauthenticated")
            .detail("Log in, or send a valid credential.")
    }

    /// 403.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(ErrorKind::Forbidden, "forbidden").detail("Your role does not allow this.")
    }

    /// 404, for what is not there and for what is not the caller's to know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ErrorKind::NotFound, "not_found").detail("There is nothing at this address.")
    }

    /// 409.
    #[must_use]
    pub fn conflict(code: &'static str) -> Self {
        Self::new(ErrorKind::Conflict, code)
    }

    /// 413: a body of more than `limit` bytes.
    #[must_use]
    pub fn payload_too_large(limit: u64) -> Self {
        Self::new(ErrorKind::PayloadTooLarge, "payload_too_large")
            .detail(format!(
                "The request's body may have at most {limit} bytes."
            ))
            .extension("limit_bytes", limit)
    }

    /// 422.
    #[must_use]
    pub fn unprocessable(code: &'static str, errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(ErrorKind::Unprocessable, code);
        problem.0.errors = errors;
        problem
    }

    /// 429; `retry_after` in seconds.
    #[must_use]
    pub fn too_many_requests(retry_after: u64) -> Self {
        Self::new(ErrorKind::TooManyRequests, "too_many_requests")
            .detail("Too many requests; wait a little.")
            .retry_after(retry_after)
    }

    /// 500; `source` goes to the log and nowhere else.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut problem = Self::new(ErrorKind::Internal, "internal");
        problem.0.source = Some(Arc::from(source.into()));
        problem
    }

    /// 503; `retry_after` in seconds.
    #[must_use]
    pub fn unavailable(code: &'static str, retry_after: u64) -> Self {
        Self::new(ErrorKind::Unavailable, code).retry_after(retry_after)
    }

    /// Sets the few words that stand for the code.
    #[must_use]
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.0.title = title.into();
        self
    }

    /// Sets what happened this time. It is shown to the client: no secret, no
    /// person's data that is not the client's own.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds a part of the request that is wrong.
    #[must_use]
    pub fn error(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// Adds a member of the problem document; the standard's own names are kept.
    #[must_use]
    pub fn extension(mut self, name: &str, value: impl Into<Value>) -> Self {
        const OWN: [&str; 8] = [
            "type",
            "title",
            "status",
            "code",
            "detail",
            "instance",
            "request_id",
            "errors",
        ];
        if !OWN.contains(&name) {
            self.0.extensions.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Sets the seconds after which another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The few words that stand for the code.
    #[must_use]
    pub fn title_text(&self) -> &str {
        &self.0.title
    }

    /// What happened this time.
    #[must_use]
    pub fn detail_text(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The parts of the request that are wrong.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The error behind a fault of ours, with all that caused it, for the log.
    pub(super) fn cause(&self) -> Option<String> {
        let mut next: Option<&(dyn Error + 'static)> = self
            .0
            .source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static));
        let mut chain = Vec::new();
        while let Some(error) = next {
            chain.push(error.to_string());
            next = error.source();
        }
        (!chain.is_empty()).then(|| chain.join(": "))
    }

    /// The document that is sent.
    pub(super) fn document(&self, request_id: Option<Uuid>) -> Document<'_> {
        Document {
            r#type: format!("urn:attest:problem:{}", self.0.code),
            title: &self.0.title,
            status: self.0.status.as_u16(),
            code: self.0.code,
            detail: self.0.detail.as_deref(),
            request_id,
            errors: &self.0.errors,
            extensions: &self.0.extensions,
        }
    }

    /// The answer without a body, with the headers that belong to the status.
    pub(super) fn head(&self) -> Response {
        let mut response = self.0.status.into_response();
        if let Some(seconds) = self.0.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// A complete answer; the edge renders it anew with the request's id.
    fn into_response(self) -> Response {
        let mut response = self.head();
        let body = serde_json::to_vec(&self.document(None)).unwrap_or_default();
        *response.body_mut() = body.into();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.extensions_mut().insert(self);
        response
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.0.status.as_u16())
            .field("code", &self.0.code)
            .finish_non_exhaustive()
    }
}
