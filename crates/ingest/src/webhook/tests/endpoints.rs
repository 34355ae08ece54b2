use contracts::Role;
use http::{StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Post, Sender, send};

const PATH: &str = "/v1/webhook-endpoints";
const BODY: &str = r#"{"session_id":"K-1"}"#;
const KIND: &str = "session-completed";

fn order() -> Value {
    json!({ "source": "kintell", "rating_scale": "1-5", "description": "Kintell, Oslo" })
}

impl Post {
    async fn admin(&self, method: &str, path: &str, body: Value) -> super::Answer {
        self.ask("acme", Role::CompanyAdmin, method, path, body)
            .await
    }
}

#[tokio::test]
async fn an_endpoint_s_secret_is_shown_once_and_never_kept_in_clear() {
    let post = Post::new().await;
    let key = [("idempotency-key", "make-1")];
    let role = Role::CompanyAdmin;
    let first = post
        .ask_with("acme", role, "POST", PATH, order(), &key)
        .await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let endpoint = first.json();
    let id = endpoint["id"].as_str().unwrap();
    let secret = endpoint["secret"].as_str().unwrap();
    assert!(id.starts_with("whe_") && secret.starts_with("whsec_"));
    assert_eq!(first.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(first.headers[header::LOCATION], format!("{PATH}/{id}"));
    assert_eq!(endpoint["rating_scale"], "1-5");
    assert_eq!(
        endpoint["paths"][0],
        format!("/v1/webhooks/{id}/session-completed")
    );
    let again = post
        .ask_with("acme", role, "POST", PATH, order(), &key)
        .await;
    assert_eq!(
        (again.status, &again.json()["id"]),
        (StatusCode::CREATED, &json!(id))
    );
    assert!(again.json().get("secret").is_none());
    let listed = post.admin("GET", PATH, Value::Null).await;
    assert_eq!(listed.json()["items"].as_array().unwrap().len(), 1);
    assert!(!listed.text.contains("whsec_"));
    let clear = post.house.count(
        "select (select count(*) from platform.idempotency_record where position('whsec_' in encode(body, 'escape')) > 0)
              + (select count(*) from ingest.webhook_endpoint where position('whsec_' in encode(secret, 'escape')) > 0)
              + (select count(*) from platform.audit_entry where position('whsec_' in details) > 0)",
    );
    assert_eq!(clear.await, 0);
    let audited =
        "select count(*) from platform.audit_entry where action = 'webhook_endpoint.create'";
    assert_eq!(post.house.count(audited).await, 1);
}

#[tokio::test]
async fn the_scale_of_ratings_is_said_where_there_are_ratings_and_nowhere_else() {
    let post = Post::new().await;
    for (order, status, code) in [
        (json!({ "source": "kintell" }), 422, "rating_scale_missing"),
        (
            json!({ "source": "buddy", "rating_scale": "1-10" }),
            422,
            "rating_scale_unknown",
        ),
        (
            json!({ "source": "ecornell", "rating_scale": "0-1" }),
            422,
            "rating_scale_unused",
        ),
        (json!({ "source": "benevity" }), 400, "body_malformed"),
        (
            json!({ "source": "ecornell", "secret": "mine" }),
            400,
            "body_malformed",
        ),
        (
            json!({ "source": "ecornell", "description": "a\nb" }),
            422,
            "description_malformed",
        ),
        (
            json!({ "source": "ecornell", "description": "x".repeat(201) }),
            422,
            "description_malformed",
        ),
    ] {
        let answer = post.admin("POST", PATH, order.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{order}"
        );
    }
    let answer = post
        .admin("POST", PATH, json!({ "source": "itslearning" }))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_are_good_until_the_stated_time() {
    let post = Post::new().await;
    let old = post.sender("acme", "kintell").await;
    let until = post.house.test.clock().now() + SignedDuration::from_hours(2);
    let path = format!("{PATH}/{}/rotate", old.endpoint);
    let body = json!({ "former_valid_until": until.to_string() });
    let rotated = post.admin("POST", &path, body).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    let new = Sender {
        secret: rotated.json()["secret"].as_str().unwrap().to_owned(),
        ..old.clone()
    };
    assert_ne!(new.secret, old.secret);
    assert_eq!(
        post.deliver(&old, KIND, "1", BODY).await,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        post.deliver(&new, KIND, "2", BODY).await,
        StatusCode::ACCEPTED
    );
    post.house
        .test
        .clock()
        .advance(SignedDuration::from_hours(2));
    assert_eq!(
        post.deliver(&old, KIND, "3", BODY).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        post.deliver(&new, KIND, "4", BODY).await,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn a_third_secret_ends_the_first_and_a_time_that_has_passed_ends_it_at_once() {
    let post = Post::new().await;
    let first = post.sender("acme", "kintell").await;
    let path = format!("{PATH}/{}/rotate", first.endpoint);
    let mut senders = vec![first];
    for body in [
        json!({}),
        json!({}),
        json!({ "former_valid_until": "2020-01-01T00:00:00Z" }),
    ] {
        let rotated = post.admin("POST", &path, body).await.json();
        senders.push(Sender {
            secret: rotated["secret"].as_str().unwrap().to_owned(),
            ..senders[0].clone()
        });
        let mut good = Vec::new();
        for (n, sender) in senders.iter().enumerate() {
            let id = format!("{}-{n}", senders.len());
            good.push(post.deliver(sender, KIND, &id, BODY).await == StatusCode::ACCEPTED);
        }
        let expected: &[bool] = match senders.len() {
            2 => &[true, true],
            3 => &[false, true, true],
            _ => &[false, false, false, true],
        };
        assert_eq!(good, expected);
    }
    let far = json!({ "former_valid_until": "2030-01-01T00:00:00Z" });
    let refused = post.admin("POST", &path, far).await;
    assert_eq!(refused.code(), "overlap_too_long");
}

#[tokio::test]
async fn a_revoked_endpoint_takes_nothing_more_here_and_in_other_processes() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let elsewhere = post.another_process();
    let delivery = post.delivery(&sender, KIND, "1", BODY);
    assert_eq!(
        send(&elsewhere, delivery).await.status,
        StatusCode::ACCEPTED
    );
    let path = format!("{PATH}/{}", sender.endpoint);
    for _ in 0..2 {
        let answer = post.admin("DELETE", &path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(answer.json()["revoked_at"].is_string());
    }
    assert_eq!(
        post.deliver(&sender, KIND, "2", BODY).await,
        StatusCode::UNAUTHORIZED
    );
    let delivery = post.delivery(&sender, KIND, "3", BODY);
    assert_eq!(
        send(&elsewhere, delivery).await.status,
        StatusCode::UNAUTHORIZED
    );
    let rotate = format!("{path}/rotate");
    assert_eq!(
        post.admin("POST", &rotate, json!({})).await.status,
        StatusCode::NOT_FOUND
    );
    let gone = "select count(*) from ingest.webhook_endpoint where secret is null and former_secret is null";
    assert_eq!(post.house.count(gone).await, 1);
    let audited =
        "select count(*) from platform.audit_entry where action = 'webhook_endpoint.revoke'";
    assert_eq!(post.house.count(audited).await, 1);
}

#[tokio::test]
async fn another_process_uses_an_endpoint_made_here() {
    let post = Post::new().await;
    let elsewhere = post.another_process();
    let sender = post.sender("acme", "kintell").await;
    let delivery = post.delivery(&sender, KIND, "1", BODY);
    assert_eq!(
        send(&elsewhere, delivery).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test]
async fn only_administrators_of_the_company_care_for_its_endpoints() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let own = format!("{PATH}/{}", sender.endpoint);
    let rotate = format!("{own}/rotate");
    for role in [Role::CompanyViewer, Role::CompanyManager, Role::ApiClient] {
        for (method, path, body) in [
            ("POST", PATH, order()),
            ("GET", PATH, Value::Null),
            ("POST", &rotate, json!({})),
            ("DELETE", &own, Value::Null),
        ] {
            let answer = post.ask("acme", role, method, path, body).await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{role} {method} {path}"
            );
        }
    }
    let role = Role::CompanyAdmin;
    let list = post.ask("globex", role, "GET", PATH, Value::Null).await;
    assert_eq!(list.json()["items"], json!([]));
    for (method, path, body) in [("POST", &rotate, json!({})), ("DELETE", &own, Value::Null)] {
        for company in ["globex", "acme"] {
            let path = if company == "acme" {
                path.replace(&sender.endpoint, "whe_00000000000000000000000000000001")
            } else {
                path.clone()
            };
            let answer = post.ask(company, role, method, &path, body.clone()).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{company} {method}");
        }
    }
    assert_eq!(
        post.deliver(&sender, KIND, "1", BODY).await,
        StatusCode::ACCEPTED
    );
}
