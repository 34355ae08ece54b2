//! Clients that break the rules.

use super::*;

async fn refused(request: impl AsRef<[u8]>) -> (u16, String) {
    let server = start(limits()).await;
    let reply = server.send(request).await;
    reply.assert_guarded();
    assert_eq!(reply.header("connection"), "close");
    reply.refusal()
}

fn post(lines: &str, body: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n{body}")
}

#[tokio::test]
async fn slow_headers_are_told_so_and_closed_in_time() {
    let server = start(EdgeLimits {
        head_deadline: SHORT,
        ..limits()
    })
    .await;
    let mut client = server.connect().await;
    client.write("GET / HTTP/1.1\r\nHost: loc").await;
    let reply = client.reply().await.unwrap();
    reply.assert_guarded();
    assert_eq!(reply.refusal(), (408, "headers_too_slow".to_owned()));
    assert!(client.closes_silently().await);
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let server = start(EdgeLimits {
        head_deadline: SHORT,
        ..limits()
    })
    .await;
    assert!(server.connect().await.closes_silently().await);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_answer() {
    let server = start(EdgeLimits {
        idle: SHORT,
        ..limits()
    })
    .await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/").await.unwrap().status, 200);
    assert!(client.closes_silently().await);
}

#[tokio::test]
async fn a_slow_body_is_told_so_and_closed() {
    let server = start(EdgeLimits {
        body_stall: SHORT,
        ..limits()
    })
    .await;
    let mut client = server.connect().await;
    client.write(post("Content-Length: 10\r\n", "abc")).await;
    let reply = client.reply().await.unwrap();
    reply.assert_guarded();
    assert_eq!(reply.refusal(), (408, "body_too_slow".to_owned()));
    assert!(client.closes_silently().await);
}

#[tokio::test]
async fn a_body_that_trickles_below_the_rate_is_ended() {
    let server = start(EdgeLimits {
        body_rate: 1_000_000,
        body_stall: SHORT,
        ..limits()
    })
    .await;
    let mut client = server.connect().await;
    client.write(post("Content-Length: 1000000\r\n", "")).await;
    // Each piece comes in time, but they will never make the rate.
    let mut pieces = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let reply = loop {
        tokio::select! {
            reply = client.reply() => break reply.unwrap(),
            _ = tick.tick() => {}
        }
        client.write("a").await;
        pieces += 1;
        assert!(pieces < 100, "the trickle was never ended");
    };
    assert_eq!(reply.refusal(), (408, "body_too_slow".to_owned()));
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut() {
    let server = start(EdgeLimits {
        write_stall: SHORT,
        ..limits()
    })
    .await;
    let mut client = server.connect().await;
    client
        .write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    // Only the server's own deadline can end this connection: we never read,
    // and the drain below would report it if it were still there.
    let cut = EdgeLimits::default().drain;
    server.shutdown.cancel();
    let ended = tokio::time::timeout(cut, server.running).await.unwrap();
    assert!(ended.unwrap().is_ok());
    drop(client);
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let many = "X-Filler: 1\r\n".repeat(120);
    let expected = (431, "too_many_headers".to_owned());
    assert_eq!(
        refused(format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")).await,
        expected
    );
}

#[tokio::test]
async fn a_huge_header_is_refused() {
    let wide = "a".repeat(300 * 1024);
    let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Filler: {wide}\r\n\r\n");
    assert_eq!(
        refused(request).await,
        (431, "headers_too_large".to_owned())
    );
}

#[tokio::test]
async fn a_huge_target_is_refused() {
    for length in [9 * 1024, 60 * 1024] {
        let request = format!(
            "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "a".repeat(length)
        );
        assert_eq!(refused(request).await, (414, "target_too_long".to_owned()));
    }
}

#[tokio::test]
async fn smuggled_lengths_are_refused() {
    let conflicting = (400, "conflicting_length".to_owned());
    let both = post(
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "0\r\n\r\n",
    );
    assert_eq!(refused(both).await, conflicting);
    let two = post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello");
    assert_eq!(refused(two).await, conflicting);
    let same = post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello");
    assert_eq!(refused(same).await, conflicting);
    let odd = post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n");
    assert_eq!(
        refused(odd).await,
        (400, "unsupported_transfer_encoding".to_owned())
    );
}

#[tokio::test]
async fn bare_line_feeds_folds_and_control_bytes_are_refused() {
    let bare = "GET / HTTP/1.1\nHost: localhost\n\n";
    assert_eq!(refused(bare).await, (400, "bare_line_feed".to_owned()));
    let folded = "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n";
    assert_eq!(refused(folded).await, (400, "folded_header".to_owned()));
    let control = "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n";
    assert_eq!(refused(control).await, (400, "malformed_header".to_owned()));
    assert_eq!(
        refused("\x16\x03\x01 hello\r\n\r\n").await,
        (400, "malformed_request_line".to_owned())
    );
}

#[tokio::test]
async fn a_malformed_chunk_breaks_the_body_off() {
    let broken = post(
        "Transfer-Encoding: chunked\r\n",
        "5\r\nhello\r\nnonsense\r\n",
    );
    assert_eq!(refused(broken).await, (400, "malformed_chunk".to_owned()));
    let bare = post("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n");
    assert_eq!(refused(bare).await, (400, "malformed_chunk".to_owned()));
}

#[tokio::test]
async fn a_request_must_name_this_server_once() {
    let bad = (400, "bad_host".to_owned());
    for lines in [
        "",
        "Host:\r\n",
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: a b\r\n",
    ] {
        assert_eq!(
            refused(format!("GET / HTTP/1.1\r\n{lines}\r\n")).await,
            bad,
            "{lines:?}"
        );
    }
    let foreign = "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n";
    assert_eq!(refused(foreign).await, (421, "unknown_host".to_owned()));
    let torn = "GET http://rebound.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(refused(torn).await, bad);
    let server = start(limits()).await;
    assert_eq!(
        server
            .send("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn trace_and_connect_are_not_offered() {
    let expected = (405, "method_not_allowed".to_owned());
    let trace = "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(refused(trace).await, expected);
    let connect = "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(refused(connect).await, expected);
}

#[tokio::test]
async fn the_asterisk_that_marks_a_refusal_inside_cannot_be_sent_from_outside() {
    let asterisk = "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(
        refused(asterisk).await,
        (400, "malformed_target".to_owned())
    );
}

#[tokio::test]
async fn a_refusal_waits_for_the_answers_before_it() {
    let server = start(limits()).await;
    let mut client = server.connect().await;
    client
        .write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\nHost: localhost\n\n")
        .await;
    assert_eq!(client.reply().await.unwrap().text(), "hello");
    assert_eq!(
        client.reply().await.unwrap().refusal(),
        (400, "bare_line_feed".to_owned())
    );
    assert!(client.closes_silently().await);
}

#[tokio::test]
async fn a_body_larger_than_the_route_takes_is_refused() {
    let server = start(limits()).await;
    let three = "a".repeat(3 << 20);
    let announced = post(&format!("Content-Length: {}\r\n", three.len()), &three);
    let reply = server.send(&announced).await;
    assert_eq!(reply.refusal(), (413, "payload_too_large".to_owned()));
    assert_eq!(reply.problem()["limit_bytes"], 1 << 20);
    let chunked = post(
        "Transfer-Encoding: chunked\r\n",
        &format!("{:x}\r\n{three}\r\n0\r\n\r\n", three.len()),
    );
    assert_eq!(
        server.send(&chunked).await.refusal(),
        (413, "payload_too_large".to_owned())
    );
    let roomy = server.send(announced.replace("/echo", "/roomy")).await;
    assert_eq!((roomy.status, roomy.text()), (200, "3145728"));
}
