use axum::body::Body;
use futures_util::future::join_all;
use http::{Request, StatusCode};
use jiff::SignedDuration;

use super::sign::{standard, timed};
use super::{Post, Sender};

const BODY: &str = r#"{"session_id":"K-1","participant_email":"kari@example.org"}"#;
const KIND: &str = "session-completed";

#[tokio::test]
async fn what_is_accepted_is_stored_sealed_before_the_answer() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let answer = post.send(post.delivery(&sender, KIND, "d-1", BODY)).await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::ACCEPTED, "")
    );
    let stored = "select count(*) from ingest.inbox_delivery
         where state = 'pending' and delivery_id = 'd-1' and source = 'kintell' and kind = 'session-completed'
           and received_at = due_at and octet_length(body) > 60 and position('kari' in encode(body, 'escape')) = 0";
    assert_eq!(post.house.count(stored).await, 1);
}

#[tokio::test]
async fn a_delivery_that_is_repeated_a_hundred_times_at_once_is_kept_once() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let sends = (0..100).map(|_| post.deliver(&sender, KIND, "d-1", BODY));
    let answers = join_all(sends).await;
    assert!(answers.iter().all(|status| *status == StatusCode::ACCEPTED));
    assert_eq!(post.kept().await, 1);
    // Nor is it kept again once it was taken in, whatever it says now.
    assert_eq!(
        post.deliver(&sender, KIND, "d-1", "{}").await,
        StatusCode::ACCEPTED
    );
    assert_eq!(post.kept().await, 1);
}

#[tokio::test]
async fn deliveries_that_come_at_once_are_kept_in_few_transactions_and_in_order() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let ids: Vec<String> = (0..300).map(|n| format!("d-{n:03}")).collect();
    let sends = ids.iter().map(|id| post.deliver(&sender, KIND, id, BODY));
    let answers = join_all(sends).await;
    assert!(answers.iter().all(|status| *status == StatusCode::ACCEPTED));
    assert_eq!(post.kept().await, 300);
    let transactions = "select count(distinct xmin::text) from ingest.inbox_delivery";
    assert!(post.house.count(transactions).await <= 10);
    let disordered = "select count(*) from (
             select delivery_id < lag(delivery_id) over (order by arrival) as back from ingest.inbox_delivery
         ) as d where back";
    assert_eq!(post.house.count(disordered).await, 0);
}

#[tokio::test]
async fn ids_are_apart_for_each_endpoint() {
    let post = Post::new().await;
    let first = post.sender("acme", "kintell").await;
    let second = post.sender("acme", "kintell").await;
    for sender in [&first, &second] {
        assert_eq!(
            post.deliver(sender, KIND, "d-1", BODY).await,
            StatusCode::ACCEPTED
        );
    }
    assert_eq!(post.kept().await, 2);
}

