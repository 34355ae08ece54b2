//! The HTTP edge: everything between a socket and a handler, without a business
//! word in it.
//!
//! [`serve()`] accepts connections and bounds what a client may take; [`edge()`] puts
//! around a router what every answer needs: ids, the access log, security headers,
//! problems, the host check and the body limit.

mod access_log;
mod admission;
mod allowed;
pub mod apidoc;
mod body;
mod connection;
mod context;
mod error_kind;
mod error_page;
pub(crate) mod gate;
mod guard;
mod headers;
mod idempotency;
mod limits;
pub mod problem;
mod request_id;
mod serve;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower::ServiceBuilder;

pub use self::access_log::Caller;
pub use self::allowed::*;
pub use self::body::{BodyLimit, DEFAULT_BODY_LIMIT, WithBodyLimit};
pub use self::connection::{Draining, Peer};
pub use self::context::*;
pub use self::error_kind::{ErrorKind, ProblemSource};
pub use self::error_page::{ErrorPage, ErrorPageRenderer};
pub use self::guard::{HostPolicy, RequestHost};
pub use self::idempotency::*;
pub use self::limits::EdgeLimits;
pub use self::problem::{FieldError, PROBLEM_JSON, Problem};
pub use self::request_id::{CorrelationId, RequestId};
pub use self::serve::{ServeError, serve};

/// What the layers around a router need to know.
#[derive(Debug, Clone)]
pub struct EdgeOptions {
    /// The names this server answers to.
    pub hosts: HostPolicy,
    /// Browsers reach this server through TLS: they are told to stay with it.
    pub behind_tls: bool,
    /// Bytes of a body, for routes without a [`BodyLimit`] of their own.
    pub body_limit: u64,
    /// How failed requests look in a browser; problem documents without it.
    pub error_page: Option<ErrorPageRenderer>,
}

impl EdgeOptions {
    /// The defaults for a server that answers to `hosts`.
    #[must_use]
    pub const fn new(hosts: HostPolicy) -> Self {
        Self {
            hosts,
            behind_tls: false,
            body_limit: DEFAULT_BODY_LIMIT,
            error_page: None,
        }
    }
}

/// Puts the edge's layers around a finished router, the outermost first.
///
/// Call it last: routes added afterwards go without them.
pub fn edge(router: Router, options: EdgeOptions) -> Router {
    let options = Arc::new(options);
    router.layer(
        ServiceBuilder::new()
            .layer(from_fn(request_id::assign))
            .layer(from_fn(access_log::record))
            .layer(from_fn_with_state(Arc::clone(&options), headers::secure))
            .layer(from_fn_with_state(Arc::clone(&options), error_page::render))
            .layer(from_fn_with_state(Arc::clone(&options), guard::check))
            // The framework's own limit cannot see a route's; ours can.
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(options, body::limit)),
    )
}
