use proptest::collection::vec;
use proptest::prelude::*;

use super::fault::Fault;
use super::framing::Framing;
use super::head::{find_end, parse};
use crate::http::limits::EdgeLimits;

fn judge(head: &str) -> Result<Framing, Fault> {
    let limits = EdgeLimits::default();
    let end = find_end(head.as_bytes(), 0, &limits)?.expect("a complete head");
    parse(&head.as_bytes()[..end], &limits)
}

fn with_headers(lines: &str) -> Result<Framing, Fault> {
    judge(&format!(
        "POST /v1/imports HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"
    ))
}

#[test]
fn an_honest_head_says_how_its_body_ends() {
    assert_eq!(with_headers(""), Ok(Framing::Length(0)));
    assert_eq!(
        with_headers("content-LENGTH:  17 \r\n"),
        Ok(Framing::Length(17))
    );
    assert_eq!(
        with_headers("Transfer-Encoding: Chunked\r\n"),
        Ok(Framing::chunked())
    );
    assert_eq!(
        judge("GET http://localhost/ HTTP/1.0\r\n\r\n"),
        Ok(Framing::Length(0))
    );
}

#[test]
fn a_length_said_in_two_ways_is_refused() {
    let cases = [
        (
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            Fault::CONFLICTING_LENGTH,
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
            Fault::CONFLICTING_LENGTH,
        ),
        (
            "Content-Length: 4\r\nContent-Length: 5\r\n",
            Fault::CONFLICTING_LENGTH,
        ),
        (
            "Content-Length: 4\r\nContent-Length: 4\r\n",
            Fault::CONFLICTING_LENGTH,
        ),
        ("Content-Length: 4, 4\r\n", Fault::LENGTH),
        ("Content-Length: +4\r\n", Fault::LENGTH),
        ("Content-Length: 0x4\r\n", Fault::LENGTH),
        ("Content-Length: \r\n", Fault::LENGTH),
        ("Content-Length: 18446744073709551615\r\n", Fault::LENGTH),
        ("Content-Length: 99999999999999999999\r\n", Fault::LENGTH),
    ];
    for (lines, fault) in cases {
        assert_eq!(with_headers(lines), Err(fault), "{lines:?}");
    }
}

#[test]
fn only_one_plain_chunked_is_understood() {
    let cases = [
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ];
    for lines in cases {
        assert_eq!(
            with_headers(lines),
            Err(Fault::TRANSFER_ENCODING),
            "{lines:?}"
        );
    }
    let old = judge("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(old, Err(Fault::TRANSFER_ENCODING));
}

#[test]
fn header_lines_that_two_servers_may_read_differently_are_refused() {
    let cases = [
        ("X-A: 1\r\n folded\r\n", Fault::FOLDED_HEADER),
        ("X-A: 1\r\n\tfolded\r\n", Fault::FOLDED_HEADER),
        ("X-A : 1\r\n", Fault::HEADER),
        ("X A: 1\r\n", Fault::HEADER),
        (": 1\r\n", Fault::HEADER),
        ("no colon\r\n", Fault::HEADER),
        ("X-A: a\0b\r\n", Fault::HEADER),
        ("X-A: a\rb\r\n", Fault::HEADER),
        ("X-A: a\r\r\n", Fault::HEADER),
        ("X-A: a\x7f\r\n", Fault::HEADER),
        ("X-A: \x1b[31m\r\n", Fault::HEADER),
        ("X-A: 1\nX-B: 2\r\n", Fault::BARE_LINE_FEED),
        ("X-A: 1\r\n\n", Fault::BARE_LINE_FEED),
    ];
    for (lines, fault) in cases {
        assert_eq!(with_headers(lines), Err(fault), "{lines:?}");
    }
}

#[test]
fn request_lines_are_read_to_the_letter() {
    let cases = [
        ("GET  / HTTP/1.1", Fault::REQUEST_LINE),
        ("GET / HTTP/1.1 ", Fault::REQUEST_LINE),
        ("GET\t/\tHTTP/1.1", Fault::REQUEST_LINE),
        ("GET /", Fault::REQUEST_LINE),
        ("GET / ICY/1.1", Fault::REQUEST_LINE),
        ("G@T / HTTP/1.1", Fault::REQUEST_LINE),
        ("PRI * HTTP/2.0", Fault::VERSION),
        ("GET / HTTP/1.10", Fault::VERSION),
        ("OPTIONS * HTTP/1.1", Fault::TARGET),
        ("GET example HTTP/1.1", Fault::TARGET),
        ("GET ftp://localhost/ HTTP/1.1", Fault::TARGET),
        ("GET /#fragment HTTP/1.1", Fault::TARGET),
        ("GET /\u{7f} HTTP/1.1", Fault::TARGET),
        ("GET /é HTTP/1.1", Fault::TARGET),
    ];
    for (line, fault) in cases {
        assert_eq!(
            judge(&format!("{line}\r\nHost: localhost\r\n\r\n")),
            Err(fault),
            "{line:?}"
        );
    }
}

#[test]
fn what_is_too_large_is_named() {
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(9000));
    assert_eq!(judge(&long), Err(Fault::TARGET_TOO_LONG));
    let endless = format!("GET /{}", "a".repeat(20_000));
    assert_eq!(judge(&endless), Err(Fault::TARGET_TOO_LONG));
    let wide = format!("X-A: {}\r\n", "a".repeat(20_000));
    assert_eq!(with_headers(&wide), Err(Fault::HEAD_TOO_LARGE));
    let many = "X-A: 1\r\n".repeat(64);
    assert_eq!(with_headers(&many), Err(Fault::TOO_MANY_HEADERS));
}

