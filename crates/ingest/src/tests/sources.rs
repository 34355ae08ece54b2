//! Every source from a file to stored rows, texts and events.

use contracts::event::value::BuddyRole;
use contracts::event::{Event, EventType, Payload};
use platform::vault::{self, IdentifierKind};

use super::{House, counts};
use crate::query::{Source, State};

/// The sample files in the order in which they are meant to come, with their counts.
const SAMPLES: [(Source, &[u8], [u64; 5]); 12] = [
    (
        Source::KintellUsers,
        include_bytes!("../../../../fixtures/kintell/acme-users.csv"),
        [32, 28, 0, 0, 4],
    ),
    (
        Source::KintellRatings,
        include_bytes!("../../../../fixtures/kintell/acme-ratings.csv"),
        [35, 30, 0, 0, 5],
    ),
    (
        Source::BuddyUsers,
        include_bytes!("../../../../fixtures/buddy/acme-users.csv"),
        [28, 24, 0, 0, 4],
    ),
    (
        Source::BuddyMatches,
        include_bytes!("../../../../fixtures/buddy/acme-matches.csv"),
        [25, 20, 0, 0, 5],
    ),
    (
        Source::BuddyEvents,
        include_bytes!("../../../../fixtures/buddy/acme-events.csv"),
        [31, 27, 0, 0, 4],
    ),
    (
        Source::BuddyAttendance,
        include_bytes!("../../../../fixtures/buddy/acme-attendance.csv"),
        [34, 30, 0, 0, 4],
    ),
    (
        Source::BuddyCheckins,
        include_bytes!("../../../../fixtures/buddy/acme-checkins.csv"),
        [35, 31, 0, 0, 4],
    ),
    (
        Source::BuddyFeedback,
        include_bytes!("../../../../fixtures/buddy/acme-feedback.csv"),
        [32, 28, 0, 0, 4],
    ),
    (
        Source::BuddySkillSessions,
        include_bytes!("../../../../fixtures/buddy/acme-skill-sessions.csv"),
        [28, 24, 0, 0, 4],
    ),
    (
        Source::BuddyMilestones,
        include_bytes!("../../../../fixtures/buddy/acme-milestones.csv"),
        [30, 26, 0, 0, 4],
    ),
    (
        Source::UpskillingCompletions,
        include_bytes!("../../../../fixtures/upskilling/acme-completions.csv"),
        [31, 26, 0, 0, 5],
    ),
    (
        Source::UpskillingCredentials,
        include_bytes!("../../../../fixtures/upskilling/acme-credentials.csv"),
        [25, 21, 0, 0, 4],
    ),
];
const SESSIONS: &[u8] = include_bytes!("../../../../fixtures/kintell/acme-sessions.csv");

#[tokio::test]
async fn the_sample_files_of_all_sources_come_to_their_counts_and_a_second_time_to_nothing() {
    let house = House::new().await;
    house.import(SESSIONS).await;
    for (source, bytes, expected) in SAMPLES {
        let outcome = house.import_source(source, bytes).await;
        assert_eq!(
            outcome.state,
            State::Committed,
            "{} {:?}",
            source.as_str(),
            outcome.problem
        );
        assert_eq!(counts(&outcome), expected, "{}", source.as_str());
    }
    let events = house.events().await.len();
    for (source, bytes, [rows, stored, _, _, rejected]) in SAMPLES {
        let outcome = house.import_source(source, bytes).await;
        assert_eq!(
            counts(&outcome),
            [rows, 0, 0, stored, rejected],
            "{}",
            source.as_str()
        );
    }
    // Only the ends of the imports are told.
    assert_eq!(house.events().await.len(), events + SAMPLES.len());
}

const MATCH: &str = "0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0001";
const OLENA: &str = "0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0101";
const KARI: &str = "0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0102";

fn users() -> String {
    format!(
        "id,email,first_name,last_name,role\n{OLENA},olena@example.org,Olena,Verbova,participant\n{KARI},kari@acme.example.org,Kari,Lie,buddy\n"
    )
}

fn matches() -> String {
    format!(
        "match_id,participant_id,buddy_id,matched_at,status\n{MATCH},{OLENA},{KARI},2026-02-01T10:00:00Z,active\n"
    )
}

fn checkins(notes: &str) -> String {
    format!(
        "checkin_id,match_id,checkin_date,mood,notes,question_responses\n\
         0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0201,{MATCH},2026-03-01T10:00:00Z,good,{notes},\"{{\"\"feels_at_home\"\": \"\"a little\"\", \"\"Who helped you?\"\": \"\"Kari\"\"}}\"\n"
    )
}

