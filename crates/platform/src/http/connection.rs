//! One client's connection, from its first byte to its last.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::limits::EdgeLimits;
use super::wire::{Fault, GuardedStream, Watch};

/// Request extension: the address at the other end of the connection, which is
/// the proxy's when there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Request extension: cancelled when the server begins to shut down, so that an
/// answer without end (a stream of events) can end itself.
#[derive(Debug, Clone)]
pub struct Draining(pub CancellationToken);

/// Request extension: this is no request but a head that was refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused(pub(super) Fault);

/// Request extension: the connection's state, to learn why a body broke off.
#[derive(Debug, Clone)]
pub(super) struct Watched(pub(super) Arc<Watch>);

/// What a connection needs to know of its server.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) router: Router,
    pub(super) limits: Arc<EdgeLimits>,
    /// No further requests.
    pub(super) drain: CancellationToken,
    /// No further bytes.
    pub(super) cut: CancellationToken,
}

/// Serves requests until either side is done.
pub(super) async fn run(stream: TcpStream, peer: SocketAddr, host: Host) {
    let watch = Arc::new(Watch::default());
    let io = GuardedStream::new(stream, Arc::clone(&host.limits), Arc::clone(&watch));
    let service = service_fn(|request: Request<Incoming>| {
        answer(
            request.map(Body::new),
            peer,
            host.clone(),
            Arc::clone(&watch),
        )
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The stream keeps this deadline, and answers when it is missed.
        .header_read_timeout(None)
        .max_headers(host.limits.headers)
        .max_buf_size(host.limits.head_bytes.max(16 * 1024) * 2)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = host.drain.cancelled() => {
            watch.drain();
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = host.cut.cancelled() => return,
            }
        }
    };
    if let Err(error) = ended {
        // A client that goes away is no event of ours; its request was logged.
        tracing::debug!(%error, "connection ended early");
    }
}

async fn answer(
    mut request: Request<Body>,
    peer: SocketAddr,
    host: Host,
    watch: Arc<Watch>,
) -> Result<Response<InFlight>, Infallible> {
    let extensions = request.extensions_mut();
    extensions.insert(Peer(peer));
    extensions.insert(Draining(host.drain));
    extensions.insert(Watched(Arc::clone(&watch)));
    if request.uri().path() == "*"
        && let Some(fault) = watch.head_fault()
    {
        request.extensions_mut().insert(Refused(fault));
    }
    let response = host.router.oneshot(request).await?;
    Ok(response.map(|body| InFlight { body, watch }))
}

/// A body that tells the connection when it was sent or given up.
struct InFlight {
    body: Body,
    watch: Arc<Watch>,
}

impl HttpBody for InFlight {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.watch.finish();
    }
}
