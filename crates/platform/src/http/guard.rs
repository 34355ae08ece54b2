//! The gate before the handlers: is this request meant for this server at all?
//!
//! The bytes of the request were judged by the connection's stream before; what
//! is left are questions about the parsed request.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{ALLOW, CONNECTION, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::EdgeOptions;
use super::connection::{Refused, Watched};
use super::problem::Problem;
use super::wire::Fault;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// The names this server answers to.
#[derive(Debug, Clone, Default)]
pub struct HostPolicy(HashSet<String>);

impl HostPolicy {
    /// The loopback names at `port`, and the public names given, each a name
    /// alone (for the default ports) or a name with its port.
    pub fn new(port: u16, names: impl IntoIterator<Item = String>) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}"));
        let hosts = loopback.into_iter().chain(names);
        Self(hosts.filter_map(|host| normal(&host)).collect())
    }

    fn allows(&self, host: &str) -> bool {
        self.0.contains(host)
    }
}

/// Request extension: the host that the request was sent to, in lower case and
/// without a default port. It is one of those this server answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHost(pub String);

impl RequestHost {
    /// Whether an `Origin` header names this host, over http or https.
    #[must_use]
    pub fn is_origin(&self, origin: &str) -> bool {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        host.and_then(normal).as_ref() == Some(&self.0)
    }
}

/// Middleware: refuses what is not meant for this server, answers for a handler
/// that panics, and for one whose request broke off.
pub(super) async fn check(
    State(options): State<Arc<EdgeOptions>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(Refused(fault)) = request.extensions().get() {
        return refusal(problem(*fault));
    }
    let host = match admit(&request, &options.hosts) {
        Ok(host) => host,
        Err(problem) => return refusal(problem),
    };
    request.extensions_mut().insert(RequestHost(host));
    let watched = request.extensions().get::<Watched>().cloned();
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    // The panic's text and place were logged by the panic hook.
    let response =
        answered.unwrap_or_else(|_| Problem::internal("the handler panicked").into_response());
    match watched.and_then(|Watched(watch)| watch.body_fault()) {
        Some(fault) => refusal(problem(fault)),
        None => response,
    }
}

fn problem(fault: Fault) -> Problem {
    Problem::with_status(fault.status, fault.code).detail(fault.detail)
}

/// A refusal ends the connection: what follows on it is not to be trusted.
fn refusal(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(METHODS));
    }
    response
}

/// The host of a request that may be answered.
fn admit(request: &Request, hosts: &HostPolicy) -> Result<String, Problem> {
    let host = host_header(request.headers())?;
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        return Err(Problem::with_status(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
        ));
    }
    if let Some(authority) = request.uri().authority()
        && normal(authority.as_str()).as_ref() != Some(&host)
    {
        return Err(bad_host(
            "The target and the Host header name different servers.",
        ));
    }
    if hosts.allows(&host) {
        Ok(host)
    } else {
        Err(
            Problem::with_status(StatusCode::MISDIRECTED_REQUEST, "unknown_host").detail(
                "This server does not answer to that name. The operator can add it to its hosts.",
            ),
        )
    }
}

/// The one Host header, in its normal form.
fn host_header(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(HOST).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(bad_host("A request must have exactly one Host header."));
    };
    let host = value.to_str().ok().and_then(normal);
    host.ok_or_else(|| {
        bad_host("The Host header must be a name or an address, with a port or without.")
    })
}

/// A host in lower case, without a default port; none if it is not a host.
fn normal(host: &str) -> Option<String> {
    let authority: Authority = host.parse().ok()?;
    if authority.host().is_empty() || authority.as_str().contains('@') {
        return None;
    }
    let name = authority.host().to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let rest = authority.as_str().strip_prefix(authority.host())?;
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some(name.to_owned()),
        Some("80" | "443") => Some(name.to_owned()),
        Some(port) => port
            .parse::<u16>()
            .ok()
            .map(|port| format!("{name}:{port}")),
        None => None,
    }
}

fn bad_host(detail: &'static str) -> Problem {
    Problem::bad_request("bad_host").detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_in_their_normal_form() {
        let hosts = HostPolicy::new(8080, ["Attest.Example.org".to_owned()]);
        for host in [
            "localhost:8080",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
        ] {
            assert!(hosts.allows(&normal(host).unwrap()), "{host}");
        }
        for host in [
            "attest.example.org",
            "attest.example.org:443",
            "attest.example.org.:80",
        ] {
            assert!(hosts.allows(&normal(host).unwrap()), "{host}");
        }
        for host in [
            "localhost",
            "localhost:8081",
            "example.org",
            "attest.example.org:8080",
        ] {
            assert!(!hosts.allows(&normal(host).unwrap()), "{host}");
        }
    }

    #[test]
    fn what_is_not_a_host_is_none() {
        for host in [
            "",
            "user@localhost",
            "localhost:port",
            "local host",
            "localhost:",
            "a/b",
            "[::1",
        ] {
            assert_eq!(normal(host), None, "{host}");
        }
    }

    #[test]
    fn an_origin_is_ours_when_its_host_is() {
        let host = RequestHost("attest.example.org".to_owned());
        assert!(host.is_origin("https://attest.example.org"));
        assert!(host.is_origin("https://ATTEST.example.org:443"));
        for foreign in [
            "null",
            "",
            "https://attest.example.org.evil.example",
            "https://attest.example.org:8443",
            "https://evil.example/attest.example.org",
            "attest.example.org",
        ] {
            assert!(!host.is_origin(foreign), "{foreign}");
        }
    }
}
