use contracts::SessionId;
use contracts::event::{Event, EventType, Payload};

use super::{House, counts, file, row};
use crate::query::{self, Options, State};

fn of_type(events: &[Event], wanted: EventType) -> usize {
    events
        .iter()
        .filter(|event| event.event_type() == wanted)
        .count()
}

#[tokio::test]
async fn a_file_becomes_sessions_texts_and_events_that_carry_ids_only() {
    let house = House::new().await;
    let rows = [
        row("K-1", 60, "5", "Good talk"),
        row("K-2", 30, "", ""),
        row("K-3", 45, "2", ""),
    ];
    let outcome = house.import(file(&rows)).await;
    assert_eq!(
        (outcome.state, counts(&outcome)),
        (State::Committed, [3, 3, 0, 0, 0])
    );
    assert_eq!(house.spooled(), 0);

    let events = house.events().await;
    assert_eq!(of_type(&events, EventType::KintellSessionCompleted), 3);
    assert_eq!(of_type(&events, EventType::KintellRatingCreated), 2);
    assert!(
        matches!(&events.last().unwrap().payload, Payload::IngestImportCommitted(end) if i64::from(end.created) == 3)
    );
    let written = events
        .iter()
        .map(|event| event.to_json().unwrap())
        .collect::<String>();
    assert!(!written.contains('@') && !written.contains("Good talk"));
    let import = outcome.import_id.uuid();
    assert_eq!(events[0].source, format!("/ingest/imports/{import}/rows/1"));

    // Three learners and one mentor, one text.
    assert_eq!(house.count("select count(*) from platform.person").await, 4);
    assert_eq!(
        house
            .count("select count(*) from platform.sealed_text")
            .await,
        1
    );
    // Upload, start, one batch, end.
    assert_eq!(
        house
            .count("select count(*) from platform.audit_entry")
            .await,
        4
    );
}

