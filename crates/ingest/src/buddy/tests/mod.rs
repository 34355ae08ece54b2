//! Each buddy source: what a good row becomes, and how each rule refuses.

mod achievements;

use contracts::event::Payload;
use contracts::event::value::RatingScale;

use crate::record::draft::{Data, Place, RecordKey, Reference};
use crate::record::tests::{
    Cells, ID, OTHER, THIRD, announce, announce_nobody, faults, map, prepare, prepare_on, refuses,
    texts,
};
use crate::sheet::row_error::ErrorCode::{
    Choice, ControlCharacter, Date, Email, Future, Identifier, Json, MissingField, Number, Order,
    Rating, Text,
};
use crate::source::Source;
use achievements::MILESTONE;

type Row = &'static [(&'static str, &'static str)];

const USER: Row = &[
    ("id", ID),
    ("email", "Olena@Example.org"),
    ("first_name", "Olena"),
    ("last_name", "Verbova"),
    ("role", "Participant"),
    ("joined_at", "2026-01-05"),
    ("language_preference", "Ukrainian"),
    ("interests", "[\"hiking\", \"cooking\"]"),
    ("location", "Oslo"),
];

#[test]
fn a_user_is_an_identity_and_leaves_names_and_place_to_the_vault() {
    let draft = map(Source::BuddyUsers, &USER.iter().copied().collect());
    let identity = draft.identity.as_ref().unwrap();
    assert_eq!(identity.email, "olena@example.org");
    assert_eq!(identity.id.as_ref().unwrap().1, ID);
    assert_eq!(identity.name.as_deref(), Some("Olena Verbova"));
    assert_eq!(
        texts(&draft),
        [
            ("first_name", "Olena"),
            ("last_name", "Verbova"),
            ("location", "Oslo")
        ]
    );
    let kept = draft.data.to_json().unwrap().to_string();
    assert!(kept.contains("hiking") && kept.contains("participant") && !kept.contains("Olena"));
    assert!(announce(&draft).is_empty());
    let bare = map(
        Source::BuddyUsers,
        &Cells::from([("id", ID), ("email", "a@example.org"), ("role", "buddy")]),
    );
    assert_eq!(bare.identity.unwrap().name, None);
}

#[test]
fn users_are_refused_by_their_rules() {
    refuses(
        Source::BuddyUsers,
        USER,
        &[
            ("id", "", MissingField),
            ("id", "17", Identifier),
            ("email", "olena", Email),
            ("role", "mentor", Choice),
            ("joined_at", "05.01.2026", Date),
            ("joined_at", "2031-01-05", Future),
            ("first_name", "Ole\u{7}na", ControlCharacter),
            ("language_preference", "olena@example.org", Text),
            ("interests", "[1, {}]", Json),
            ("interests", "call +47 912 34 567", Text),
        ],
    );
    let many = vec!["hiking"; 33].join(",");
    let mut cells: Cells<'_> = USER.iter().copied().collect();
    cells.insert("interests", &many);
    assert_eq!(
        prepare(Source::BuddyUsers, &cells).err(),
        Some(vec![("interests", Text)])
    );
}

const MATCH: Row = &[
    ("match_id", ID),
    ("participant_id", OTHER),
    ("buddy_id", THIRD),
    ("matched_at", "2026-01-15T10:00:00Z"),
    ("status", "ended"),
    ("ended_at", "2026-03-16T10:00:00Z"),
    ("end_reason", "mutual agreement"),
    ("end_reason_details", "We both moved."),
    ("sessions_completed", "7"),
    ("events_attended", "2"),
    ("participant_satisfaction", "0.75"),
    ("language", "English"),
    ("interests", "hiking, cooking,photography"),
    ("location", "Oslo"),
];

#[test]
fn a_match_is_announced_with_everything_it_was_made_on_and_its_end() {
    let draft = map(Source::BuddyMatches, &MATCH.iter().copied().collect());
    assert!(draft.key == RecordKey::Given(ID.to_owned()));
    let payloads = announce(&draft);
    let [
        Payload::BuddyMatchCreated(created),
        Payload::BuddyMatchEnded(ended),
    ] = &payloads[..]
    else {
        panic!("{payloads:?}")
    };
    let criteria = created.matching_criteria.as_ref().unwrap();
    assert_eq!(criteria.interests.len(), 3);
    assert_eq!(criteria.location.as_ref().unwrap().as_str(), "Oslo");
    assert_eq!(ended.duration.get(), 60);
    assert_eq!(ended.reason.as_str(), "mutual_agreement");
    assert!(ended.reason_details_text_id.is_some());
    assert!(
        ended
            .feedback
            .as_ref()
            .unwrap()
            .buddy_satisfaction
            .is_none()
    );
    assert!(announce_nobody(&draft).is_empty());
    let Data::Match(data) = &draft.data else {
        panic!()
    };
    assert_eq!(data.rating_scale, Some(RatingScale::ZeroToOne));
}