impl House {
    async fn person(&self, kind: IdentifierKind, value: &str) -> Option<uuid::Uuid> {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        let person = vault::find_person(&mut tx, kind, value).await.unwrap();
        person.map(contracts::PersonId::uuid)
    }

    async fn text(&self, id: uuid::Uuid) -> String {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        let text = vault::open_text(&mut tx, id.into()).await.unwrap();
        text.unwrap().to_string()
    }
}

fn last(events: &[Event], wanted: EventType) -> &Event {
    events
        .iter()
        .rfind(|event| event.event_type() == wanted)
        .unwrap()
}

#[tokio::test]
async fn a_users_file_makes_id_and_address_one_person_however_the_address_was_met() {
    let house = House::new().await;
    let short = "participant_email,buddy_email,matched_at\nolena@example.org,kari@acme.example.org,2026-01-05\n";
    house.import_source(Source::BuddyMatches, short).await;
    let outcome = house.import_source(Source::BuddyUsers, users()).await;
    assert_eq!(counts(&outcome), [2, 2, 0, 0, 0]);
    assert_eq!(house.count("select count(*) from platform.person").await, 2);
    let olena = house.person(IdentifierKind::Buddy, OLENA).await;
    assert!(olena.is_some());
    assert_eq!(
        house
            .person(IdentifierKind::Email, "olena@example.org")
            .await,
        olena
    );
    // Names are with the person and in the vault, the id of the system nowhere in clear.
    assert_eq!(
        house
            .count("select count(*) from platform.person_name")
            .await,
        2
    );
    let leaks = "select count(*) from ingest.record as r where r::text ~* 'olena|verbova|0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d01'";
    assert_eq!(house.count(leaks).await, 0);
}

#[tokio::test]
async fn one_address_under_two_ids_stays_two_people() {
    let house = House::new().await;
    house.import_source(Source::BuddyUsers, users()).await;
    let other = "0b9f6a51-0c5e-4f6b-9d53-2f0a7c1d0199";
    let again = format!("id,email,role\n{other},olena@example.org,participant\n");
    house.import_source(Source::BuddyUsers, again).await;
    let (first, second) = (
        house.person(IdentifierKind::Buddy, OLENA).await,
        house.person(IdentifierKind::Buddy, other).await,
    );
    assert!(second.is_some() && first != second);
    let events = house.events().await;
    let Payload::IngestMatchSuggested(seen) =
        &last(&events, EventType::IngestMatchSuggested).payload
    else {
        unreachable!()
    };
    let two = [Some(seen.person_id), Some(seen.other_id)];
    assert_eq!(two, [second, first]);
    assert_eq!(seen.source.as_str(), "buddy-users");
    assert_eq!(
        house
            .person(IdentifierKind::Email, "olena@example.org")
            .await,
        first
    );
    // Nor are they one when both come in the same file, before anybody is known.
    let house = House::new().await;
    let both = format!(
        "id,email,role\n{OLENA},shared@example.org,participant\n{KARI},shared@example.org,participant\n"
    );
    house.import_source(Source::BuddyUsers, both).await;
    assert_eq!(house.count("select count(*) from platform.person").await, 2);
}

#[tokio::test]
async fn a_checkin_carries_ids_of_its_texts_and_no_word_of_them() {
    let house = House::new().await;
    house.import_source(Source::BuddyUsers, users()).await;
    house.import_source(Source::BuddyMatches, matches()).await;
    house
        .import_source(Source::BuddyCheckins, checkins("Homesick this week"))
        .await;
    let events = house.events().await;
    let Payload::BuddyMatchCreated(created) = &last(&events, EventType::BuddyMatchCreated).payload
    else {
        unreachable!()
    };
    let event = last(&events, EventType::BuddyCheckinCompleted);
    let Payload::BuddyCheckinCompleted(checkin) = &event.payload else {
        unreachable!()
    };
    assert_eq!(checkin.match_id, created.match_id);
    assert_eq!(
        house.text(checkin.notes_text_id.unwrap()).await,
        "Homesick this week"
    );
    let mut answers = Vec::new();
    for (name, id) in &checkin.question_response_text_ids {
        answers.push((name.as_str().to_owned(), house.text(*id).await));
    }
    assert_eq!(
        answers,
        [
            ("feels_at_home".to_owned(), "a little".to_owned()),
            ("question_1".to_owned(), "Who helped you?\nKari".to_owned()),
        ]
    );
    let written = event.to_json().unwrap();
    assert!(!written.contains("Homesick") && !written.contains("Kari"));
    let leaks =
        "select count(*) from ingest.record as r where r::text ~* 'homesick|a little|who helped'";
    assert_eq!(house.count(leaks).await, 0);
}

