//! One line and one measurement for each request.
//!
//! Paths appear as route templates, so that neither an id nor a query string
//! gets into a log or a metric's label; headers never appear.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use metrics::{counter, gauge, histogram};
use tokio::time::Instant;
use tracing::{Instrument, info, info_span};
use uuid::Uuid;

use super::connection::Refused;
use super::error_page::ProblemCode;
use super::request_id::{CorrelationId, RequestId};

/// The route of a request that matched none.
const UNMATCHED: &str = "<unmatched>";

/// Request extension: where whoever verifies the caller leaves the ids that the
/// access log shows. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct Caller(Arc<Mutex<CallerIds>>);

#[derive(Debug, Clone, Copy, Default)]
struct CallerIds {
    company: Option<Uuid>,
    actor: Option<Uuid>,
}

impl Caller {
    /// Names the company in which the request works.
    pub fn set_company(&self, company: Uuid) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .company = Some(company);
    }

    /// Names who makes the request.
    pub fn set_actor(&self, actor: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).actor = Some(actor);
    }

    fn ids(&self) -> CallerIds {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Middleware: logs and measures the request when its answer was sent or given up.
pub(super) async fn record(mut request: Request, next: Next) -> Response {
    let caller = Caller::default();
    request.extensions_mut().insert(caller.clone());
    let mut entry = Entry::begin(&request, caller);
    let span = info_span!(
        "request",
        request_id = entry.request_id.map(tracing::field::display),
        correlation_id = entry.correlation_id.map(tracing::field::display),
    );
    let response = next.run(request).instrument(span).await;
    entry.answer(&response);
    response.map(|body| Body::new(Counted { body, entry }))
}

/// A request on its way to the log. It is written when dropped, so that a client
/// that goes away leaves a line too.
struct Entry {
    method: &'static str,
    route: Option<MatchedPath>,
    request_id: Option<Uuid>,
    correlation_id: Option<Uuid>,
    caller: Caller,
    begun: Instant,
    answered: Option<Answered>,
    bytes: u64,
    complete: bool,
}

#[derive(Clone, Copy)]
struct Answered {
    status: StatusCode,
    code: Option<&'static str>,
    after: std::time::Duration,
}

impl Entry {
    fn begin(request: &Request, caller: Caller) -> Self {
        gauge!("http_requests_in_flight").increment(1);
        let extensions = request.extensions();
        let refused = extensions.get::<Refused>().is_some();
        Self {
            method: if refused {
                "-"
            } else {
                method_label(request.method())
            },
            route: extensions
                .get::<MatchedPath>()
                .cloned()
                .filter(|_| !refused),
            request_id: extensions.get::<RequestId>().map(|id| id.0),
            correlation_id: extensions.get::<CorrelationId>().map(|id| id.0),
            caller,
            begun: Instant::now(),
            answered: None,
            bytes: 0,
            complete: false,
        }
    }

    fn answer(&mut self, response: &Response) {
        self.complete = response.body().is_end_stream();
        self.answered = Some(Answered {
            status: response.status(),
            code: response
                .extensions()
                .get::<ProblemCode>()
                .map(|code| code.0),
            after: self.begun.elapsed(),
        });
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or(UNMATCHED, MatchedPath::as_str)
    }

    fn measure(&self) {
        gauge!("http_requests_in_flight").decrement(1);
        let class = self
            .answered
            .map_or("aborted", |answered| class(answered.status));
        let labels = [
            ("route", self.route().to_owned()),
            ("method", self.method.to_owned()),
            ("status", class.to_owned()),
        ];
        counter!("http_requests_total", &labels).increment(1);
        if let Some(answered) = self.answered {
            histogram!("http_request_duration_seconds", &labels).record(answered.after);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.measure();
        let CallerIds { company, actor } = self.caller.ids();
        info!(
            target: "access",
            method = self.method,
            route = self.route(),
            status = self.answered.map(|answered| answered.status.as_u16()),
            code = self.answered.and_then(|answered| answered.code),
            latency_ms = self.answered.map(|answered| milliseconds(answered.after)),
            total_ms = milliseconds(self.begun.elapsed()),
            bytes = self.bytes,
            complete = self.complete,
            request_id = self.request_id.map(tracing::field::display),
            correlation_id = self.correlation_id.map(tracing::field::display),
            company_id = company.map(tracing::field::display),
            actor_id = actor.map(tracing::field::display),
        );
    }
}

/// Milliseconds to a tenth of one.
fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// The method, if it is one of HTTP's own: a label must not grow without bound.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "OTHER",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// A body that counts what was sent of it.
struct Counted {
    body: Body,
    entry: Entry,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            None => self.entry.complete = true,
            Some(Ok(frame)) => {
                self.entry.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
                self.entry.complete = self.body.is_end_stream();
            }
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