#[test]
fn a_match_that_goes_on_has_no_end_and_its_length_is_as_said() {
    let bare = Cells::from([
        ("match_id", ID),
        ("participant_id", OTHER),
        ("buddy_id", THIRD),
        ("matched_at", "2026-01-15"),
        ("status", "active"),
    ]);
    let payloads = announce(&map(Source::BuddyMatches, &bare));
    assert!(
        matches!(&payloads[..], [Payload::BuddyMatchCreated(created)] if created.matching_criteria.is_none())
    );
    let mut said: Cells<'_> = MATCH.iter().copied().collect();
    said.extend([
        ("duration_days", "0"),
        ("end_reason", ""),
        ("participant_satisfaction", ""),
    ]);
    let payloads = announce(&map(Source::BuddyMatches, &said));
    let Payload::BuddyMatchEnded(ended) = &payloads[1] else {
        panic!()
    };
    assert_eq!((ended.duration.get(), ended.reason.as_str()), (1, "other"));
    assert!(ended.feedback.is_none());
}

#[test]
fn the_short_file_names_people_by_address_and_may_not_know_when_it_ended() {
    let cells = Cells::from([
        ("participant_email", "Olena@example.org"),
        ("buddy_email", "kari@acme.example.org"),
        ("matched_at", "2024-01-15T10:00:00Z"),
        ("status", "ended"),
    ]);
    let draft = map(Source::BuddyMatches, &cells);
    assert!(matches!(draft.key, RecordKey::Natural(_)));
    assert_eq!(draft.people[0].value, "olena@example.org");
    assert_eq!(
        (draft.people[0].place, draft.people[1].place),
        (Place::Person, Place::Other)
    );
    assert_eq!(announce(&draft).len(), 1);
    let mut bad = cells.clone();
    bad.insert("buddy_email", "");
    assert_eq!(
        prepare(Source::BuddyMatches, &bad).err(),
        Some(vec![("buddy_email", MissingField)])
    );
}

#[test]
fn matches_are_refused_by_their_rules() {
    refuses(
        Source::BuddyMatches,
        MATCH,
        &[
            ("match_id", "M-1", Identifier),
            ("participant_id", "", MissingField),
            ("buddy_id", "someone", Identifier),
            ("matched_at", "", MissingField),
            ("matched_at", "2030-01-01", Future),
            ("status", "paused", Choice),
            ("ended_at", "2026-01-01", Order),
            ("ended_at", "", MissingField),
            ("end_reason", "boredom", Choice),
            ("sessions_completed", "-1", Number),
            ("events_attended", "many", Number),
            ("participant_satisfaction", "4", Rating),
            ("location", "Storgata 1, call +47 912 34 567", Text),
        ],
    );
}

const EVENT: Row = &[
    ("event_id", ID),
    ("match_id", OTHER),
    ("event_type", "coffee"),
    ("event_date", "2026-03-01T17:00:00+01:00"),
    ("description", "We talked about mental health."),
    ("location", "Café, Oslo"),
    ("attendees", "[\"0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0003\"]"),
];

#[test]
fn an_event_keeps_its_words_and_place_for_the_vault_and_its_people() {
    let draft = map(Source::BuddyEvents, &EVENT.iter().copied().collect());
    assert_eq!(
        texts(&draft),
        [
            ("description", "We talked about mental health."),
            ("location", "Café, Oslo")
        ]
    );
    assert!(matches!(
        &draft.reference,
        Some(Reference::Match {
            gives_people: true,
            ..
        })
    ));
    let payloads = announce(&draft);
    let [Payload::BuddyEventLogged(logged)] = &payloads[..] else {
        panic!()
    };
    assert_eq!(logged.attendees.len(), 1);
    assert!(logged.description_text_id.is_some() && logged.location_text_id.is_some());
    assert_eq!(logged.event_date.to_string(), "2026-03-01T16:00:00Z");
    let Data::Event(data) = &draft.data else {
        panic!()
    };
    assert_eq!(
        data.sdg
            .iter()
            .map(|tag| tag.goal.get())
            .collect::<Vec<_>>(),
        [3]
    );
    assert!(announce_nobody(&draft).is_empty());
}

