//! Imports that are checked, committed, abandoned and undone.

use std::io::Cursor;

use axum::body::Body;
use contracts::event::{Event, EventType, Payload};
use contracts::{ImportId, Role};
use http::{Request, StatusCode};
use platform::jobs::JobRunner;
use platform::retry::Retry;

use super::http::Client;
use super::{House, counts, file, row};
use crate::Decision;
use crate::import::job::RunImport;
use crate::import::life::undo::{UndoCounts, UndoImport};
use crate::query::{Options, Source, State};

fn to_check() -> Options {
    Options {
        check: true,
        ..Options::default()
    }
}

impl House {
    async fn check(&self, bytes: Vec<u8>) -> crate::ImportOutcome {
        self.import_with(Cursor::new(bytes), to_check()).await
    }

    async fn decide(&self, import: ImportId, decision: Decision) -> Result<(), StatusCode> {
        let verb = match decision {
            Decision::Commit => "commit",
            Decision::Abandon => "abandon",
            Decision::Undo => "undo",
        };
        let request = Request::post(format!("/v1/imports/{import}/{verb}"));
        let answer = Client::new(self, "acme", Role::CompanyAdmin)
            .send(request.body(Body::empty()).unwrap())
            .await;
        match answer.status {
            StatusCode::ACCEPTED => Ok(()),
            status => Err(status),
        }
    }

    /// Does what was decided, in small steps.
    async fn settle(&self) {
        let kinds = vec![
            RunImport::kind(&self.intake().spool, None),
            UndoImport::kind_of(2),
        ];
        JobRunner::new(self.test.db(), kinds)
            .settle()
            .await
            .unwrap();
    }

    async fn undo(&self, import: ImportId) -> UndoCounts {
        self.decide(import, Decision::Undo).await.unwrap();
        self.settle().await;
        let summary = self.summary(import).await;
        assert_eq!(summary.state, State::Undone);
        summary.undo.unwrap()
    }

    /// Everything that is stored of sessions and their texts, but for ids and times of storing.
    async fn holdings(&self) -> i64 {
        self.count(
            "select coalesce(sum(hashtextextended(concat_ws('|', external_id, session_type, completed_at, duration_minutes,
                 language_level, rating, rating_scale, encode(content_hash, 'hex'),
                 (select count(*) from platform.sealed_text t where t.id = s.feedback_text_id)), 0) / 1000), 0)::bigint
             from ingest.kintell_session s",
        )
        .await
    }

    async fn texts(&self) -> i64 {
        self.count("select count(*) from platform.sealed_text")
            .await
    }
}

fn sessions(ids: std::ops::Range<u32>, minutes: u32, rating: &str, text: &str) -> Vec<u8> {
    let rows: Vec<String> = ids
        .map(|id| row(&format!("K-{id}"), minutes, rating, text))
        .collect();
    file(&rows)
}

#[tokio::test]
async fn a_check_says_what_would_happen_and_stores_nothing_of_it() {
    let house = House::new().await;
    house.import(sessions(1..4, 60, "5", "Good")).await;
    let (before, events) = (house.holdings().await, house.events().await.len());
    let rows = [
        row("K-1", 60, "5", "Good"),
        row("K-2", 30, "5", "Better"),
        row("K-9", 45, "2", ""),
        row("K-9", 50, "2", ""),
        row("", 45, "2", ""),
    ];
    let outcome = house.check(file(&rows)).await;
    let found = outcome.check.unwrap();
    assert_eq!(outcome.state, State::Checked);
    let c = found.counts;
    assert_eq!(
        [c.rows_in, c.created, c.updated, c.unchanged, c.rejected],
        [5, 1, 2, 1, 1]
    );
    assert_eq!(found.changed_fields["duration_minutes"], 1);
    assert_eq!(found.changed_fields["feedback_text"], 1);
    assert!(!found.changed_fields.contains_key("rating"));
    assert_eq!(found.refused.len(), 1);
    assert_eq!(
        (
            found.refused[0].line,
            found.refused[0].faults[0].code.as_str()
        ),
        (6, "E002")
    );
    assert_eq!(house.holdings().await, before);
    assert_eq!(house.events().await.len(), events);
    assert_eq!(house.spooled(), 1);
}

