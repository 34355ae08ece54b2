//! Connections from their first byte to their last.

use super::*;

#[tokio::test]
async fn a_connection_carries_many_requests_and_bodies() {
    let server = start(limits()).await;
    let mut client = server.connect().await;
    client
        .write("\r\nPOST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")
        .await;
    client
        .write("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    client
        .write("3;note=1\r\nfoo\r\n3\r\nbar\r\n0\r\nX-Trailer: 1\r\n\r\n")
        .await;
    client
        .write("GET /items/7?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    for expected in ["hello", "foobar", "7"] {
        assert_eq!(client.reply().await.unwrap().text(), expected);
    }
}

#[tokio::test]
async fn a_head_may_come_byte_by_byte_within_its_deadline() {
    let server = start(limits()).await;
    let mut client = server.connect().await;
    client.stream.set_nodelay(true).unwrap();
    for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" {
        client.write([*byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.reply().await.unwrap().text(), "hello");
}

#[tokio::test]
async fn an_answer_may_take_longer_than_the_idle_deadline() {
    let server = start(EdgeLimits {
        idle: Duration::from_millis(1),
        ..limits()
    })
    .await;
    let mut client = server.connect().await;
    client
        .write("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    server.gate.entered.notified().await;
    let other = server.get("/").await;
    assert_eq!(other.status, 200);
    tokio::time::timeout(Duration::from_millis(50), client.more())
        .await
        .unwrap_err();
    server.gate.released.notify_one();
    assert_eq!(client.reply().await.unwrap().text(), "released");
    assert!(client.closes_silently().await);
}

#[tokio::test]
async fn a_handler_knows_its_peer() {
    let server = start(limits()).await;
    let mut client = server.connect_from(Ipv4Addr::new(127, 0, 0, 2)).await;
    assert_eq!(client.get("/whoami").await.unwrap().text(), "127.0.0.2");
}

#[tokio::test]
async fn one_address_cannot_lock_the_others_out() {
    let limits = EdgeLimits {
        per_address: 3,
        ..limits()
    };
    let server = start(limits).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut client = server.connect().await;
        assert_eq!(client.get("/").await.unwrap().status, 200);
        held.push(client);
    }
    let fourth = server.connect().await.reply().await.unwrap();
    assert_eq!(fourth.refusal(), (503, "too_many_connections".to_owned()));
    let mut other = server.connect_from(Ipv4Addr::new(127, 0, 0, 2)).await;
    assert_eq!(other.get("/").await.unwrap().status, 200);
    for mut client in held {
        assert_eq!(client.get("/").await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_newcomer_finds_the_reserve_when_the_rest_is_taken() {
    let limits = EdgeLimits {
        connections: 3,
        reserved: 1,
        ..limits()
    };
    let server = start(limits).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        assert_eq!(client.get("/").await.unwrap().status, 200);
        held.push(client);
    }
    assert_eq!(server.connect().await.reply().await.unwrap().status, 503);
    let mut probe = server.connect_from(Ipv4Addr::new(127, 0, 0, 2)).await;
    assert_eq!(probe.get("/").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_shutdown_lets_the_request_in_flight_finish() {
    let server = start(EdgeLimits { ..limits() }).await;
    let mut idle = server.connect().await;
    assert_eq!(idle.get("/").await.unwrap().status, 200);
    let mut client = server.connect().await;
    client
        .write("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    server.gate.entered.notified().await;
    server.shutdown.cancel();
    assert!(idle.closes_silently().await);
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "the listener is still open"
    );
    server.gate.released.notify_one();
    let reply = client.reply().await.unwrap();
    assert_eq!(reply.text(), "released");
    assert_eq!(reply.header("connection"), "close");
    assert!(server.running.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_shutdown_cuts_what_does_not_end() {
    let server = start(EdgeLimits {
        drain: Duration::from_millis(50),
        ..limits()
    })
    .await;
    let mut client = server.connect().await;
    client
        .write("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    server.gate.entered.notified().await;
    server.shutdown.cancel();
    let ended = server.running.await.unwrap();
    assert!(
        matches!(ended, Err(ServeError::Drain { open: 1 })),
        "{ended:?}"
    );
    assert!(client.closes_silently().await);
}

#[tokio::test]
async fn limits_that_would_let_nobody_in_are_refused() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let limits = EdgeLimits {
        connections: 4,
        reserved: 4,
        ..EdgeLimits::default()
    };
    let served = serve(listener, Router::new(), limits, CancellationToken::new()).await;
    assert!(matches!(served, Err(ServeError::Limits(_))));
}

#[test]
fn limits_are_written_as_people_write_durations() {
    let text = "head_deadline = \"250ms\"\nidle = \"2m\"\nproxies = [\"10.0.0.1\"]";
    let limits: EdgeLimits = toml::from_str(text).unwrap();
    assert_eq!(limits.head_deadline, Duration::from_millis(250));
    assert_eq!(limits.idle, Duration::from_mins(2));
    assert!(toml::from_str::<EdgeLimits>("header_deadline = \"1s\"").is_err());
}