#[tokio::test]
async fn the_text_of_a_rated_session_is_told_with_the_rating_and_else_with_the_session() {
    let house = House::new().await;
    house
        .import(file(&[
            row("K-1", 60, "5", "Rated"),
            row("K-2", 60, "", "Not rated"),
        ]))
        .await;
    for event in house.events().await {
        match event.payload {
            Payload::KintellSessionCompleted(session) => {
                let rated = session.external_session_id.unwrap().as_str() == "K-1";
                assert_eq!(session.feedback_text_id.is_some(), !rated);
            }
            Payload::KintellRatingCreated(rating) => {
                assert!(
                    (rating.rating.get() - 1.0).abs() < f64::EPSILON
                        && rating.feedback_text_id.is_some()
                );
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_same_file_twice_creates_nothing() {
    let house = House::new().await;
    let bytes = file(&[row("K-1", 60, "5", "Good"), row("K-2", 30, "4", "")]);
    house.import(&bytes).await;
    let before = house.events().await.len();
    let again = house.import(&bytes).await;
    assert_eq!(counts(&again), [2, 0, 0, 2, 0]);
    // The end of the second import and nothing else.
    assert_eq!(house.events().await.len(), before + 1);
    assert_eq!(
        house
            .count("select count(*) from platform.sealed_text")
            .await,
        1
    );
}

#[tokio::test]
async fn a_changed_row_updates_its_session_and_tells_only_what_is_new() {
    let house = House::new().await;
    house
        .import(file(&[
            row("K-1", 60, "5", "Good"),
            row("K-2", 60, "5", "Good"),
        ]))
        .await;
    let before = house.events().await;
    // The first has another duration, the second another text.
    let outcome = house
        .import(file(&[
            row("K-1", 45, "5", "Good"),
            row("K-2", 60, "5", "Better"),
        ]))
        .await;
    assert_eq!(counts(&outcome), [2, 0, 2, 0, 0]);
    let news = &house.events().await[before.len()..];
    assert_eq!(of_type(news, EventType::KintellSessionCompleted), 2);
    assert_eq!(of_type(news, EventType::KintellRatingCreated), 1);
    assert_eq!(
        house
            .count("select count(*) from ingest.kintell_session")
            .await,
        2
    );
    assert_eq!(
        house
            .count("select count(*) from platform.sealed_text")
            .await,
        3
    );
    let kept = "select count(*) from ingest.kintell_session where external_id = 'K-1' and feedback_text_id is not null and duration_minutes = 45";
    assert_eq!(house.count(kept).await, 1);
}

#[tokio::test]
async fn of_rows_about_one_session_the_later_one_counts_as_a_change_wherever_batches_end() {
    for batch in [1, 2, 100] {
        let house = House::new().await;
        let rows = [
            row("K-1", 60, "5", "First"),
            row("K-1", 45, "5", "First"),
            row("K-2", 60, "", ""),
            row("K-1", 45, "5", "First"),
        ];
        let (import, job) = house.upload(&file(&rows)).await;
        let stop = tokio_util::sync::CancellationToken::new();
        assert!(
            house
                .runner(batch, |_| {})
                .run_one(job, &stop)
                .await
                .unwrap()
        );
        let summary = house.summary(import).await;
        let c = summary.counts;
        assert_eq!(
            (c.rows_in, c.created, c.updated, c.unchanged),
            (4, 2, 1, 1),
            "batches of {batch}"
        );
        let last = "select count(*) from ingest.kintell_session where external_id = 'K-1' and duration_minutes = 45 and import_row = 2";
        assert_eq!(house.count(last).await, 1);
    }
}

#[tokio::test]
async fn a_refused_row_is_kept_sealed_and_says_what_is_wrong() {
    let house = House::new().await;
    let wrong = row("K-2", 900, "9", "Secret words").replace("learner-K-2@", "learner-K-2 at ");
    let outcome = house.import(file(&[row("K-1", 60, "5", ""), wrong])).await;
    assert_eq!(counts(&outcome), [2, 1, 0, 0, 1]);
    let rejected = house.rejected(outcome.import_id).await;
    let codes: Vec<&str> = rejected[0]
        .errors
        .iter()
        .map(|error| error.code.as_str())
        .collect();
    assert_eq!(codes, ["E001", "E004", "E006"]);
    assert_eq!((rejected[0].row, rejected[0].line), (2, 3));
    assert_eq!(rejected[0].errors[1].raw, "900");
    assert!(rejected[0].fields.contains(&"Secret words".to_owned()));
    let readable = "select count(*) from ingest.import_rejection
        where position('Secret' in errors::text) > 0 or position('Secret'::bytea in sealed_row) > 0";
    assert_eq!(house.count(readable).await, 0);
}

#[tokio::test]
async fn people_are_the_same_in_every_file_and_in_both_parts() {
    let house = House::new().await;
    house.import(file(&[row("K-1", 60, "5", "")])).await;
    let swapped = row("K-2", 60, "5", "")
        .replace("learner-K-2@example.org", "MENTOR@acme.example.org")
        .replace(",mentor@acme", ",other@acme");
    house.import(file(&[swapped])).await;
    assert_eq!(house.count("select count(*) from platform.person").await, 3);
    let both = "select count(*) from ingest.kintell_session a join ingest.kintell_session b on a.volunteer_id = b.participant_id";
    assert_eq!(house.count(both).await, 1);
}

#[tokio::test]
async fn companies_do_not_see_each_others_imports_or_sessions() {
    let house = House::new().await;
    let outcome = house.import(file(&[row("K-1", 60, "5", "")])).await;
    let other = house.test.grant("globex");
    let mut tx = house.test.db().tenant(&other).await.unwrap();
    assert!(
        query::find_import(&mut tx, outcome.import_id)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(query::count_imports(&mut tx).await.unwrap(), 0);
}

#[tokio::test]
async fn every_session_tells_the_file_and_row_it_came_from() {
    let house = House::new().await;
    let text = row("K-1", 60, "5", "\"two\nlines\"");
    let outcome = house.import(file(&[text, row("K-2", 60, "5", "")])).await;
    let session = house
        .events()
        .await
        .into_iter()
        .find_map(|event| match event.payload {
            Payload::KintellSessionCompleted(s) if event.source.ends_with("/rows/2") => {
                Some(SessionId::new(s.session_id))
            }
            _ => None,
        });
    let session = session.unwrap();
    let mut tx = house.test.db().tenant(&house.grant).await.unwrap();
    let origins = query::session_origins(&mut tx, &[session]).await.unwrap();
    let origin = &origins[&session];
    assert_eq!(
        (origin.import, origin.row, origin.line),
        (outcome.import_id, 2, 4)
    );
    assert_eq!(origin.file_name, "march.csv");
}

#[tokio::test]
async fn ratings_that_fit_both_scales_need_the_uploaders_word() {
    let house = House::new().await;
    let bytes = file(&[row("K-1", 60, "1", ""), row("K-2", 60, "0.5", "")]);
    let refused = house.import(&bytes).await;
    assert_eq!(refused.problem.unwrap().code, "rating_scale_needed");
    let options = Options::parse(Some("0-1"), None).unwrap();
    let outcome = house
        .import_with(std::io::Cursor::new(bytes), options)
        .await;
    assert_eq!(counts(&outcome), [2, 2, 0, 0, 0]);
    assert_eq!(
        house
            .count("select count(*) from ingest.kintell_session where rating in (1, 0.5)")
            .await,
        2
    );
}

#[tokio::test]
async fn the_sample_files_come_to_the_counts_their_readme_promises() {
    let house = House::new().await;
    let read = |name: &str| {
        let path = format!(
            "{}/../../fixtures/kintell/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        std::fs::read(path).unwrap()
    };
    let zone = Options::parse(None, Some("Europe/Oslo")).unwrap();
    for (name, expected) in [
        ("acme-sessions.csv", [1022, 1000, 3, 4, 15]),
        ("globex-language.csv", [630, 620, 0, 0, 10]),
        ("initech-mentorship.csv", [386, 380, 0, 0, 6]),
    ] {
        let outcome = house
            .import_with(std::io::Cursor::new(read(name)), zone.clone())
            .await;
        assert_eq!(counts(&outcome), expected, "{name}");
        let again = house
            .import_with(std::io::Cursor::new(read(name)), zone.clone())
            .await;
        assert_eq!(counts(&again)[1], 0, "{name}");
    }
}