#[tokio::test]
async fn what_was_checked_is_what_a_commit_does() {
    let house = House::new().await;
    house.import(sessions(1..4, 60, "5", "Good")).await;
    let rows = [
        row("K-3", 45, "4", "Hm"),
        row("K-4", 60, "", ""),
        row("K-1", 60, "5", "Good"),
    ];
    let outcome = house.check(file(&rows)).await;
    house
        .decide(outcome.import_id, Decision::Commit)
        .await
        .unwrap();
    house.settle().await;
    let summary = house.summary(outcome.import_id).await;
    assert_eq!(summary.state, State::Committed);
    assert_eq!(summary.counts, outcome.check.unwrap().counts);
    assert_eq!(house.spooled(), 0);
    let again = house.decide(outcome.import_id, Decision::Commit).await;
    assert_eq!(again, Err(StatusCode::CONFLICT));
}

#[tokio::test]
async fn an_abandoned_check_leaves_neither_rows_nor_the_file() {
    let house = House::new().await;
    let outcome = house.check(sessions(1..4, 60, "5", "Good")).await;
    house
        .decide(outcome.import_id, Decision::Abandon)
        .await
        .unwrap();
    let summary = house.summary(outcome.import_id).await;
    assert_eq!(summary.state, State::Abandoned);
    assert_eq!((house.spooled(), house.holdings().await), (0, 0));
    for decision in [Decision::Commit, Decision::Abandon, Decision::Undo] {
        let refused = house.decide(outcome.import_id, decision).await;
        assert_eq!(refused, Err(StatusCode::CONFLICT));
    }
}

#[tokio::test]
async fn an_import_that_nobody_has_begun_can_be_abandoned() {
    let house = House::new().await;
    let (import, _) = house.upload(&sessions(1..4, 60, "5", "Good")).await;
    house.decide(import, Decision::Abandon).await.unwrap();
    house.settle().await;
    assert_eq!(house.summary(import).await.state, State::Abandoned);
    assert_eq!(house.holdings().await, 0);
}

#[tokio::test]
async fn an_undone_import_leaves_what_was_there_before_it() {
    let house = House::new().await;
    house.import(sessions(1..6, 60, "5", "Good")).await;
    let (before, texts) = (house.holdings().await, house.texts().await);
    let second = house.import(sessions(3..9, 45, "2", "Worse")).await;
    assert_eq!(counts(&second), [6, 3, 3, 0, 0]);
    assert_ne!(house.holdings().await, before);
    let undo = house.undo(second.import_id).await;
    let expected = UndoCounts {
        withdrawn: 3,
        restored: 3,
        kept: 0,
    };
    assert_eq!(undo, expected);
    assert_eq!(
        (house.holdings().await, house.texts().await),
        (before, texts)
    );
}

#[tokio::test]
async fn an_undo_tells_everybody_what_goes_and_what_stands_again() {
    let house = House::new().await;
    house.import(sessions(1..3, 60, "5", "Good")).await;
    let second = house.import(sessions(2..4, 45, "", "")).await;
    let told = house.events().await.len();
    house.undo(second.import_id).await;
    let events = house.events().await.split_off(told);
    let types: Vec<EventType> = events.iter().map(Event::event_type).collect();
    let count = |wanted| types.iter().filter(|one| **one == wanted).count();
    assert_eq!(count(EventType::IngestRecordWithdrawn), 2);
    assert_eq!(count(EventType::KintellSessionCompleted), 1);
    assert_eq!(count(EventType::KintellRatingCreated), 1);
    let Payload::IngestImportUndone(end) = &events.last().unwrap().payload else {
        panic!("the end of the undo is not told")
    };
    assert_eq!((i64::from(end.withdrawn), i64::from(end.restored)), (1, 1));
}

#[tokio::test]
async fn what_was_changed_since_stays_and_is_counted() {
    let house = House::new().await;
    let first = house.import(sessions(1..4, 60, "5", "Good")).await;
    house.import(sessions(2..3, 45, "2", "Worse")).await;
    let now = house
        .count(
            "select duration_minutes::bigint from ingest.kintell_session where external_id = 'K-2'",
        )
        .await;
    let undo = house.undo(first.import_id).await;
    assert_eq!((undo.withdrawn, undo.restored, undo.kept), (2, 0, 1));
    assert_eq!(now, 45);
    assert_eq!(
        house
            .count("select count(*) from ingest.kintell_session")
            .await,
        1
    );
}

#[tokio::test]
async fn two_imports_undone_in_either_order_leave_nothing() {
    for order in [[0, 1], [1, 0]] {
        let house = House::new().await;
        let first = house.import(sessions(1..4, 60, "5", "Good")).await;
        let second = house.import(sessions(2..6, 45, "2", "Worse")).await;
        let imports = [first.import_id, second.import_id];
        for one in order {
            house.undo(imports[one]).await;
        }
        assert_eq!((house.holdings().await, house.texts().await), (0, 0));
        assert_eq!(
            house
                .count("select count(*) from ingest.prior_version")
                .await,
            0
        );
    }
}