#[tokio::test]
async fn a_delivery_belongs_to_the_company_of_its_endpoint_and_nobody_else_sees_it() {
    let post = Post::new().await;
    let globex = post.sender("globex", "kintell").await;
    assert_eq!(
        post.deliver(&globex, KIND, "d-1", BODY).await,
        StatusCode::ACCEPTED
    );
    // The house looks as acme.
    assert_eq!(post.kept().await, 0);
    let acme = post.sender("acme", "kintell").await;
    let crossed = Sender {
        endpoint: globex.endpoint.clone(),
        ..acme
    };
    assert_eq!(
        post.deliver(&crossed, KIND, "d-2", BODY).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn whoever_is_refused_learns_nothing() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let buddy = post.sender("acme", "buddy").await;
    let wrong = Sender {
        secret: super::sign::SECRET.to_owned(),
        ..sender.clone()
    };
    let unknown = Sender {
        endpoint: "whe_0000000000000000000000000000000a".to_owned(),
        ..sender.clone()
    };
    let nonsense = Sender {
        endpoint: "nonsense".to_owned(),
        ..sender.clone()
    };
    let mut late = post.delivery(&sender, KIND, "d-1", BODY);
    let old = post.house.test.clock().now() - SignedDuration::from_secs(301);
    let signature = timed(&sender.secret, old.as_second(), BODY.as_bytes());
    let signature = format!("t={},v1={signature}", old.as_second());
    late.headers_mut()
        .insert("x-kintell-signature", signature.parse().unwrap());
    let mut unsigned = post.delivery(&sender, KIND, "d-1", BODY);
    unsigned.headers_mut().remove("x-kintell-signature");
    let mut other_body = post.delivery(&sender, KIND, "d-1", BODY);
    *other_body.body_mut() = Body::from("{}");
    let mut answers = Vec::new();
    for request in [
        post.delivery(&wrong, KIND, "d-1", BODY),
        post.delivery(&unknown, KIND, "d-1", BODY),
        post.delivery(&nonsense, KIND, "d-1", BODY),
        // A good signature, but not of a source that delivers this.
        post.delivery(&buddy, KIND, "d-1", BODY),
        post.delivery(&sender, "no-such-kind", "d-1", BODY),
        late,
        unsigned,
        other_body,
    ] {
        let answer = post.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.code(), "delivery_refused");
        answers.push((answer.headers, answer.text));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(post.kept().await, 0);
}

#[tokio::test]
async fn the_endpoint_may_stand_in_a_header_and_every_address_of_the_plan_works() {
    let post = Post::new().await;
    let kintell = post.sender("acme", "kintell").await;
    let buddy = post.sender("acme", "buddy").await;
    let ecornell = post.sender("acme", "ecornell").await;
    let now = post.house.test.clock().now().as_second();
    for (n, (sender, path)) in [
        (&kintell, "/v1/webhooks/session-completed"),
        (&kintell, "/v1/webhooks/rating-created"),
        (&kintell, "/v1/webhooks/booking-confirmed"),
        (&kintell, "/webhooks/session"),
        (&kintell, "/webhooks/rating"),
        (&kintell, "/webhooks/booking"),
        (&buddy, "/v1/webhooks/buddy-events"),
        (&buddy, "/webhooks/buddy-events"),
        (&ecornell, "/v1/webhooks/upskilling-events"),
        (&ecornell, "/webhooks/upskilling-events"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("d-{n}");
        let request = |endpoint: Option<&str>| {
            let mut request = Request::post(path)
                .header("webhook-id", &id)
                .header("webhook-timestamp", now.to_string())
                .header(
                    "webhook-signature",
                    standard(&sender.secret, &id, now, BODY.as_bytes()),
                );
            if let Some(endpoint) = endpoint {
                request = request.header("x-attest-endpoint", endpoint);
            }
            request.body(Body::from(BODY)).unwrap()
        };
        let answer = post.send(request(Some(&sender.endpoint))).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{path}");
        let answer = post.send(request(None)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(post.kept().await, 10);
    let kinds = "select count(distinct kind) from ingest.inbox_delivery";
    assert_eq!(post.house.count(kinds).await, 5);
}

#[tokio::test]
async fn a_delivery_without_an_id_is_not_kept() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    for id in [None, Some("kari@example.org")] {
        let mut request = post.delivery(&sender, KIND, "d-1", BODY);
        match id {
            None => request.headers_mut().remove("x-delivery-id"),
            Some(id) => request
                .headers_mut()
                .insert("x-delivery-id", id.parse().unwrap()),
        };
        let answer = post.send(request).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "delivery_id_missing")
        );
        assert!(!answer.text.contains("kari"));
    }
    assert_eq!(post.kept().await, 0);
}

#[tokio::test]
async fn a_body_need_not_be_json_to_be_kept_but_it_must_not_be_too_large() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    assert_eq!(
        post.deliver(&sender, KIND, "d-1", "not json").await,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        post.deliver(&sender, KIND, "d-2", "").await,
        StatusCode::ACCEPTED
    );
    let full = "x".repeat(super::super::inbox::MAX_BODY);
    assert_eq!(
        post.deliver(&sender, KIND, "d-3", &full).await,
        StatusCode::ACCEPTED
    );
    let large = format!("{full}x");
    assert_eq!(
        post.deliver(&sender, KIND, "d-4", &large).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(post.kept().await, 3);
}

#[tokio::test]
async fn nothing_is_accepted_while_nothing_can_be_stored() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    assert_eq!(
        post.deliver(&sender, KIND, "d-1", BODY).await,
        StatusCode::ACCEPTED
    );
    post.webhooks.db.close().await;
    for n in 0..3 {
        let answer = post
            .send(post.delivery(&sender, KIND, &format!("e-{n}"), BODY))
            .await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.code(), "delivery_not_stored");
    }
}
