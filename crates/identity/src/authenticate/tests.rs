//! Forged requests: what other sites' pages can make a signed-in browser send.

use axum::http::StatusCode;
use contracts::Role;
use serde_json::{Value, json};

use crate::trial::{Browser, EVIL, OURS, PASSWORD, Trial, form_from};

const ASTRID: &str = "astrid@acme.example";

async fn trial() -> Trial {
    let trial = Trial::new().await;
    let acme = trial.company("acme").await;
    trial.member(ASTRID, &acme, Role::CompanyManager).await;
    trial
}

/// What a page can make the browser send without asking first (CORS "simple"
/// requests), and what it would have to ask for.
const KINDS: [&str; 5] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json",
    "",
];

#[tokio::test]
async fn nothing_from_another_site_is_let_in_even_with_the_right_token() {
    let trial = trial().await;
    let mut browser = trial.signed_in(ASTRID).await;
    let token = browser.csrf.clone();
    for kind in KINDS {
        for origin in [
            EVIL,
            "null",
            "https://attest.test.evil.test",
            "https://attest.test:8443",
        ] {
            let headers = [
                ("origin", origin),
                ("content-type", kind),
                ("x-csrf-token", &token),
            ];
            let body = format!("csrf_token={token}");
            let answer = browser.raw("POST", "/write", &headers, body).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::FORBIDDEN, "origin_foreign".to_owned()),
                "{kind} {origin}"
            );
        }
    }
    for site in ["cross-site", "same-site", "none"] {
        let headers = [("sec-fetch-site", site), ("x-csrf-token", token.as_str())];
        let answer = browser.raw("POST", "/write", &headers, String::new()).await;
        assert_eq!(answer.code(), "origin_foreign", "{site}");
    }
    let choice = [
        ("origin", EVIL),
        ("content-type", "text/plain"),
        ("x-csrf-token", &token),
    ];
    let forged = browser
        .raw("DELETE", "/v1/session", &choice, String::new())
        .await;
    assert_eq!(forged.code(), "origin_foreign");
    assert_eq!(browser.get("/v1/session").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_says_nothing_of_its_origin_is_no_browsers() {
    let trial = trial().await;
    let mut browser = trial.signed_in(ASTRID).await;
    let token = browser.csrf.clone();
    let headers = [("x-csrf-token", token.as_str())];
    let answer = browser.raw("POST", "/write", &headers, String::new()).await;
    assert_eq!(answer.code(), "origin_foreign");
    let fetched = [
        ("x-csrf-token", token.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let answer = browser
        .raw("POST", "/write", &fetched, "hello".to_owned())
        .await;
    assert_eq!(answer.text, "wrote hello");
}

#[tokio::test]
async fn without_the_sessions_own_token_nothing_is_written() {
    let trial = trial().await;
    let mut browser = trial.signed_in(ASTRID).await;
    let mut another = trial.signed_in(ASTRID).await;
    let before = browser.csrf.clone();
    browser.sign_in(ASTRID, PASSWORD).await;
    let wrong = [
        String::new(),
        "0".repeat(64),
        before,
        another.csrf.clone(),
        browser.csrf.to_uppercase(),
    ];
    for token in &wrong {
        let headers = [("origin", OURS), ("x-csrf-token", token.as_str())];
        let answer = browser.raw("POST", "/write", &headers, String::new()).await;
        assert_eq!(answer.code(), "csrf_token_wrong", "{token}");
        let body = format!("a=1&csrf_token={token}");
        let answer = browser.raw("POST", "/write", &form_from(OURS), body).await;
        assert_eq!(answer.code(), "csrf_token_wrong", "{token}");
    }
    for kind in ["text/plain", "application/json", ""] {
        let headers = [("origin", OURS), ("content-type", kind)];
        let answer = browser.raw("POST", "/write", &headers, String::new()).await;
        assert_eq!(answer.code(), "csrf_token_wrong", "{kind}");
    }
    assert_eq!(another.get("/who").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_with_its_token_reaches_the_handler_whole() {
    let trial = trial().await;
    let mut browser = trial.signed_in(ASTRID).await;
    let body = format!("a=%C3%A6&csrf_token={}&b=2", browser.csrf);
    let answer = browser
        .raw("POST", "/write", &form_from(OURS), body.clone())
        .await;
    assert_eq!(answer.text, format!("wrote {body}"));
    let twice = format!("csrf_token={0}&csrf_token={0}", browser.csrf);
    let answer = browser.raw("POST", "/write", &form_from(OURS), twice).await;
    assert_eq!(answer.code(), "csrf_token_wrong");
}

#[tokio::test]
async fn a_form_too_long_to_be_read_is_refused_unless_the_token_is_in_the_header() {
    let trial = trial().await;
    let mut browser = trial.signed_in(ASTRID).await;
    let token = browser.csrf.clone();
    let long = format!("csrf_token={token}&a={}", "x".repeat(64 * 1024));
    let answer = browser
        .raw("POST", "/write", &form_from(OURS), long.clone())
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut headers = form_from(OURS).to_vec();
    headers.push(("x-csrf-token", &token));
    let answer = browser.raw("POST", "/write", &headers, long).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_multipart_form_is_let_through_to_handlers_that_read_its_token_only() {
    let trial = trial().await;
    let mut browser = trial.signed_in(ASTRID).await;
    let headers = [
        ("origin", OURS),
        ("content-type", "multipart/form-data; boundary=x"),
    ];
    let token = browser.csrf.clone();
    let plain = browser.raw("POST", "/write", &headers, token.clone()).await;
    assert_eq!(plain.code(), "csrf_token_wrong");
    let right = browser
        .raw("POST", "/write-form", &headers, token.clone())
        .await;
    assert_eq!(right.text, format!("wrote {token}"));
    let wrong = browser
        .raw("POST", "/write-form", &headers, "0".repeat(64))
        .await;
    assert_eq!(wrong.code(), "csrf_token_wrong");
    for (method, path) in [("DELETE", "/v1/session"), ("PUT", "/v1/session/company")] {
        let unread = browser.raw(method, path, &headers, token.clone()).await;
        assert_ne!(unread.status.as_u16() / 100, 2, "{path}");
    }
    assert_eq!(browser.get("/v1/session").await.status, StatusCode::OK);
}

#[tokio::test]
async fn reading_needs_no_token_wherever_the_link_was() {
    let trial = trial().await;
    let mut browser = trial.signed_in(ASTRID).await;
    let followed = [("sec-fetch-site", "cross-site")];
    let answer = browser.raw("GET", "/write", &followed, String::new()).await;
    assert_eq!(answer.text, "read");
}

#[tokio::test]
async fn another_site_signs_nobody_in() {
    let trial = trial().await;
    let mut victim: Browser = trial.browser();
    let credentials = json!({ "email": ASTRID, "password": PASSWORD });
    for kind in ["application/json", "text/plain"] {
        let headers = [("origin", EVIL), ("content-type", kind)];
        let answer = victim
            .raw("POST", "/v1/session", &headers, credentials.to_string())
            .await;
        assert_eq!(answer.code(), "origin_foreign");
    }
    assert!(victim.cookies.is_empty());
    let client = [("content-type", "application/json")];
    let answer = victim
        .raw("POST", "/v1/session", &client, credentials.to_string())
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_so() {
    let trial = trial().await;
    let mut browser = trial.browser();
    for cookie in ["", "abc", &"A".repeat(64), &"0".repeat(64)] {
        browser
            .cookies
            .insert("__Host-attest".to_owned(), cookie.to_owned());
        assert_eq!(
            browser.get("/write").await.code(),
            "unauthenticated",
            "{cookie}"
        );
        let write = browser.send("POST", "/write", &[], &Value::Null).await;
        assert_eq!(write.code(), "unauthenticated", "{cookie}");
    }
}
