use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Cells, Told, read};
use crate::source::Source;
use crate::webhook::source::{DeliveryKind as Kind, WebhookSource as From};

fn told(source: From, kind: Kind, body: &Value) -> Vec<Told> {
    read(source, kind, body.to_string().as_bytes()).unwrap()
}

fn record(told: &[Told]) -> (Source, &Cells) {
    match told {
        [Told::Record(source, cells)] => (*source, cells),
        other => panic!("{other:?}"),
    }
}

fn filled(cells: &Cells) -> Vec<(&str, &str)> {
    let names = cells.names().map(|name| (name, cells.get(name).unwrap()));
    names.filter(|(_, text)| !text.is_empty()).collect()
}

#[test]
fn a_match_of_the_buddy_system_is_read_however_it_is_written() {
    let expected = vec![
        ("match_id", "m-1"),
        ("participant_id", "p-1"),
        ("buddy_id", "b-1"),
        ("matched_at", "2026-01-02T03:04:05Z"),
        ("status", "active"),
        ("language", "English"),
        ("interests", "hiking,cooking"),
        ("location", "Oslo"),
    ];
    let snake = json!({
        "event_type": "match.created", "event_id": "e-1", "timestamp": "2026-01-02T03:04:05Z",
        "data": {
            "match_id": "m-1", "participant_id": "p-1", "buddy_id": "b-1",
            "matching_criteria": { "language": "English", "interests": ["hiking", "cooking"], "location": "Oslo" },
        },
    });
    let camel = json!({
        "type": "buddy.match.created", "matchId": "m-1", "participantId": "p-1", "buddyId": "b-1",
        "matchedAt": "2026-01-02T03:04:05Z",
        "matchingCriteria": { "language": "English", "interests": ["hiking", "cooking"], "location": "Oslo" },
    });
    for body in [snake, camel] {
        let told = told(From::Buddy, Kind::BuddyEvents, &body);
        let (source, cells) = record(&told);
        assert_eq!(source, Source::BuddyMatches);
        assert_eq!(filled(cells), expected, "{body}");
    }
}

#[test]
fn every_type_of_the_buddy_system_finds_its_source_and_the_delivery_s_time_stands_in() {
    for (kind, source, time) in super::buddy::TYPES {
        let body = json!({ "event_type": kind, "timestamp": "2026-01-02T03:04:05Z", "data": { "match_id": "m-1" } });
        let told = told(From::Buddy, Kind::BuddyEvents, &body);
        let (found, cells) = record(&told);
        assert_eq!(found, source, "{kind}");
        if let Some(time) = time {
            assert_eq!(cells.get(time), Some("2026-01-02T03:04:05Z"), "{kind}");
        }
    }
}

