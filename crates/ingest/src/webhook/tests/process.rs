//! From kept deliveries to rows, events and dead letters.

use contracts::Role;
use contracts::event::EventType;
use http::StatusCode;
use jiff::SignedDuration;
use platform::Clock;
use platform::jobs::JobRunner;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Post, Sender};
use crate::tests::{HEADER, row};
use crate::webhook::process::Processor;

pub(super) const SESSION: &str = "session-completed";

pub(super) fn session(id: &str) -> Value {
    json!({
        "session_id": id,
        "session_type": "Language Connect",
        "participant_email": format!("learner-{id}@example.org"),
        "volunteer_email": "mentor@acme.example.org",
        "scheduled_at": "2026-03-01T10:00:00Z",
        "completed_at": "2026-03-01T11:00:00Z",
        "duration_minutes": 60,
        "topics": ["food", "travel"],
        "language_level": "B1",
        "sent_by": "a field that nobody knows",
    })
}

fn booking(id: &str, at: &str) -> Value {
    json!({
        "booking_id": id,
        "session_type": "language",
        "participant_email": "kari@example.org",
        "volunteer_email": "mentor@acme.example.org",
        "scheduled_at": at,
    })
}

impl Post {
    pub(super) fn processor(&self) -> Processor {
        Processor::new(&self.webhooks, self.house.test.issuer())
    }

    pub(super) async fn settle(&self) {
        self.processor().settle().await.unwrap();
    }

    pub(super) async fn accept(&self, sender: &Sender, kind: &str, id: &str, body: &Value) {
        let status = self.deliver(sender, kind, id, &body.to_string()).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }

    pub(super) async fn letters(&self) -> Vec<Value> {
        let path = "/v1/webhooks/dlq";
        let answer = self
            .ask("acme", Role::CompanyAdmin, "GET", path, Value::Null)
            .await;
        answer.json()["items"].as_array().unwrap().clone()
    }

    async fn settled(&self, method: &str, path: &str) -> StatusCode {
        let role = Role::CompanyAdmin;
        self.ask("acme", role, method, path, Value::Null)
            .await
            .status
    }

    pub(super) async fn published(&self, wanted: EventType) -> Vec<Value> {
        let events = self.house.events().await;
        let events = events.iter().filter(|event| event.event_type() == wanted);
        events.map(|event| event.to_value().unwrap()).collect()
    }

    /// Has the database refuse sessions of this id, as a fault of ours might.
    pub(super) async fn poison(&self, id: &str) {
        self.administer(format!(
            "create function public.refuse() returns trigger language plpgsql as
                 $$ begin if new.external_id = '{id}' then raise exception 'poison'; end if; return new; end $$;
             create trigger refuse before insert on ingest.kintell_session for each row execute function public.refuse()"
        ))
        .await;
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a test plays a fault of the database"
    )]
    pub(super) async fn administer(&self, statement: String) {
        let mut conn = PgConnection::connect_with(&self.house.test.options())
            .await
            .unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut conn)
            .await
            .unwrap();
        conn.close().await.unwrap();
    }

    fn clock(&self) -> &Clock {
        self.house.test.clock()
    }
}

#[tokio::test]
async fn a_session_that_is_delivered_becomes_a_row_with_its_people_and_an_event() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    post.accept(&sender, SESSION, "d-1", &session("K-1")).await;
    post.settle().await;
    let stored = "select count(*) from ingest.kintell_session as s join ingest.inbox_delivery as d on d.id = s.delivery_id
         where s.external_id = 'K-1' and s.duration_minutes = 60 and s.topics = '{food,travel}' and s.language_level = 'B1'
           and s.import_id is null and d.state = 'processed' and d.body is null and d.attempts = 1";
    assert_eq!(post.house.count(stored).await, 1);
    let events = post.published(EventType::KintellSessionCompleted).await;
    assert_eq!(events.len(), 1);
    let source = events[0]["source"].as_str().unwrap();
    assert!(source.starts_with("/ingest/deliveries/"), "{source}");
    let audited = "select count(*) from platform.audit_entry where action = 'delivery.take_in'";
    assert_eq!(post.house.count(audited).await, 1);
    assert!(post.letters().await.is_empty());
    // Nothing is left to do.
    post.settle().await;
    assert_eq!(post.house.events().await.len(), 1);
}