#[tokio::test]
async fn an_import_undone_and_imported_again_is_as_if_it_never_was_undone() {
    let house = House::new().await;
    let first = house.import(sessions(1..6, 60, "4", "Good")).await;
    let after = house.holdings().await;
    house.undo(first.import_id).await;
    assert_eq!(house.holdings().await, 0);
    let again = house.import(sessions(1..6, 60, "4", "Good")).await;
    assert_eq!(counts(&again), [5, 5, 0, 0, 0]);
    assert_eq!(house.holdings().await, after);
}

#[tokio::test]
async fn a_killed_undo_goes_on() {
    let house = House::new().await;
    let first = house.import(sessions(1..8, 60, "4", "Good")).await;
    house.decide(first.import_id, Decision::Undo).await.unwrap();
    let mut tx = house.test.db().tenant(&house.grant).await.unwrap();
    crate::kintell::undo::take_back(&mut tx, first.import_id, None, 3)
        .await
        .unwrap();
    crate::import::life::store::advance_undo(&mut tx, first.import_id, 3, 0)
        .await
        .unwrap();
    tx.audit(platform::AuditNote::new(
        "test.step",
        "import",
        first.import_id,
    ));
    tx.commit().await.unwrap();
    house.settle().await;
    let undo = house.summary(first.import_id).await.undo.unwrap();
    assert_eq!((undo.withdrawn, house.holdings().await), (7, 0));
}

#[tokio::test]
async fn records_of_other_sources_are_checked_and_undone_too() {
    let house = House::new().await;
    let header =
        "user_email,provider,course_id,course_name,completed_at,final_score,credential_ref\n";
    let line = |who: &str, score: &str| {
        format!(
            "{who}@example.org,ecornell,EXEC-101,Leadership,2026-02-15T14:30:00Z,{score},CERT-1\n"
        )
    };
    let first = format!("{header}{}{}", line("a", "80"), line("b", "81"));
    let second = format!("{header}{}{}", line("b", "95"), line("c", "70"));
    let source = Source::UpskillingCompletions;
    house.import_source(source, first).await;
    let data = "select sum((data ->> 'final_score')::numeric)::bigint from ingest.record";
    assert_eq!(house.count(data).await, 161);
    let outcome = house.import_source(source, second).await;
    assert_eq!(counts(&outcome), [2, 1, 1, 0, 0]);
    assert_eq!(house.count(data).await, 245);
    let undo = house.undo(outcome.import_id).await;
    assert_eq!((undo.withdrawn, undo.restored, undo.kept), (1, 1, 0));
    assert_eq!(house.count(data).await, 161);
    let last = house.events().await;
    let is_course = |event: &&Event| event.event_type() == EventType::UpskillingCourseCompleted;
    let Payload::UpskillingCourseCompleted(course) = &last.iter().rfind(is_course).unwrap().payload
    else {
        panic!("the course is not told again")
    };
    assert_eq!(course.final_score.map(f64::from), Some(81.0));
}

#[tokio::test]
async fn a_rating_that_came_by_itself_is_told_again_with_its_session() {
    let house = House::new().await;
    house.import(sessions(1..2, 60, "", "")).await;
    let ratings = "rating_id,session_id,from_role,rating,feedback_text,created_at\nR-1,K-1,participant,5,,2026-03-01T12:00:00Z\n";
    let rated = house.import_source(Source::KintellRatings, ratings).await;
    assert_eq!(counts(&rated), [1, 1, 0, 0, 0]);
    let second = house.import(sessions(1..2, 45, "", "")).await;
    let told = house.events().await.len();
    house.undo(second.import_id).await;
    let events = house.events().await.split_off(told);
    let types: Vec<EventType> = events.iter().map(Event::event_type).collect();
    let expected = [
        EventType::IngestRecordWithdrawn,
        EventType::KintellSessionCompleted,
        EventType::KintellRatingCreated,
        EventType::IngestImportUndone,
    ];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn an_import_whose_every_attempt_ended_without_a_word_has_failed() {
    let house = House::new().await;
    let (import, _) = house.upload(&sessions(1..3, 60, "", "")).await;
    let kind = RunImport::kind(&house.intake().spool, None).retried(Retry {
        max_attempts: 0,
        ..Retry::default()
    });
    let runner = JobRunner::new(house.test.db(), vec![kind]);
    runner.settle().await.unwrap();
    let summary = house.summary(import).await;
    assert_eq!(
        (summary.state, summary.problem.unwrap().code.as_str()),
        (State::Failed, "internal")
    );
}
