//! The edge over real sockets.

mod abuse;
mod answers;
mod idempotency;
mod life;
mod log;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;

/// A deadline short enough to be waited for. A test shortens the one it is about
/// and no other, so that a busy machine cannot fail it.
const SHORT: Duration = Duration::from_millis(100);

fn limits() -> EdgeLimits {
    EdgeLimits {
        linger: Duration::from_millis(200),
        ..EdgeLimits::default()
    }
}

/// A handler that says when it began and ends when it is told to.
#[derive(Clone, Default)]
struct Gate {
    entered: Arc<Notify>,
    released: Arc<Notify>,
}

struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), ServeError>>,
    gate: Gate,
}

#[derive(Debug, thiserror::Error)]
#[error("the cupboard is locked")]
struct Locked(#[source] io::Error);

impl ProblemSource for Locked {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }

    fn code(&self) -> &'static str {
        "cupboard_locked"
    }

    fn detail(&self) -> Option<std::borrow::Cow<'static, str>> {
        Some("This must not be seen.".into())
    }
}

#[derive(serde::Deserialize)]
struct Item {
    count: u32,
}

fn routes(gate: Gate) -> Router {
    Router::new()
        .route("/", get(async || "hello"))
        .route("/items/{id}", get(async |Path(id): Path<String>| id))
        .route(
            "/whoami",
            get(async |Extension(peer): Extension<Peer>| peer.0.ip().to_string()),
        )
        .route("/echo", post(async |body: Bytes| body))
        .route(
            "/roomy",
            post(async |body: Bytes| body.len().to_string()).layer(BodyLimit(4 << 20)),
        )
        .route(
            "/item",
            post(async |Json(item): Json<Item>| item.count.to_string()),
        )
        .route(
            "/panic",
            get(async || -> &'static str { panic!("a secret text") }),
        )
        .route(
            "/broken",
            get(async || Err::<(), Problem>(Locked(io::Error::other("no key")).into())),
        )
        .route(
            "/cached",
            get(async || ([("cache-control", "max-age=60")], "kept")),
        )
        .route("/large", get(async || vec![b'x'; 32 << 20]))
        .route(
            "/gate",
            get(async move || {
                gate.entered.notify_one();
                gate.released.notified().await;
                "released"
            }),
        )
}

async fn start(limits: EdgeLimits) -> Server {
    start_with(limits, |options| options).await
}

async fn start_with(limits: EdgeLimits, adjust: impl Fn(EdgeOptions) -> EdgeOptions) -> Server {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let gate = Gate::default();
    let options = adjust(EdgeOptions::new(HostPolicy::new(80, [])));
    let router = edge(routes(gate.clone()), options);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(serve(listener, router, limits, shutdown.clone()));
    Server {
        address,
        shutdown,
        running,
        gate,
    }
}

impl Server {
    async fn connect(&self) -> Client {
        self.connect_from(Ipv4Addr::LOCALHOST).await
    }

    async fn connect_from(&self, from: Ipv4Addr) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(IpAddr::V4(from), 0)).unwrap();
        Client {
            stream: socket.connect(self.address).await.unwrap(),
            read: Vec::new(),
        }
    }

    /// Sends bytes on a fresh connection and reads one answer.
    async fn send(&self, bytes: impl AsRef<[u8]>) -> Reply {
        let mut client = self.connect().await;
        client.write(bytes).await;
        client.reply().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await
    }
}

struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has heard enough may close while we still talk.
        let _closed = self.stream.write_all(bytes.as_ref()).await;
    }

    async fn get(&mut self, path: &str) -> Option<Reply> {
        self.write(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
        self.reply().await
    }

    /// The next answer; none when the server closes instead.
    async fn reply(&mut self) -> Option<Reply> {
        loop {
            if let Some((reply, length)) = parse(&self.read) {
                self.read.drain(..length);
                return Some(reply);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn more(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.read).await, Ok(read) if read > 0)
    }

    /// Reads to the server's close; true when nothing came before it.
    async fn closes_silently(mut self) -> bool {
        while self.more().await {}
        self.read.is_empty()
    }
}

/// A complete answer at the start of `bytes`, and its length.
fn parse(bytes: &[u8]) -> Option<(Reply, usize)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = str::from_utf8(&bytes[..end - 4]).unwrap();
    let (status, lines) = head.split_once("\r\n").unwrap();
    let headers: HeaderMap = lines
        .split("\r\n")
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| {
            (
                name.parse::<http::HeaderName>().unwrap(),
                value.parse().unwrap(),
            )
        })
        .collect();
    let length: usize = headers
        .get("content-length")?
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let body = bytes.get(end..end + length)?.to_vec();
    let status = status.split(' ').nth(1).unwrap().parse().unwrap();
    Some((
        Reply {
            status,
            headers,
            body,
        },
        end + length,
    ))
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    fn problem(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), PROBLEM_JSON);
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        problem
    }

    /// Status and code of a problem.
    fn refusal(&self) -> (u16, String) {
        (
            self.status,
            self.problem()["code"].as_str().unwrap().to_owned(),
        )
    }

    /// Every answer carries these, whoever made it.
    fn assert_guarded(&self) {
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
            "cache-control",
            "x-request-id",
        ] {
            assert!(
                self.headers.contains_key(name),
                "{name} is missing: {self:?}"
            );
        }
    }
}