#[tokio::test]
async fn the_same_session_by_file_and_by_webhook_is_one_session() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let file = || [HEADER, &row("K-1", 45, "5", "Very helpful")].concat();
    post.house.import(file()).await;
    let mut told = session("K-1");
    told["duration_minutes"] = json!(50);
    post.accept(&sender, SESSION, "d-1", &told).await;
    post.settle().await;
    // What the delivery does not speak of stays.
    let merged = "select count(*) from ingest.kintell_session
         where external_id = 'K-1' and duration_minutes = 50 and rating = 1 and feedback_text_id is not null";
    assert_eq!(post.house.count(merged).await, 1);
    assert_eq!(
        post.published(EventType::KintellRatingCreated).await.len(),
        1
    );
    post.house.import(file()).await;
    let sessions = "select count(*) from ingest.kintell_session";
    assert_eq!(post.house.count(sessions).await, 1);
    assert_eq!(
        post.published(EventType::KintellRatingCreated).await.len(),
        1
    );
    let ids = "select count(distinct body -> 'data' ->> 'sessionId') from platform.outbox";
    assert_eq!(post.house.count(ids).await, 1);
}

#[tokio::test]
async fn a_mentorship_session_is_told_from_a_language_session() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let mut told = session("M-1");
    told["session_type"] = json!("mentorship");
    told["topics"] = json!("career");
    post.accept(
        &sender,
        SESSION,
        "d-1",
        &json!({ "event": "session_completed", "data": told }),
    )
    .await;
    post.settle().await;
    let stored = "select count(*) from ingest.kintell_session where session_type = 'mentorship' and focus_area = 'career'";
    assert_eq!(post.house.count(stored).await, 1);
}

#[tokio::test]
async fn what_cannot_be_taken_in_is_a_dead_letter_that_says_why_and_stops_nobody() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let mut bad = session("K-2");
    bad["participant_email"] = json!("kari at example.org");
    bad["duration_minutes"] = json!(481);
    let mut untyped = session("K-3");
    untyped["session_type"] = json!("yoga");
    for (id, body) in [
        ("d-1", session("K-1").to_string()),
        ("d-2", bad.to_string()),
        ("d-3", "not json".to_owned()),
        ("d-4", "[1]".to_owned()),
        ("d-5", "{}".to_owned()),
        ("d-6", untyped.to_string()),
        ("d-7", session("K-7").to_string()),
    ] {
        assert_eq!(
            post.deliver(&sender, SESSION, id, &body).await,
            StatusCode::ACCEPTED
        );
    }
    post.settle().await;
    let letters = post.letters().await;
    let told: Vec<(&str, &str)> = letters
        .iter()
        .map(|l| {
            (
                l["delivery_id"].as_str().unwrap(),
                l["reason_code"].as_str().unwrap(),
            )
        })
        .collect();
    let mut told = told.clone();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("d-2", "refused"),
            ("d-3", "body_not_json"),
            ("d-4", "body_not_an_object"),
            ("d-5", "session_type_unknown"),
            ("d-6", "session_type_unknown"),
        ]
    );
    let refused = letters.iter().find(|l| l["delivery_id"] == "d-2").unwrap();
    let reason = refused["reason"].as_str().unwrap();
    assert!(
        reason.contains("E001 participant_email") && reason.contains("E004 duration_minutes"),
        "{reason}"
    );
    assert!(!reason.contains("kari"));
    let sessions = "select count(*) from ingest.kintell_session";
    assert_eq!(post.house.count(sessions).await, 2);
    let kept =
        "select count(*) from ingest.inbox_delivery where state = 'dead' and body is not null";
    assert_eq!(post.house.count(kept).await, 5);
}

#[tokio::test]
async fn a_delivery_that_fails_for_no_fault_of_its_own_is_tried_again_and_then_given_up() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    post.poison("K-2").await;
    for n in 1..=3 {
        post.accept(
            &sender,
            SESSION,
            &format!("d-{n}"),
            &session(&format!("K-{n}")),
        )
        .await;
    }
    post.settle().await;
    let sessions = "select count(*) from ingest.kintell_session";
    assert_eq!(post.house.count(sessions).await, 2);
    let waits = "select count(*) from ingest.inbox_delivery
         where state = 'pending' and attempts = 1 and due_at > received_at and reason_code = 'not_taken_in'";
    assert_eq!(post.house.count(waits).await, 1);
    assert!(post.letters().await.is_empty());
    for _ in 0..9 {
        post.clock().advance(SignedDuration::from_mins(15));
        post.settle().await;
    }
    let letters = post.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (&letters[0]["delivery_id"], &letters[0]["attempts"]),
        (&json!("d-2"), &json!(10))
    );
    let audited = "select count(*) from platform.audit_entry where action = 'delivery.give_up'";
    assert_eq!(post.house.count(audited).await, 1);
}