#[test]
fn attendees_are_ids_or_addresses_each_once() {
    let mut cells: Cells<'_> = EVENT.iter().copied().collect();
    cells.remove("event_id");
    let list = format!("Olena@example.org; olena@example.org, {THIRD}");
    cells.insert("attendees", &list);
    let draft = map(Source::BuddyEvents, &cells);
    assert_eq!(draft.people.len(), 2);
    assert!(matches!(draft.key, RecordKey::Natural(_)));
    let many: Vec<String> = (0..501).map(|n| format!("p{n}@example.org")).collect();
    let many = many.join(",");
    cells.insert("attendees", &many);
    assert_eq!(
        prepare(Source::BuddyEvents, &cells).err(),
        Some(vec![("attendees", Text)])
    );
}

#[test]
fn events_are_refused_by_their_rules() {
    refuses(
        Source::BuddyEvents,
        EVENT,
        &[
            ("event_id", "E1", Identifier),
            ("match_id", "", MissingField),
            ("event_type", "", MissingField),
            ("event_date", "yesterday", Date),
            ("attendees", "somebody", Identifier),
            ("attendees", "a@b", Email),
            ("attendees", "[\"open", Json),
        ],
    );
}

const ATTENDANCE: Row = &[
    ("event_id", ID),
    ("user_id", OTHER),
    ("match_id", THIRD),
    ("event_title", "Language café"),
    ("event_type", "Language"),
    ("event_format", "In person"),
    ("attended_at", "2026-04-01"),
    ("location", "Library"),
    ("duration_minutes", "90.0"),
    ("attendee_count", "12"),
    ("organizer", "Acme volunteers"),
    ("categories", "free|community"),
    ("sdg_goals", "SDG 4; 10, 4"),
];

#[test]
fn an_attendance_says_the_sources_goals_and_else_those_of_the_tags() {
    let mut cells: Cells<'_> = ATTENDANCE.iter().copied().collect();
    let goals = |cells: &Cells<'_>| {
        let payloads = announce(&map(Source::BuddyAttendance, cells));
        let [Payload::BuddyEventAttended(attended)] = &payloads[..] else {
            panic!()
        };
        assert_eq!(attended.event_format.as_str(), "in-person");
        assert_eq!(attended.duration_minutes.unwrap().get(), 90);
        assert_eq!(attended.categories.len(), 2);
        attended
            .sdg_goals
            .iter()
            .map(|goal| goal.get())
            .collect::<Vec<_>>()
    };
    assert_eq!(goals(&cells), [4, 10]);
    cells.insert("sdg_goals", "");
    assert_eq!(goals(&cells), [4, 11]);
    assert!(announce_nobody(&map(Source::BuddyAttendance, &cells)).is_empty());
}

#[test]
fn attendances_are_refused_by_their_rules() {
    refuses(
        Source::BuddyAttendance,
        ATTENDANCE,
        &[
            ("event_id", "", MissingField),
            ("user_id", "me", Identifier),
            ("match_id", "M", Identifier),
            ("event_title", "", MissingField),
            ("event_type", "party", Choice),
            ("event_format", "", MissingField),
            ("attended_at", "2027-04-01", Future),
            ("duration_minutes", "2000", Number),
            ("attendee_count", "0", Number),
            ("sdg_goals", "4, 18", Number),
            ("sdg_goals", "health", Number),
        ],
    );
}

const CHECKIN: Row = &[
    ("checkin_id", ID),
    ("match_id", OTHER),
    ("checkin_date", "2026-03-01"),
    ("mood", "GOOD"),
    ("notes", "Homesick\nthis week"),
    (
        "question_responses",
        r#"{"feels_at_home": "a little", "people_met": 3, "What helped?": " A walk ", "empty": " ", "none": null}"#,
    ),
];