#[tokio::test]
async fn rows_of_an_unknown_match_wait_for_it_and_get_its_people_and_texts() {
    let house = House::new().await;
    house.import_source(Source::BuddyUsers, users()).await;
    let early = house
        .import_source(Source::BuddyCheckins, checkins("Homesick this week"))
        .await;
    assert_eq!(counts(&early), [1, 1, 0, 0, 0]);
    assert_eq!(early.warnings[0].code, "matches_unknown");
    let waiting = "select count(*) from ingest.record where orphan and unclaimed is not null and person_id is null";
    assert_eq!(house.count(waiting).await, 1);
    assert_eq!(
        house
            .count("select count(*) from platform.sealed_text where kind like 'checkin%'")
            .await,
        0
    );

    house.import_source(Source::BuddyMatches, matches()).await;
    let events = house.events().await;
    let Payload::BuddyCheckinCompleted(checkin) =
        &last(&events, EventType::BuddyCheckinCompleted).payload
    else {
        unreachable!()
    };
    assert_eq!(
        house.text(checkin.notes_text_id.unwrap()).await,
        "Homesick this week"
    );
    assert_eq!(checkin.question_response_text_ids.len(), 2);
    assert_eq!(house.count(waiting).await, 0);
    let settled = "select count(*) from ingest.record where source = 'buddy-checkins' and not orphan and unclaimed is null and person_id is not null";
    assert_eq!(house.count(settled).await, 1);
    let summary = house.summary(early.import_id).await;
    assert!(summary.warnings.is_empty());
    // What was told early and is told again is known.
    let again = house
        .import_source(Source::BuddyCheckins, checkins("Homesick this week"))
        .await;
    assert_eq!(counts(&again), [1, 0, 0, 1, 0]);
}

#[tokio::test]
async fn a_changed_row_changes_its_record_and_keeps_the_texts_that_are_the_same() {
    let house = House::new().await;
    house.import_source(Source::BuddyUsers, users()).await;
    house.import_source(Source::BuddyMatches, matches()).await;
    house
        .import_source(Source::BuddyCheckins, checkins("Homesick this week"))
        .await;
    let outcome = house
        .import_source(Source::BuddyCheckins, checkins("Homesick no more"))
        .await;
    assert_eq!(counts(&outcome), [1, 0, 1, 0, 0]);
    let texts = "select count(*) from platform.sealed_text where kind like 'checkin%'";
    assert_eq!(house.count(texts).await, 4);
    assert_eq!(
        house
            .count("select count(*) from ingest.record where source = 'buddy-checkins'")
            .await,
        1
    );
}

#[tokio::test]
async fn of_rows_about_one_record_the_later_one_counts_as_a_change() {
    let house = House::new().await;
    house.import_source(Source::BuddyUsers, users()).await;
    let twice = format!(
        "{}{MATCH},{OLENA},{KARI},2026-02-01T10:00:00Z,inactive\n",
        matches()
    );
    let outcome = house.import_source(Source::BuddyMatches, twice).await;
    assert_eq!(counts(&outcome), [2, 1, 1, 0, 0]);
    let inactive = "select count(*) from ingest.record where data->>'status' = 'inactive'";
    assert_eq!(house.count(inactive).await, 1);
}

#[tokio::test]
async fn feedback_is_of_the_one_who_gave_it() {
    let house = House::new().await;
    house.import_source(Source::BuddyUsers, users()).await;
    house.import_source(Source::BuddyMatches, matches()).await;
    let rows = format!(
        "match_id,from_role,rating,feedback_text,submitted_at,helpfulness\n{MATCH},buddy,0.75,I learn too,2026-04-01,1\n"
    );
    house.import_source(Source::BuddyFeedback, rows).await;
    let events = house.events().await;
    let Payload::BuddyFeedbackSubmitted(feedback) =
        &last(&events, EventType::BuddyFeedbackSubmitted).payload
    else {
        unreachable!()
    };
    assert_eq!(feedback.from_role, BuddyRole::Buddy);
    assert!((feedback.rating.get() - 0.75).abs() < f64::EPSILON);
    assert!(feedback.categories.as_ref().unwrap().helpfulness.is_some());
    let kari = house.person(IdentifierKind::Buddy, KARI).await.unwrap();
    assert_eq!(
        house.text(feedback.feedback_text_id.unwrap()).await,
        "I learn too"
    );
    let owned = "select count(*) from platform.sealed_text as t join ingest.record as r on r.other_person_id = t.person_id where t.kind = 'buddy_feedback' and r.source = 'buddy-feedback'";
    assert_eq!((house.count(owned).await, kari.is_nil()), (1, false));
}