#[tokio::test]
async fn a_dead_letter_is_replayed_or_discarded_once_and_by_administrators_of_its_company() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let mut early = session("K-1");
    // More than ten years ahead of the clock's time is no date of a session.
    early["scheduled_at"] = json!("not a date");
    post.accept(&sender, SESSION, "d-1", &early).await;
    post.poison("K-2").await;
    post.accept(&sender, SESSION, "d-2", &session("K-2")).await;
    for _ in 0..10 {
        post.settle().await;
        post.clock().advance(SignedDuration::from_mins(15));
    }
    let letters = post.letters().await;
    assert_eq!(letters.len(), 2);
    let path = |letter: &Value| format!("/v1/webhooks/dlq/{}", letter["id"].as_str().unwrap());
    let (discarded, replayed) = (path(&letters[0]), path(&letters[1]));
    for role in [Role::CompanyManager, Role::CompanyViewer, Role::ApiClient] {
        for (method, path) in [
            ("GET", "/v1/webhooks/dlq".to_owned()),
            ("DELETE", discarded.clone()),
            ("POST", format!("{replayed}/replay")),
        ] {
            let answer = post.ask("acme", role, method, &path, Value::Null).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {method}");
        }
    }
    let admin = Role::CompanyAdmin;
    for (method, path) in [
        ("DELETE", discarded.clone()),
        ("POST", format!("{replayed}/replay")),
    ] {
        let answer = post.ask("globex", admin, method, &path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}");
    }
    assert_eq!(post.settled("DELETE", &discarded).await, StatusCode::OK);
    assert_eq!(
        post.settled("DELETE", &discarded).await,
        StatusCode::NOT_FOUND
    );
    let gone =
        "select count(*) from ingest.inbox_delivery where state = 'discarded' and body is null";
    assert_eq!(post.house.count(gone).await, 1);
    post.administer("drop trigger refuse on ingest.kintell_session".to_owned())
        .await;
    let replay = format!("{replayed}/replay");
    assert_eq!(post.settled("POST", &replay).await, StatusCode::ACCEPTED);
    assert_eq!(post.settled("POST", &replay).await, StatusCode::NOT_FOUND);
    post.settle().await;
    let sessions = "select count(*) from ingest.kintell_session where external_id = 'K-2'";
    assert_eq!(post.house.count(sessions).await, 1);
    assert!(post.letters().await.is_empty());
    let audited = "select count(*) from platform.audit_entry where action in ('delivery.replay', 'delivery.discard')";
    assert_eq!(post.house.count(audited).await, 2);
    // What was discarded is still known.
    post.accept(&sender, SESSION, "d-1", &session("K-9")).await;
    post.settle().await;
    let sessions = "select count(*) from ingest.kintell_session where external_id = 'K-9'";
    assert_eq!(post.house.count(sessions).await, 0);
}

#[tokio::test]
async fn dead_letters_come_in_pages_with_their_counts() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    for n in 0..5 {
        assert_eq!(
            post.deliver(&sender, SESSION, &format!("d-{n}"), "x").await,
            StatusCode::ACCEPTED
        );
    }
    post.settle().await;
    assert_eq!(
        post.deliver(&sender, SESSION, "d-9", "x").await,
        StatusCode::ACCEPTED
    );
    let mut path = "/v1/webhooks/dlq?limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = post
            .ask("acme", Role::CompanyAdmin, "GET", &path, Value::Null)
            .await
            .json();
        assert_eq!((&page["pending"], &page["dead"]), (&json!(1), &json!(5)));
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| i["id"].to_string()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/webhooks/dlq?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((all, seen.len()), (5, 5));
    for query in ["cursor=x", "cursor=1.x", "page=2"] {
        let path = format!("/v1/webhooks/dlq?{query}");
        let answer = post
            .ask("acme", Role::CompanyAdmin, "GET", &path, Value::Null)
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn a_booking_is_announced_and_the_session_that_follows_keeps_its_id() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    let kind = "booking-confirmed";
    let at = "2026-03-01T10:00:00Z";
    // One has the session's id already, the other is found by its people and its time.
    let mut with_id = booking("B-1", "2026-03-02T10:00:00Z");
    with_id["session_id"] = json!("K-1");
    post.accept(&sender, kind, "d-1", &with_id).await;
    post.accept(&sender, kind, "d-2", &booking("B-2", at)).await;
    post.accept(&sender, kind, "d-3", &booking("B-2", at)).await;
    post.settle().await;
    let scheduled = post.published(EventType::KintellSessionScheduled).await;
    assert_eq!(scheduled.len(), 2);
    // It is put off, which is news.
    post.accept(
        &sender,
        kind,
        "d-4",
        &booking("B-2", "2026-03-01T12:00:00Z"),
    )
    .await;
    post.settle().await;
    assert_eq!(
        post.published(EventType::KintellSessionScheduled)
            .await
            .len(),
        3
    );
    let mut first = session("K-1");
    first["participant_email"] = json!("kari@example.org");
    let mut second = session("K-2");
    second["participant_email"] = json!("KARI@example.org");
    second["scheduled_at"] = json!("2026-03-01T12:00:00Z");
    second["completed_at"] = json!("2026-03-01T13:00:00Z");
    post.accept(&sender, SESSION, "d-5", &first).await;
    post.accept(&sender, SESSION, "d-6", &second).await;
    post.settle().await;
    let joined = "select count(*) from ingest.kintell_session as s join ingest.kintell_booking as b
             on b.company_id = s.company_id and b.id = s.id and b.completed_at is not null
         where (s.external_id, b.external_id) in (('K-1', 'K-1'), ('K-2', 'B-2'))";
    assert_eq!(post.house.count(joined).await, 2);
    // A late repetition of a booking says nothing new.
    post.accept(&sender, kind, "d-7", &booking("B-2", at)).await;
    post.accept(&sender, kind, "d-8", &with_id).await;
    post.settle().await;
    assert_eq!(
        post.published(EventType::KintellSessionScheduled)
            .await
            .len(),
        3
    );
    assert!(post.letters().await.is_empty());
}

