//! People who turn out to be one are counted once, and undoing gives back what was.

use contracts::event::NewEvent;
use contracts::event::profile::{PeopleMerged, PeopleUnmerged};
use contracts::event::value::MergeReason;
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Lab, session};
use crate::metrics::{Metric, Period};
use crate::query;

fn at() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn merged(kept: u128, merged: u128) -> NewEvent {
    let event = PeopleMerged {
        merge_id: Uuid::from_u128(9000 + merged),
        kept_id: Uuid::from_u128(kept),
        merged_id: Uuid::from_u128(merged),
        reason: MergeReason::EnteredTwice,
        merged_at: at(),
    };
    NewEvent::new(event, "/profile/people")
}

fn unmerged(kept: u128, merged: u128) -> NewEvent {
    let event = PeopleUnmerged {
        merge_id: Uuid::from_u128(9000 + merged),
        kept_id: Uuid::from_u128(kept),
        merged_id: Uuid::from_u128(merged),
        undone_at: at(),
    };
    NewEvent::new(event, "/profile/people")
}

type Values = Vec<(String, Metric, Option<Decimal>, i64)>;

/// Every figure of the company, without when it was computed.
async fn figures(lab: &Lab) -> Values {
    let mut tx = lab.tx(&lab.acme).await;
    let figures = query::list_figures(&mut tx).await.unwrap();
    let mut values: Vec<_> = figures
        .into_iter()
        .map(|one| {
            (
                one.period.to_string(),
                one.metric,
                one.value,
                one.sample_size,
            )
        })
        .collect();
    values.sort();
    values
}

/// Three participants and two volunteers, in two months.
async fn lab() -> Lab {
    let lab = Lab::new().await;
    let events = [
        session(1, "2026-03-02T10:00:00Z", 60)
            .between(1, 1)
            .in_row(1),
        session(2, "2026-03-03T10:00:00Z", 30)
            .between(2, 2)
            .in_row(2),
        session(3, "2026-04-03T10:00:00Z", 45)
            .between(2, 1)
            .in_row(3),
        session(4, "2026-04-04T10:00:00Z", 45)
            .between(3, 1)
            .in_row(4),
    ];
    lab.happen(&lab.acme, events).await;
    lab
}

#[tokio::test]
async fn a_merged_person_is_counted_once_and_an_unmerged_one_twice_again() {
    let lab = lab().await;
    let before = figures(&lab).await;
    lab.happen(&lab.acme, [merged(1001, 1002), merged(2001, 2002)])
        .await;
    for (metric, period, value) in [
        (Metric::Participants, "2026-03", "1"),
        (Metric::Volunteers, "2026-03", "1"),
        (Metric::Participants, "2026-Q1", "1"),
        (Metric::Participants, "2026-04", "2"),
        (Metric::Participants, "2026-YTD", "2"),
        (Metric::Volunteers, "2026-YTD", "1"),
        (Metric::Sessions, "2026-03", "2"),
        (Metric::Hours, "2026-03", "1.5"),
    ] {
        let now = lab.value(&lab.acme, metric, period).await;
        assert_eq!(now.as_deref(), Some(value), "{metric} {period}");
    }
    lab.happen(&lab.acme, [unmerged(1001, 1002), unmerged(2001, 2002)])
        .await;
    assert_eq!(figures(&lab).await, before);
}

#[tokio::test]
async fn chains_are_followed_to_their_end_and_undone_in_any_order() {
    let lab = lab().await;
    let before = figures(&lab).await;
    let people = async |period| {
        lab.value(&lab.acme, Metric::Participants, period)
            .await
            .unwrap()
    };
    lab.happen(&lab.acme, [merged(1002, 1001)]).await;
    lab.happen(&lab.acme, [merged(1003, 1002)]).await;
    assert_eq!(people("2026-YTD").await, "1");
    lab.happen(&lab.acme, [unmerged(1002, 1001)]).await;
    assert_eq!(people("2026-YTD").await, "2", "2 and 3 are still one");
    assert_eq!(people("2026-04").await, "1");
    lab.happen(&lab.acme, [merged(1002, 1001), unmerged(1003, 1002)])
        .await;
    assert_eq!(people("2026-03").await, "1", "1 and 2 are one again");
    assert_eq!(people("2026-04").await, "2");
    lab.happen(&lab.acme, [unmerged(1002, 1001)]).await;
    assert_eq!(figures(&lab).await, before);
}

#[tokio::test]
async fn sessions_that_come_after_the_merge_count_for_the_one_person() {
    let lab = lab().await;
    lab.happen(&lab.acme, [merged(1001, 1002)]).await;
    let late = session(5, "2026-03-09T10:00:00Z", 60).between(2, 3);
    lab.happen(&lab.acme, [late.in_row(5)]).await;
    let people = lab.value(&lab.acme, Metric::Participants, "2026-03").await;
    assert_eq!(people.as_deref(), Some("1"));
}

#[tokio::test]
async fn lineage_names_the_one_person_and_every_session_stays() {
    let lab = lab().await;
    lab.happen(&lab.acme, [merged(1001, 1002)]).await;
    let id = lab
        .figure_id(&lab.acme, Metric::Participants, "2026-03")
        .await;
    let period: Period = "2026-03".parse().unwrap();
    let mut tx = lab.tx(&lab.acme).await;
    let lineage = query::find_lineage(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(
        (lineage.totals.participants, lineage.totals.sessions),
        (1, 2)
    );
    assert!(!lineage.stale);
    let rows = query::contributions(&mut tx, Metric::Participants, period, None, 10)
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
    let one = contracts::PersonId::new(Uuid::from_u128(1001));
    assert!(rows.iter().all(|row| row.participant == one));
    assert_ne!(rows[0].origin, rows[1].origin);
}

#[tokio::test]
async fn everything_computed_from_the_facts_gives_the_same() {
    let lab = lab().await;
    lab.happen(&lab.acme, [merged(1001, 1002)]).await;
    let kept = figures(&lab).await;
    crate::metrics::rebuild(lab.test.db(), &lab.acme)
        .await
        .unwrap();
    assert_eq!(figures(&lab).await, kept);
}

#[tokio::test]
async fn a_merge_in_one_company_leaves_the_figures_of_another() {
    let lab = lab().await;
    let theirs = [
        session(11, "2026-03-02T10:00:00Z", 60)
            .between(1, 1)
            .in_row(1),
        session(12, "2026-03-03T10:00:00Z", 60)
            .between(2, 2)
            .in_row(2),
    ];
    lab.happen(&lab.globex, theirs).await;
    lab.happen(&lab.acme, [merged(1001, 1002)]).await;
    let people = lab
        .value(&lab.globex, Metric::Participants, "2026-03")
        .await;
    assert_eq!(people.as_deref(), Some("2"));
}
