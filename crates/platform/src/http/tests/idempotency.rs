//! A request that is repeated under one key has one effect and one answer.

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::StatusCode;
use http_body::Body;
use serde_json::json;

use crate::TenantGrant;
use crate::db::{AuditNote, Db};
use crate::http::{Begun, IdempotencyKey, Problem};
use crate::testkit::TestDb;

async fn key(key: Option<&str>, path: &str) -> Result<IdempotencyKey, Problem> {
    let mut request = http::Request::post(path);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    IdempotencyKey::from_request_parts(&mut parts, &()).await
}

/// Adds an audit entry, as a mutation would, unless it was answered before.
async fn mutate(
    db: &Db,
    grant: &TenantGrant,
    key: &IdempotencyKey,
    body: &str,
) -> Result<Response, Problem> {
    let mut tx = db.tenant(grant).await?;
    let claim = match key.begin(&mut tx, body.as_bytes()).await? {
        Begun::Repeated(answer) => return Ok(answer),
        Begun::First(claim) => claim,
    };
    tx.audit(AuditNote::new("test.mutate", "test", "1"));
    let made = json!({ "made": tx.clock().new_id() });
    let answer = claim
        .answer(&mut tx, StatusCode::CREATED, Some("/v1/tests/1"), &made)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

async fn text(response: Response) -> (StatusCode, String) {
    assert!(response.body().size_hint().exact().is_some());
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn effects(test: &TestDb) -> i64 {
    let mut tx = test.db().tenant(&test.grant("acme")).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a count for a test")]
    let count = sqlx::query_scalar("select count(*) from platform.audit_entry");
    count.fetch_one(tx.conn()).await.unwrap()
}

#[tokio::test]
async fn a_repetition_is_given_the_first_answer() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let key = key(Some("k"), "/v1/tests").await.unwrap();
    let first = mutate(test.db(), &acme, &key, "body").await.unwrap();
    let second = mutate(test.db(), &acme, &key, "body").await.unwrap();
    assert_eq!(first.headers()["location"], second.headers()["location"]);
    assert_eq!(text(first).await, text(second).await);
    assert_eq!(effects(&test).await, 1);
}

#[tokio::test]
async fn a_key_that_is_used_for_another_request_is_refused() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let first = key(Some("k"), "/v1/tests").await.unwrap();
    mutate(test.db(), &acme, &first, "body").await.unwrap();
    let elsewhere = key(Some("k"), "/v1/others").await.unwrap();
    assert!(
        mutate(test.db(), &acme, &first, "another body")
            .await
            .is_err()
    );
    assert!(mutate(test.db(), &acme, &elsewhere, "body").await.is_err());
    assert_eq!(effects(&test).await, 1);
}

#[tokio::test]
async fn the_same_key_in_another_company_is_another_key() {
    let test = TestDb::new().await;
    let key = key(Some("k"), "/v1/tests").await.unwrap();
    let mine = mutate(test.db(), &test.grant("acme"), &key, "body")
        .await
        .unwrap();
    let theirs = mutate(test.db(), &test.grant("globex"), &key, "body")
        .await
        .unwrap();
    assert_ne!(text(mine).await, text(theirs).await);
}

#[tokio::test]
async fn a_request_without_a_key_is_always_a_new_one() {
    let test = TestDb::new().await;
    let key = key(None, "/v1/tests").await.unwrap();
    for _ in 0..2 {
        mutate(test.db(), &test.grant("acme"), &key, "body")
            .await
            .unwrap();
    }
    assert_eq!(effects(&test).await, 2);
}

#[tokio::test]
async fn a_request_that_failed_leaves_its_key_free() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let key = key(Some("k"), "/v1/tests").await.unwrap();
    let mut tx = test.db().tenant(&acme).await.unwrap();
    assert!(matches!(
        key.begin(&mut tx, b"body").await,
        Ok(Begun::First(_))
    ));
    drop(tx);
    mutate(test.db(), &acme, &key, "body").await.unwrap();
    assert_eq!(effects(&test).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_identical_requests_at_once_have_one_effect_and_one_answer() {
    let test = TestDb::new().await;
    let (acme, key) = (
        test.grant("acme"),
        key(Some("k"), "/v1/tests").await.unwrap(),
    );
    let requests = (0..100).map(|_| {
        let (db, key) = (test.db().clone(), key.clone());
        tokio::spawn(async move { mutate(&db, &acme, &key, "body").await })
    });
    let mut answers = std::collections::BTreeSet::new();
    for request in requests.collect::<Vec<_>>() {
        let (status, body) = text(request.await.unwrap().unwrap()).await;
        answers.insert((status.as_u16(), body));
    }
    assert_eq!(answers.len(), 1);
    assert_eq!(effects(&test).await, 1);
}

#[tokio::test]
async fn a_key_without_end_or_content_is_refused() {
    assert!(key(Some(""), "/").await.is_err());
    assert!(key(Some(&"k".repeat(256)), "/").await.is_err());
    assert!(key(Some(&"k".repeat(255)), "/").await.is_ok());
}