#[tokio::test]
async fn a_booking_that_says_too_little_is_a_dead_letter() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    post.accept(
        &sender,
        "booking-confirmed",
        "d-1",
        &json!({ "session_type": "yoga" }),
    )
    .await;
    post.settle().await;
    let letters = post.letters().await;
    let reason = letters[0]["reason"].as_str().unwrap();
    for part in [
        "E002 booking_id",
        "session_type",
        "E002 participant_email",
        "E002 volunteer_email",
        "E002 scheduled_at",
    ] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
}

#[tokio::test]
async fn two_processes_at_once_take_everything_in_once() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    for n in 0..40 {
        post.accept(
            &sender,
            SESSION,
            &format!("d-{n}"),
            &session(&format!("K-{n}")),
        )
        .await;
    }
    let (one, two) = (post.processor(), post.processor());
    let (first, second) = tokio::join!(one.settle(), two.settle());
    first.unwrap();
    second.unwrap();
    post.settle().await;
    assert_eq!(
        post.published(EventType::KintellSessionCompleted)
            .await
            .len(),
        40
    );
    let left = "select count(*) from ingest.inbox_delivery where state <> 'processed'";
    assert_eq!(post.house.count(left).await, 0);
}

#[tokio::test]
async fn what_was_kept_before_a_crash_is_taken_in_after_it() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    post.accept(&sender, SESSION, "d-1", &session("K-1")).await;
    // Another process, which never heard of the delivery.
    let (db, issuer) = post.house.test.another_process();
    let webhooks = crate::Webhooks::new(&db, &issuer);
    Processor::new(&webhooks, &issuer).settle().await.unwrap();
    assert_eq!(
        post.published(EventType::KintellSessionCompleted)
            .await
            .len(),
        1
    );
    // The sender heard nothing of the first answer and sends again.
    post.accept(&sender, SESSION, "d-1", &session("K-1")).await;
    post.settle().await;
    assert_eq!(
        post.published(EventType::KintellSessionCompleted)
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn one_company_s_deliveries_become_that_company_s_rows() {
    let post = Post::new().await;
    let acme = post.sender("acme", "kintell").await;
    let globex = post.sender("globex", "kintell").await;
    post.accept(&acme, SESSION, "d-1", &session("K-1")).await;
    post.accept(&globex, SESSION, "d-1", &session("K-2")).await;
    post.settle().await;
    // The house looks as acme.
    let own = "select count(*) from ingest.kintell_session where external_id = 'K-1'";
    let all = "select count(*) from ingest.kintell_session";
    assert_eq!(
        (post.house.count(own).await, post.house.count(all).await),
        (1, 1)
    );
}

#[tokio::test]
async fn what_was_dealt_with_a_month_ago_is_swept_and_dead_letters_stay() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    post.accept(&sender, SESSION, "d-1", &session("K-1")).await;
    assert_eq!(
        post.deliver(&sender, SESSION, "d-2", "x").await,
        StatusCode::ACCEPTED
    );
    post.settle().await;
    let sweep = async || {
        let mut tx = post.house.test.db().system("test").await.unwrap();
        let job = platform::jobs::NewJob::new("SweepInbox", json!({})).unwrap();
        platform::jobs::enqueue(&mut tx, job).await.unwrap();
        tx.commit_bookkeeping().await.unwrap();
        let kind = crate::webhook::process::sweep::SweepInbox::kind();
        JobRunner::new(post.house.test.db(), vec![kind])
            .settle()
            .await
            .unwrap();
    };
    sweep().await;
    assert_eq!(post.kept().await, 2);
    post.clock()
        .advance(SignedDuration::from_hours(30 * 24 + 1));
    sweep().await;
    assert_eq!(post.kept().await, 1);
    assert_eq!(post.letters().await.len(), 1);
}
