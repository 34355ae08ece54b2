//! What the access log and the metrics say, and what they never say.

use std::sync::{Mutex, PoisonError};

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::telemetry::json_lines;

/// Log lines of this thread, which is the test's runtime.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn capture() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::registry().with(json_lines(move || writer.clone()));
        (lines, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn of(&self, target: &str) -> Vec<Value> {
        let text = self.text();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == target).collect()
    }
}

/// Stops the server, so that every line is written.
async fn stop(server: Server) {
    server.shutdown.cancel();
    server.running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_leaves_one_line_without_its_query_or_headers() {
    let (lines, _guard) = Lines::capture();
    let server = start(limits()).await;
    server
        .send("GET /items/7?token=hush HTTP/1.1\r\nHost: localhost\r\nX-Secret: hush\r\n\r\n")
        .await;
    server
        .send("GET /hush?token=hush HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    stop(server).await;
    let access = lines.of("access");
    assert_eq!(access.len(), 2);
    assert_eq!(access[0]["route"], "/items/{id}");
    assert_eq!(access[0]["method"], "GET");
    assert_eq!(access[0]["status"], 200);
    assert_eq!(access[0]["bytes"], 1);
    assert_eq!(access[0]["complete"], true);
    assert!(access[0]["latency_ms"].is_number());
    assert!(access[0]["request_id"].is_string());
    assert_eq!(access[1]["route"], "<unmatched>");
    assert_eq!(access[1]["code"], "not_found");
    assert!(!lines.text().contains("hush"), "{}", lines.text());
}

#[tokio::test]
async fn a_refused_head_and_a_client_that_went_away_leave_lines_too() {
    let (lines, _guard) = Lines::capture();
    let server = start(limits()).await;
    server.send("GET / HTTP/1.1\nHost: localhost\n\n").await;
    let mut client = server.connect().await;
    client
        .write("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    server.gate.entered.notified().await;
    drop(client);
    stop(server).await;
    let access = lines.of("access");
    assert_eq!(access.len(), 2);
    assert_eq!(access[0]["method"], "-");
    assert_eq!(access[0]["code"], "bare_line_feed");
    assert_eq!(access[1]["route"], "/gate");
    assert_eq!(access[1]["status"], Value::Null);
    assert_eq!(access[1]["complete"], false);
}

#[tokio::test]
async fn an_internal_error_is_logged_once_with_its_causes() {
    let (lines, _guard) = Lines::capture();
    let server = start(limits()).await;
    let reply = server.get("/broken").await;
    stop(server).await;
    let text = lines.text();
    let errors: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["cause"], "the cupboard is locked: no key");
    assert_eq!(errors[0]["request_id"], reply.header("x-request-id"));
}

#[tokio::test]
async fn the_caller_is_named_when_somebody_found_out_who_it_is() {
    let (lines, _guard) = Lines::capture();
    let company = uuid::Uuid::from_u128(1);
    let actor = uuid::Uuid::from_u128(2);
    let handler = async move |Extension(caller): Extension<Caller>| {
        caller.set_company(company);
        caller.set_actor(actor);
    };
    let router = Router::new().route("/", get(handler));
    let router = edge(router, EdgeOptions::new(HostPolicy::new(80, [])));
    let request = http::Request::get("/")
        .header("host", "localhost")
        .body(axum::body::Body::empty());
    drop(
        tower::ServiceExt::oneshot(router, request.unwrap())
            .await
            .unwrap(),
    );
    let access = lines.of("access");
    assert_eq!(access[0]["company_id"], company.to_string());
    assert_eq!(access[0]["actor_id"], actor.to_string());
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_class() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let server = start(limits()).await;
    server.get("/items/1").await;
    server.get("/items/2").await;
    server
        .send("BREW /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    stop(server).await;
    let text = handle.render();
    for expected in [
        "http_requests_total{route=\"/items/{id}\",method=\"GET\",status=\"2xx\"} 2",
        "http_requests_total{route=\"<unmatched>\",method=\"OTHER\",status=\"4xx\"} 1",
        "http_requests_in_flight 0",
        "http_connections_open 0",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}