#[test]
fn a_checkin_keeps_every_answer_as_a_text() {
    let draft = map(Source::BuddyCheckins, &CHECKIN.iter().copied().collect());
    let mut kept = texts(&draft);
    kept.sort_unstable();
    assert_eq!(kept.len(), 4);
    assert!(kept.contains(&("question_responses.feels_at_home", "a little")));
    assert!(kept.contains(&("question_responses.people_met", "3")));
    assert!(
        kept.iter()
            .any(|(name, text)| name.contains("question_") && *text == "What helped?\nA walk")
    );
    let payloads = announce(&draft);
    let [Payload::BuddyCheckinCompleted(checkin)] = &payloads[..] else {
        panic!()
    };
    assert_eq!(checkin.question_response_text_ids.len(), 3);
    assert_eq!(checkin.mood.unwrap().as_str(), "good");
    assert!(announce_nobody(&draft).is_empty());
}

#[test]
fn checkins_are_refused_by_their_rules() {
    refuses(
        Source::BuddyCheckins,
        CHECKIN,
        &[
            ("checkin_id", "7", Identifier),
            ("match_id", "", MissingField),
            ("checkin_date", "1.3.2026", Date),
            ("mood", "meh", Choice),
            ("question_responses", "[1]", Json),
            ("question_responses", "{", Json),
            ("notes", "bell \u{7}", ControlCharacter),
        ],
    );
    let many: Vec<String> = (0..51).map(|n| format!("\"q{n}\": \"yes\"")).collect();
    let many = format!("{{{}}}", many.join(","));
    let mut cells: Cells<'_> = CHECKIN.iter().copied().collect();
    cells.insert("question_responses", &many);
    assert_eq!(
        prepare(Source::BuddyCheckins, &cells).err(),
        Some(vec![("question_responses", Json)])
    );
    let long = format!("{{\"q\": \"{}\"}}", "x".repeat(20_000));
    cells.insert("question_responses", &long);
    assert_eq!(
        prepare(Source::BuddyCheckins, &cells).err(),
        Some(vec![("question_responses", Text)])
    );
}

const FEEDBACK: Row = &[
    ("match_id", ID),
    ("from_role", "buddy"),
    ("rating", "0.5"),
    ("feedback_text", "I learn too"),
    ("submitted_at", "2026-03-01"),
    ("communication", "1"),
];

#[test]
fn feedback_is_normalised_with_its_scale_and_belongs_to_its_side() {
    let cells: Cells<'_> = FEEDBACK.iter().copied().collect();
    let draft = map(Source::BuddyFeedback, &cells);
    assert_eq!(draft.texts[0].owner, Place::Other);
    let payloads = announce(&draft);
    let [Payload::BuddyFeedbackSubmitted(feedback)] = &payloads[..] else {
        panic!()
    };
    assert!(
        feedback
            .categories
            .as_ref()
            .unwrap()
            .communication
            .is_some()
    );
    assert!(announce_nobody(&draft).is_empty());

    let mut stars = cells.clone();
    stars.extend([
        ("from_role", "participant"),
        ("rating", "4"),
        ("communication", ""),
    ]);
    let draft = prepare_on(Some(RatingScale::OneToFive), Source::BuddyFeedback, &stars)
        .unwrap()
        .draft;
    let Data::Feedback(data) = &draft.data else {
        panic!()
    };
    assert!((data.rating.get() - 0.75).abs() < f64::EPSILON);
    assert_eq!(data.rating_scale, RatingScale::OneToFive);
    assert_eq!(draft.texts[0].owner, Place::Person);
    let payloads = announce(&draft);
    assert!(
        matches!(&payloads[..], [Payload::BuddyFeedbackSubmitted(f)] if f.categories.is_none())
    );
}

#[test]
fn feedback_is_refused_by_its_rules() {
    refuses(
        Source::BuddyFeedback,
        FEEDBACK,
        &[
            ("feedback_id", "7", Identifier),
            ("match_id", "x", Identifier),
            ("from_role", "mentor", Choice),
            ("rating", "", MissingField),
            ("rating", "4", Rating),
            ("rating", "good", Rating),
            ("submitted_at", "", MissingField),
            ("engagement", "1.5", Rating),
        ],
    );
}

#[test]
fn a_row_tells_all_its_faults_at_once() {
    let found = faults(
        Source::BuddyMilestones,
        MILESTONE,
        &[("milestone_id", "x"), ("points", "y"), ("reached_at", "z")],
    );
    assert_eq!(
        found,
        [
            ("milestone_id", Number),
            ("reached_at", Date),
            ("points", Number)
        ]
    );
}
