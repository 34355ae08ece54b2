//! How large a request's body may be.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tower::{Layer, Service};

use super::EdgeOptions;
use super::problem::Problem;

/// The body limit of a route that does not set its own: 1 MiB.
pub const DEFAULT_BODY_LIMIT: u64 = 1024 * 1024;

/// Request extension: the cap on this request's body, in bytes.
#[derive(Debug, Clone)]
struct Cap(Arc<Meter>);

#[derive(Debug)]
struct Meter {
    limit: AtomicU64,
    exceeded: AtomicBool,
}

/// Middleware: cuts a body at the limit in force when it is read.
pub(super) async fn limit(
    State(options): State<Arc<EdgeOptions>>,
    mut request: Request,
    next: Next,
) -> Response {
    let limit = AtomicU64::new(options.body_limit);
    let meter = Arc::new(Meter {
        limit,
        exceeded: AtomicBool::new(false),
    });
    request.extensions_mut().insert(Cap(Arc::clone(&meter)));
    let request = request.map(|body| {
        Body::new(Capped {
            body,
            meter: Arc::clone(&meter),
            read: 0,
        })
    });
    let response = next.run(request).await;
    if meter.exceeded.load(Ordering::Acquire) {
        return Problem::payload_too_large(meter.limit.load(Ordering::Acquire)).into_response();
    }
    response
}

/// A route's own body limit in bytes, in place of the default:
/// `post(create_import).layer(BodyLimit(2 << 30))`.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub u64);

impl<S> Layer<S> for BodyLimit {
    type Service = WithBodyLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithBodyLimit {
            inner,
            limit: self.0,
        }
    }
}

/// The service that [`BodyLimit`] makes.
#[derive(Debug, Clone)]
pub struct WithBodyLimit<S> {
    inner: S,
    limit: u64,
}

impl<S: Service<Request>> Service<Request> for WithBodyLimit<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if let Some(Cap(meter)) = request.extensions().get() {
            meter.limit.store(self.limit, Ordering::Release);
        }
        self.inner.call(request)
    }
}

/// A body that breaks off at its limit.
struct Capped {
    body: Body,
    meter: Arc<Meter>,
    read: u64,
}

/// The body was larger than the route accepts.
#[derive(Debug, thiserror::Error)]
#[error("the body is larger than this route accepts")]
struct TooLarge;

impl HttpBody for Capped {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let limit = self.meter.limit.load(Ordering::Acquire);
        // What the client announces is refused before any of it is read.
        let announced = self.body.size_hint().lower();
        let mut coming = self.read.saturating_add(announced);
        let frame = if coming > limit {
            None
        } else {
            ready!(Pin::new(&mut self.body).poll_frame(cx))
        };
        if let Some(Ok(frame)) = &frame {
            self.read += frame.data_ref().map_or(0, Bytes::len) as u64;
            coming = self.read;
        }
        if coming > limit {
            self.meter.exceeded.store(true, Ordering::Release);
            return Poll::Ready(Some(Err(axum::Error::new(TooLarge))));
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
