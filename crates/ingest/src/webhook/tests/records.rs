//! Ratings, buddies and courses, from deliveries to events.

use contracts::event::EventType;
use jiff::SignedDuration;
use serde_json::json;

use super::Post;
use super::process::{SESSION, session};

const RATING: &str = "rating-created";

fn rating(id: &str, session: &str) -> serde_json::Value {
    json!({
        "rating_id": id,
        "session_id": session,
        "from_role": "volunteer",
        "rating": 4,
        "feedback_text": "Well prepared",
        "created_at": "2026-03-01T12:00:00Z",
    })
}

#[tokio::test]
async fn a_rating_is_told_on_the_scale_of_its_endpoint() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    post.accept(&sender, SESSION, "d-1", &session("K-1")).await;
    post.accept(&sender, RATING, "d-2", &rating("R-1", "K-1"))
        .await;
    post.settle().await;
    let told = post.published(EventType::KintellRatingCreated).await;
    assert_eq!(told.len(), 1);
    let data = &told[0]["data"];
    assert_eq!(
        (&data["rating"], &data["fromRole"]),
        (&json!(0.75), &json!("volunteer"))
    );
    assert_eq!(data["sourceScale"], "one_to_five");
    assert!(data["feedbackTextId"].is_string());
    let source = told[0]["source"].as_str().unwrap();
    assert!(source.starts_with("/ingest/deliveries/"), "{source}");
    // The same rating under another delivery says nothing new.
    post.accept(&sender, RATING, "d-3", &rating("R-1", "K-1"))
        .await;
    post.settle().await;
    assert_eq!(
        post.published(EventType::KintellRatingCreated).await.len(),
        1
    );
    assert!(post.letters().await.is_empty());
}

#[tokio::test]
async fn a_rating_waits_for_its_session_and_is_given_up_when_none_comes() {
    let post = Post::new().await;
    let sender = post.sender("acme", "kintell").await;
    for (id, name) in [("d-1", "K-1"), ("d-2", "K-2")] {
        post.accept(&sender, RATING, id, &rating(&format!("R-{name}"), name))
            .await;
    }
    post.settle().await;
    assert!(post.letters().await.is_empty());
    assert!(
        post.published(EventType::KintellRatingCreated)
            .await
            .is_empty()
    );
    post.accept(&sender, SESSION, "d-3", &session("K-1")).await;
    for _ in 0..10 {
        post.house
            .test
            .clock()
            .advance(SignedDuration::from_mins(15));
        post.settle().await;
    }
    assert_eq!(
        post.published(EventType::KintellRatingCreated).await.len(),
        1
    );
    let letters = post.letters().await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["delivery_id"], "d-2");
    let reason = letters[0]["reason"].as_str().unwrap();
    assert!(reason.contains("session_id"), "{reason}");
}

#[tokio::test]
async fn people_their_match_and_its_check_in_arrive_in_one_batch_and_in_no_order() {
    let post = Post::new().await;
    let sender = post.sender("acme", "buddy").await;
    let id = |n: u8| format!("019a0000-0000-7000-8000-0000000000{n:02}");
    let kind = "buddy-events";
    let checkin = json!({
        "event_type": "checkin.submitted", "event_id": "e-2", "timestamp": "2026-03-02T10:00:00Z",
        "data": { "checkinId": id(4), "matchId": id(1), "mood": "good", "notes": "We went hiking",
                  "questionResponses": { "how": "well" } },
    });
    let matched = json!({
        "event_type": "match.created", "event_id": "e-1", "timestamp": "2026-03-01T10:00:00Z",
        "data": { "matchId": id(1), "participantId": id(2), "buddyId": id(3),
                  "matchingCriteria": { "language": "English", "interests": ["hiking"] } },
    });
    let user = |n: u8, role: &str| json!({ "type": "user.created", "payload": { "id": id(n), "email": format!("u-{n}@example.org"), "firstName": "Ada", "lastName": "B", "role": role, "joinedAt": "2026-01-01" } });
    post.accept(&sender, kind, "d-1", &checkin).await;
    post.accept(&sender, kind, "d-2", &matched).await;
    post.accept(&sender, kind, "d-3", &user(2, "participant"))
        .await;
    post.accept(&sender, kind, "d-4", &user(3, "buddy")).await;
    post.settle().await;
    assert_eq!(post.letters().await, Vec::<serde_json::Value>::new());
    let states = "select count(*) from ingest.inbox_delivery where state = 'processed'";
    assert_eq!(post.house.count(states).await, 4);
    assert_eq!(post.published(EventType::BuddyMatchCreated).await.len(), 1);
    let checkins = post.published(EventType::BuddyCheckinCompleted).await;
    assert_eq!(checkins.len(), 1);
    assert_eq!(checkins[0]["data"]["mood"], "good");
}

#[tokio::test]
async fn a_completed_course_with_a_certificate_is_two_things() {
    let post = Post::new().await;
    let sender = post.sender("acme", "ecornell").await;
    let told = json!({
        "event_type": "course.completed", "event_id": "e", "timestamp": "2026-02-01T00:00:00Z",
        "user": { "external_id": "u", "email": "kari@example.org" },
        "course": { "course_id": "EXEC-101", "course_name": "Executive Leadership" },
        "progress": { "status": "completed", "percent_complete": 100, "completed_at": "2026-02-01T00:00:00Z" },
        "certificate": { "certificate_id": "C-1", "certificate_url": "https://e.example/c", "issued_at": "2026-02-01T00:00:00Z" },
    });
    post.accept(&sender, "upskilling-events", "d-1", &told)
        .await;
    post.settle().await;
    assert_eq!(post.letters().await, Vec::<serde_json::Value>::new());
    for wanted in [
        EventType::UpskillingCourseCompleted,
        EventType::UpskillingCredentialIssued,
    ] {
        assert_eq!(post.published(wanted).await.len(), 1, "{wanted:?}");
    }
}

#[tokio::test]
async fn a_delivery_that_tells_of_two_things_is_taken_in_whole_or_not_at_all() {
    let post = Post::new().await;
    let sender = post.sender("acme", "ecornell").await;
    let told = json!({
        "event_type": "course.completed", "timestamp": "2026-02-01T00:00:00Z",
        "user": { "email": "kari@example.org" },
        "course": { "course_id": "EXEC-101", "course_name": "Executive Leadership" },
        "certificate": { "certificate_id": "C-1", "certificate_url": "not a link" },
    });
    post.accept(&sender, "upskilling-events", "d-1", &told)
        .await;
    post.settle().await;
    let letters = post.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0]["reason"]
            .as_str()
            .unwrap()
            .contains("credential_url")
    );
    assert!(
        post.published(EventType::UpskillingCourseCompleted)
            .await
            .is_empty()
    );
}