#[test]
fn feedback_has_its_categories_and_a_check_in_its_answers() {
    let body = json!({
        "event_type": "feedback.submitted",
        "data": { "id": "f-1", "matchId": "m-1", "fromRole": "buddy", "rating": 0.8, "feedbackText": "a, b",
                  "submittedAt": "2026-01-02", "categories": { "communication": 1, "helpfulness": 0.5 } },
    });
    let feedback = told(From::Buddy, Kind::BuddyEvents, &body);
    let (_, cells) = record(&feedback);
    assert_eq!(
        filled(cells),
        [
            ("feedback_id", "f-1"),
            ("match_id", "m-1"),
            ("from_role", "buddy"),
            ("rating", "0.8"),
            ("feedback_text", "a, b"),
            ("submitted_at", "2026-01-02"),
            ("communication", "1"),
            ("helpfulness", "0.5"),
        ]
    );
    let body = json!({
        "type": "checkin.completed",
        "payload": { "checkinId": "c-1", "matchId": "m-1", "mood": "good", "questionResponses": { "how": "well" } },
    });
    let checkin = told(From::Buddy, Kind::BuddyEvents, &body);
    let (_, cells) = record(&checkin);
    assert_eq!(cells.get("question_responses"), Some(r#"{"how":"well"}"#));
}

#[test]
fn an_event_s_own_type_is_not_taken_for_the_delivery_s() {
    let wrapped =
        json!({ "event_type": "event.created", "data": { "event_type": "hike", "match_id": "m" } });
    let flat = json!({ "type": "buddy.event.logged", "eventType": "hike", "matchId": "m" });
    for body in [wrapped, flat] {
        let told = told(From::Buddy, Kind::BuddyEvents, &body);
        let (_, cells) = record(&told);
        assert_eq!(cells.get("event_type"), Some("hike"), "{body}");
    }
}

#[test]
fn a_rating_of_a_session_is_a_row_of_ratings() {
    let body = json!({ "rating_id": "r-1", "session_id": "K-1", "from_role": "volunteer", "rating": 4,
                       "feedback_text": null, "created_at": "2026-01-02T03:04:05Z" });
    let told = told(From::Kintell, Kind::RatingCreated, &body);
    let (source, cells) = record(&told);
    assert_eq!(source, Source::KintellRatings);
    assert_eq!(cells.get("rating"), Some("4"));
    assert_eq!(cells.get("feedback_text"), Some(""));
}

#[test]
fn ecornell_tells_of_courses_and_certificates() {
    let body = |event: &str, certificate: Value| {
        json!({
            "event_type": event, "event_id": "e", "timestamp": "2026-02-01T00:00:00Z",
            "user": { "external_id": "u", "email": "kari@example.org", "first_name": "Kari" },
            "course": { "course_id": "EXEC-101", "course_name": "Leadership" },
            "progress": { "status": "active", "percent_complete": 42.9, "started_at": "2026-01-01T00:00:00Z" },
            "certificate": certificate,
        })
    };
    for (event, status, completed) in [
        ("enrollment.created", "enrolled", ""),
        ("course.started", "in_progress", ""),
        ("course.completed", "completed", "2026-02-01T00:00:00Z"),
    ] {
        let told = told(
            From::Ecornell,
            Kind::UpskillingEvents,
            &body(event, Value::Null),
        );
        let (source, cells) = record(&told);
        assert_eq!(source, Source::UpskillingCompletions);
        assert_eq!(cells.get("status"), Some(status));
        assert_eq!(cells.get("completed_at"), Some(completed), "{event}");
        assert_eq!(cells.get("progress_percent"), Some("42"));
        assert_eq!(cells.get("user_email"), Some("kari@example.org"));
        assert_eq!(cells.get("provider"), Some("ecornell"));
    }
    let certificate = json!({ "certificate_id": "C-1", "certificate_url": "https://e.example/c", "issued_at": "2026-02-02" });
    let both = told(
        From::Ecornell,
        Kind::UpskillingEvents,
        &body("course.completed", certificate.clone()),
    );
    assert_eq!(both.len(), 2);
    let one = told(
        From::Ecornell,
        Kind::UpskillingEvents,
        &body("certificate.issued", certificate),
    );
    let (source, cells) = record(&one);
    assert_eq!(source, Source::UpskillingCredentials);
    assert_eq!(cells.get("credential_id"), Some("C-1"));
    assert_eq!(cells.get("issued_at"), Some("2026-02-02"));
}

#[test]
fn itslearning_tells_of_courses() {
    for (event, status, expected) in [
        ("CourseEnrollment", "NotStarted", "enrolled"),
        ("CourseProgress", "InProgress", "in_progress"),
        ("CourseProgress", "Withdrawn", "dropped"),
        ("CourseProgress", "?", "in_progress"),
        ("CourseCompletion", "InProgress", "completed"),
    ] {
        let body = json!({
            "eventType": event, "eventId": "e", "timestamp": "2026-02-01T00:00:00Z", "userId": "u",
            "userEmail": "kari@example.org", "courseId": "D-201", "courseName": "Data", "status": status,
            "progressPercentage": 50, "certificateUrl": "https://i.example/c",
        });
        let told = told(From::Itslearning, Kind::UpskillingEvents, &body);
        let (_, cells) = record(&told);
        assert_eq!(cells.get("status"), Some(expected), "{event} {status}");
        assert_eq!(cells.get("credential_ref"), Some("https://i.example/c"));
    }
}

#[test]
fn another_provider_may_write_the_catalogue_s_fields_flat_or_nested() {
    let flat = json!({ "provider": "coursera", "email": "kari@example.org", "course_id": "C", "course_name": "Rust",
                       "status": "passed", "completed_at": "2026-01-01", "score": 91.5 });
    let nested = json!({
        "event_type": "course.completed", "timestamp": "2026-01-01",
        "data": { "provider": "coursera", "user": { "email": "kari@example.org" }, "finalScore": 91.5,
                  "course": { "id": "C", "name": "Rust" }, "status": "finished" },
    });
    for body in [flat, nested] {
        let told = told(From::Upskilling, Kind::UpskillingEvents, &body);
        let (source, cells) = record(&told);
        assert_eq!(source, Source::UpskillingCompletions);
        for (name, text) in [
            ("user_email", "kari@example.org"),
            ("course_id", "C"),
            ("course_name", "Rust"),
            ("status", "completed"),
            ("completed_at", "2026-01-01"),
            ("final_score", "91.5"),
        ] {
            assert_eq!(cells.get(name), Some(text), "{name} of {body}");
        }
    }
    let credential = json!({ "credentialId": "X-1", "provider": "p", "email": "k@example.org" });
    let told = told(From::Upskilling, Kind::UpskillingEvents, &credential);
    assert_eq!(record(&told).0, Source::UpskillingCredentials);
}

#[test]
fn what_is_of_another_form_says_so_without_a_value() {
    for (source, kind, body, code) in [
        (From::Kintell, Kind::SessionCompleted, "", "body_not_json"),
        (
            From::Kintell,
            Kind::RatingCreated,
            "[]",
            "body_not_an_object",
        ),
        (From::Kintell, Kind::BuddyEvents, "{}", "kind_unread"),
        (
            From::Kintell,
            Kind::SessionCompleted,
            r#"{"session_type":"kari"}"#,
            "session_type_unknown",
        ),
        (
            From::Buddy,
            Kind::BuddyEvents,
            r#"{"type":"kari"}"#,
            "event_type_unknown",
        ),
        (
            From::Ecornell,
            Kind::UpskillingEvents,
            r#"{"event_type":"kari"}"#,
            "event_type_unknown",
        ),
        (
            From::Itslearning,
            Kind::UpskillingEvents,
            r#"{"eventType":"kari"}"#,
            "event_type_unknown",
        ),
    ] {
        let fault = read(source, kind, body.as_bytes()).unwrap_err();
        assert_eq!(fault.code, code);
        assert!(!fault.detail.contains("kari"));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(Value::from("match.created")),
        Just(Value::from("course.completed")),
        Just(Value::from("language")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let name = prop_oneof![
            Just("type".to_owned()),
            Just("event_type".to_owned()),
            Just("data".to_owned()),
            Just("session_type".to_owned()),
            "[a-zA-Z_]{0,8}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_delivery_makes_it_stumble(body in any_json()) {
        let bytes = body.to_string().into_bytes();
        for source in From::ALL {
            for kind in source.kinds() {
                let _ = read(source, *kind, &bytes);
            }
        }
    }
}
