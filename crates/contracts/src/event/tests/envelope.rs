use serde_json::{Value, json};
use uuid::Uuid;

use crate::event::kintell::RatingCreated;
use crate::event::value::{Rate, RatingScale, SessionRole};
use crate::event::{Event, EventError, NewEvent, Payload};

fn v7(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_b6a0_0000_7000_8000_0000_0000_0000 + number)
}

fn rating() -> NewEvent {
    let rating = RatingCreated {
        rating_id: v7(1),
        session_id: v7(2),
        from_role: SessionRole::Participant,
        rating: Rate::new(0.75).unwrap(),
        source_scale: RatingScale::OneToFive,
        feedback_text_id: Some(v7(3)),
        created_at: "2026-03-01T12:00:00Z".parse().unwrap(),
    };
    NewEvent::new(rating, "/ingest/imports/imp/rows/7")
}

fn event() -> Event {
    let now = "2026-03-01T12:00:01Z".parse().unwrap();
    rating().into_event(v7(4), now, v7(5), v7(6)).unwrap()
}

fn refusal(change: impl FnOnce(&mut Value)) -> String {
    let mut value = event().to_value().unwrap();
    change(&mut value);
    let from_value = Event::from_value(value.clone()).unwrap_err().to_string();
    let from_json = Event::from_json(value.to_string().as_bytes())
        .unwrap_err()
        .to_string();
    assert_eq!(from_value, from_json);
    from_value
}

#[test]
fn an_event_is_a_cloud_event_with_company_and_correlation() {
    assert_eq!(
        event().to_value().unwrap(),
        json!({
            "specversion": "1.0",
            "id": v7(4),
            "source": "/ingest/imports/imp/rows/7",
            "type": "kintell.rating.created",
            "subject": v7(2),
            "time": "2026-03-01T12:00:01Z",
            "datacontenttype": "application/json",
            "dataschema": "urn:attest:event:kintell.rating.created:v2",
            "companyid": v7(5),
            "correlationid": v7(6),
            "data": {
                "ratingId": v7(1),
                "sessionId": v7(2),
                "fromRole": "participant",
                "rating": 0.75,
                "sourceScale": "one_to_five",
                "feedbackTextId": v7(3),
                "createdAt": "2026-03-01T12:00:00Z",
            },
        })
    );
}

#[test]
fn what_is_written_reads_back_as_text_and_as_value() {
    let event = event();
    assert_eq!(
        Event::from_json(event.to_json().unwrap().as_bytes()).unwrap(),
        event
    );
    assert_eq!(Event::from_value(event.to_value().unwrap()).unwrap(), event);
}

#[test]
fn a_consequence_names_its_cause() {
    let cause = event();
    let effect = rating().caused_by(&cause);
    assert_eq!(effect.causation, Some(cause.id));
}

#[test]
fn a_rating_of_version_one_is_lifted_with_the_scale_from_zero_to_one() {
    let mut value = event().to_value().unwrap();
    value["dataschema"] = json!("urn:attest:event:kintell.rating.created:v1");
    value["data"].as_object_mut().unwrap().remove("sourceScale");
    let lifted = Event::from_value(value.clone()).unwrap();
    let Payload::KintellRatingCreated(rating) = &lifted.payload else {
        panic!("a rating became {:?}", lifted.event_type());
    };
    assert_eq!(rating.source_scale, RatingScale::ZeroToOne);
    assert_eq!(
        lifted.to_value().unwrap()["dataschema"],
        "urn:attest:event:kintell.rating.created:v2"
    );

    value["data"]["sourceScale"] = json!("one_to_five");
    let error = Event::from_value(value).unwrap_err().to_string();
    assert_eq!(
        error,
        "read event: data.sourceScale: unknown field `sourceScale`"
    );
}

#[test]
fn attributes_of_the_envelope_are_checked_on_receipt() {
    let cases: [(&str, Value, &str); 9] = [
        ("specversion", json!("0.3"), "specversion: must be 1.0"),
        (
            "datacontenttype",
            json!("text/plain"),
            "datacontenttype: must be application/json",
        ),
        ("id", json!(Uuid::from_u128(7)), "id: must be a UUID v7"),
        ("type", json!("kintell.rating.burnt"), "unknown event type"),
        (
            "subject",
            json!(v7(9)),
            "subject: must be the subject of data",
        ),
        (
            "dataschema",
            json!("urn:attest:event:kintell.rating.created:v3"),
            "known up to v2",
        ),
        (
            "dataschema",
            json!("urn:attest:event:buddy.match.created:v1"),
            "unknown version",
        ),
        (
            "source",
            json!("/people/olena@example.org"),
            "source: must be a path",
        ),
        ("priority", json!(1), "unknown field `priority`"),
    ];
    for (attribute, value, expected) in cases {
        let error = refusal(|event| event[attribute] = value);
        assert!(error.contains(expected), "{attribute}: {error}");
    }
}

#[test]
fn an_event_with_a_wrong_id_or_source_cannot_be_made() {
    let now = "2026-03-01T12:00:01Z".parse().unwrap();
    let made = rating().into_event(Uuid::nil(), now, v7(5), v7(6));
    assert!(matches!(
        made,
        Err(EventError::Envelope {
            attribute: "id",
            ..
        })
    ));
    for source in ["", "/", "ingest", "/a//b", "/a/", "/a b", "//"] {
        let made = NewEvent {
            source: source.to_owned(),
            ..rating()
        };
        let made = made.into_event(v7(4), now, v7(5), v7(6));
        assert!(
            matches!(
                made,
                Err(EventError::Envelope {
                    attribute: "source",
                    ..
                })
            ),
            "{source}"
        );
    }
}

#[test]
fn a_refusal_never_repeats_a_value() {
    let secret = "Olena 41 22 33 44";
    for (pointer, expected) in [
        ("/data/rating", "data.rating: expected f64"),
        (
            "/data/fromRole",
            "data.fromRole: expected `participant` or `volunteer`",
        ),
        (
            "/data/ratingId",
            "data.ratingId: has not the form of its type",
        ),
        (
            "/data/createdAt",
            "data.createdAt: has not the form of its type",
        ),
        ("/time", "time: has not the form of its type"),
        ("/data", "data: expected struct RatingCreated"),
    ] {
        let error = refusal(|event| *event.pointer_mut(pointer).unwrap() = json!(secret));
        assert!(!error.contains("Olena"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    let error = refusal(|event| event["data"][secret] = json!(1));
    assert_eq!(error, "read event: data.?: unknown field");
}

#[test]
fn what_is_no_json_or_more_than_one_value_is_refused() {
    for bytes in [&b"{"[..], b"", b"\xff", b"[] []"] {
        assert!(Event::from_json(bytes).is_err());
    }
    let twice = event().to_json().unwrap().repeat(2);
    let error = Event::from_json(twice.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("is no valid JSON"), "{error}");
    let doubled = event()
        .to_json()
        .unwrap()
        .replacen('{', r#"{"specversion":"1.0","#, 1);
    let error = Event::from_json(doubled.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("duplicate field `specversion`"), "{error}");
}
