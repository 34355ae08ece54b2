//! What every answer carries, and what failures look like.

use super::*;

const ID: &str = "0190f0a0-7c00-7000-8000-000000000001";

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let server = start(limits()).await;
    for path in ["/", "/nowhere", "/broken", "/panic", "/items/1", "/cached"] {
        server.get(path).await.assert_guarded();
    }
    let reply = server.get("/").await;
    insta::assert_snapshot!(reply.header("content-security-policy"), @"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'");
    assert_eq!(reply.header("referrer-policy"), "same-origin");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("strict-transport-security"), "");
    assert_eq!(
        server.get("/cached").await.header("cache-control"),
        "max-age=60"
    );
}

#[tokio::test]
async fn behind_tls_browsers_are_told_to_stay_there() {
    let server = start_with(limits(), |options| EdgeOptions {
        behind_tls: true,
        ..options
    })
    .await;
    assert_eq!(
        server.get("/").await.header("strict-transport-security"),
        "max-age=31536000"
    );
}

#[tokio::test]
async fn a_panic_is_a_problem_on_a_live_line() {
    let server = start(limits()).await;
    let mut client = server.connect().await;
    let reply = client.get("/panic").await.unwrap();
    assert_eq!(reply.refusal(), (500, "internal".to_owned()));
    assert!(!reply.text().contains("secret"));
    assert_eq!(client.get("/").await.unwrap().text(), "hello");
}

#[tokio::test]
async fn an_internal_error_shows_its_code_and_request_and_no_more() {
    let server = start(limits()).await;
    let request = format!("GET /broken HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {ID}\r\n\r\n");
    let reply = server.send(request).await;
    insta::assert_snapshot!(reply.text(), @r#"{"type":"urn:attest:problem:cupboard_locked","title":"Internal Server Error","status":500,"code":"cupboard_locked","request_id":"0190f0a0-7c00-7000-8000-000000000001"}"#);
    assert_eq!(reply.header("x-request-id"), ID);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let server = start(limits()).await;
    assert_eq!(
        server.get("/nowhere").await.refusal(),
        (404, "not_found".to_owned())
    );
    let reply = server
        .send("DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    assert_eq!(reply.refusal(), (405, "method_not_allowed".to_owned()));
    assert_eq!(reply.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_a_problem_that_says_why() {
    let server = start(limits()).await;
    let request = |kind: &str, body: &str| {
        let length = body.len();
        format!(
            "POST /item HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let reply = server
        .send(request("application/json", "{\"count\":\"many\"}"))
        .await;
    assert_eq!(reply.refusal(), (422, "unprocessable".to_owned()));
    assert!(
        reply.problem()["detail"]
            .as_str()
            .unwrap()
            .contains("count")
    );
    let reply = server.send(request("application/json", "{")).await;
    assert_eq!(reply.refusal(), (400, "bad_request".to_owned()));
    let reply = server.send(request("text/plain", "{}")).await;
    assert_eq!(reply.refusal(), (415, "unsupported_media_type".to_owned()));
}

#[tokio::test]
async fn a_browser_gets_the_page_that_was_plugged_in() {
    let page = |page: &ErrorPage<'_>| format!("<h1>{} {}</h1>", page.status.as_u16(), page.code);
    let server = start_with(limits(), |options| EdgeOptions {
        error_page: Some(ErrorPageRenderer::new(page)),
        ..options
    })
    .await;
    let reply = server
        .send("GET /nowhere HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n")
        .await;
    assert_eq!(
        (reply.status, reply.text()),
        (404, "<h1>404 not_found</h1>")
    );
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    reply.assert_guarded();
    assert_eq!(
        server.get("/nowhere").await.refusal(),
        (404, "not_found".to_owned())
    );
}

#[tokio::test]
async fn only_a_uuid_is_taken_as_a_request_id() {
    let server = start(limits()).await;
    for given in [
        "",
        "X-Request-Id: 1\r\n",
        "X-Request-Id: {0190f0a0-7c00-7000-8000-000000000001}\r\n",
    ] {
        let reply = server
            .send(format!("GET / HTTP/1.1\r\nHost: localhost\r\n{given}\r\n"))
            .await;
        let id = uuid::Uuid::try_parse(reply.header("x-request-id")).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_ne!(id.to_string(), ID);
    }
}

#[test]
fn a_problem_keeps_its_status_headers_and_members() {
    use axum::response::IntoResponse;
    let problem = Problem::too_many_requests(30)
        .extension("status", 200)
        .extension("scope", "key");
    let response = problem.into_response();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "30");
    let response = Problem::unauthenticated().into_response();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let errors = vec![FieldError::at(
        "/name",
        "too_long",
        "At most 200 characters.",
    )];
    let problem = Problem::unprocessable("invalid_company", errors).detail("One field is wrong.");
    insta::assert_json_snapshot!(problem.document(None), @r#"
    {
      "type": "urn:attest:problem:invalid_company",
      "title": "Unprocessable Entity",
      "status": 422,
      "code": "invalid_company",
      "detail": "One field is wrong.",
      "errors": [
        {
          "pointer": "/name",
          "code": "too_long",
          "detail": "At most 200 characters."
        }
      ]
    }
    "#);
}

#[test]
fn the_problem_schema_is_named_for_the_api_document() {
    use utoipa::{PartialSchema, ToSchema};
    assert_eq!(Problem::name(), "Problem");
    let schema = serde_json::to_value(Problem::schema()).unwrap();
    assert!(
        schema.pointer("/properties/request_id").is_some(),
        "{schema}"
    );
}