#[test]
fn malformed_chunks_are_refused() {
    let cases = [
        "g\r\n",
        "\r\n",
        " 4\r\n",
        "4 \r\n",
        "0x4\r\n",
        "4\nwiki",
        "4\r\nwiki\n0\r\n\r\n",
        "4\r\nwikiX\r\n",
        "4;a\nwiki",
        "4;\0\r\n",
        "0\r\n folded\r\n\r\n",
        "0\r\nX: 1\n\r\n",
        "ffffffffffffffff\r\n",
    ];
    for body in cases {
        assert_eq!(
            Framing::chunked().advance(body.as_bytes()),
            Err(Fault::CHUNK),
            "{body:?}"
        );
    }
    let chatty = format!("4;{}\r\n", "a".repeat(5000));
    assert_eq!(
        Framing::chunked().advance(chatty.as_bytes()),
        Err(Fault::CHUNK)
    );
}

/// Chunks with their extensions, and trailers, as one encoded body.
fn encoded() -> impl Strategy<Value = Vec<u8>> {
    let chunk = (vec(any::<u8>(), 1..40), "(;[a-z]{1,8})?");
    (vec(chunk, 0..6), vec("[a-z]{1,8}: [a-z]{0,8}\r\n", 0..3)).prop_map(|(chunks, trailers)| {
        let mut body = Vec::new();
        for (data, extension) in chunks {
            body.extend(format!("{:X}{extension}\r\n", data.len()).bytes());
            body.extend(data);
            body.extend(b"\r\n");
        }
        body.extend(b"0\r\n");
        body.extend(trailers.concat().bytes());
        body.extend(b"\r\n");
        body
    })
}

proptest! {
    #[test]
    fn a_body_ends_where_its_chunks_end_however_it_arrives(
        body in encoded(),
        step in 1_usize..50,
    ) {
        let mut stream = body.clone();
        stream.extend(b"GET /next HTTP/1.1\r\n");
        let mut framing = Framing::chunked();
        let mut taken = 0;
        for piece in stream.chunks(step) {
            taken += framing.advance(piece).unwrap();
            if framing.finished() {
                break;
            }
        }
        prop_assert!(framing.finished());
        prop_assert_eq!(taken, body.len());
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(raw in vec(any::<u8>(), 0..400), looked in 0_usize..400) {
        let limits = EdgeLimits::default();
        if let Ok(Some(end)) = find_end(&raw, looked, &limits) {
            prop_assert!(end <= raw.len());
        }
        let _verdict = parse(&raw, &limits);
        let _verdict = Framing::chunked().advance(&raw);
    }
}