#[tokio::test]
async fn a_rating_of_its_own_is_on_the_scale_of_its_file_and_never_counted_twice() {
    let house = House::new().await;
    house
        .import(super::file(&[
            super::row("K-1", 60, "5", ""),
            super::row("K-2", 60, "", ""),
        ]))
        .await;
    let rows = "rating_id,session_id,from_role,rating,feedback_text,created_at\n\
                R-1,K-1,participant,4,Again,2026-03-02T10:00:00Z\n\
                R-2,K-2,volunteer,3,,2026-03-02T10:00:00Z\n";
    let outcome = house.import_source(Source::KintellRatings, rows).await;
    assert_eq!(counts(&outcome), [2, 2, 0, 0, 0]);
    let events = house.events().await;
    let ratings: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.payload {
            Payload::KintellRatingCreated(rating) => Some(rating),
            _ => None,
        })
        .collect();
    assert_eq!(ratings.len(), 3);
    assert_eq!(ratings[0].rating_id, ratings[1].rating_id);
    assert_ne!(ratings[0].rating_id, ratings[2].rating_id);
    assert!((ratings[1].rating.get() - 0.75).abs() < f64::EPSILON);
    assert!((ratings[2].rating.get() - 0.5).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_credential_leaves_no_number_link_or_code_outside_the_vault() {
    let house = House::new().await;
    let rows = "credential_id,user_email,provider,course_id,course_name,credential_type,issued_at,expires_at,credential_url,verification_code\n\
                CRED-77,olena@example.org,eCornell,EXEC-101,Executive Leadership,certificate,2026-03-01,2028-03-01,https://verify.example.org/77,VC-1234\n";
    house
        .import_source(Source::UpskillingCredentials, rows)
        .await;
    let events = house.events().await;
    let event = last(&events, EventType::UpskillingCredentialIssued);
    let Payload::UpskillingCredentialIssued(issued) = &event.payload else {
        unreachable!()
    };
    assert_eq!(issued.provider.as_str(), "ecornell");
    assert_eq!(
        house.text(issued.credential_url_text_id.unwrap()).await,
        "https://verify.example.org/77"
    );
    assert_eq!(
        house.text(issued.verification_code_text_id.unwrap()).await,
        "VC-1234"
    );
    let leaks =
        "select count(*) from ingest.record as r where r::text ~ 'CRED-77|VC-1234|verify.example'";
    assert_eq!(house.count(leaks).await, 0);
}

#[tokio::test]
async fn every_kind_of_event_of_a_source_leaves() {
    let house = House::new().await;
    house.import(SESSIONS).await;
    for (source, bytes, _) in SAMPLES {
        house.import_source(source, bytes).await;
    }
    let events = house.events().await;
    for wanted in [
        EventType::BuddyMatchCreated,
        EventType::BuddyMatchEnded,
        EventType::BuddyEventLogged,
        EventType::BuddyEventAttended,
        EventType::BuddyCheckinCompleted,
        EventType::BuddyFeedbackSubmitted,
        EventType::BuddySkillShareCompleted,
        EventType::BuddyMilestoneReached,
        EventType::UpskillingProgressUpdated,
        EventType::UpskillingCourseCompleted,
        EventType::UpskillingCredentialIssued,
        EventType::KintellRatingCreated,
    ] {
        assert!(
            events.iter().any(|event| event.event_type() == wanted),
            "{}",
            wanted.as_str()
        );
    }
    let written: String = events
        .iter()
        .map(|event| event.to_json().unwrap())
        .collect();
    for word in ["@", "Verbovyk", "Oksana", "linkedin", "VC-", "CERT-EXEC"] {
        assert!(!written.contains(word), "{word}");
    }
    // What is stored can be read back as what it was.
    let mut tx = house.test.db().tenant(&house.grant).await.unwrap();
    let rows = read_all(&mut tx).await;
    assert_eq!(rows.len(), 315);
    for (source, data) in rows {
        let source = Source::find(&source).unwrap();
        let read = crate::record::Data::from_json(source, data.clone()).unwrap();
        assert_eq!(read.unwrap().to_json().unwrap(), data);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test reads every record")]
async fn read_all(tx: &mut platform::TenantTx) -> Vec<(String, serde_json::Value)> {
    sqlx::query_as("select source, data from ingest.record")
        .fetch_all(tx.conn())
        .await
        .unwrap()
}
