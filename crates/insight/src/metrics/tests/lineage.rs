//! From a figure back to its sessions.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{IMPORT, Lab, rating, session};
use crate::metrics::Metric;
use crate::query::{self, After, Contribution};

/// Seven sessions of a quarter, three of them at the same instant, two of them rated.
async fn a_quarter() -> Lab {
    let lab = Lab::new().await;
    let mut events = Vec::new();
    for (number, at) in [
        (1, "2026-01-05T10:00:00Z"),
        (2, "2026-02-05T10:00:00Z"),
        (3, "2026-02-05T10:00:00Z"),
        (4, "2026-02-05T10:00:00Z"),
        (5, "2026-03-01T10:00:00Z"),
        (6, "2026-03-31T10:00:00Z"),
        (7, "2026-01-06T10:00:00Z"),
        (8, "2026-04-01T10:00:00Z"),
    ] {
        let row = u64::try_from(number).expect("a row");
        events.push(session(number, at, 25).in_row(row));
    }
    events.extend([rating(2, 0.5), rating(6, 0.25), rating(8, 1.0)]);
    lab.happen(&lab.acme, events).await;
    lab
}

async fn pages(lab: &Lab, metric: Metric, size: i64) -> Vec<Vec<Contribution>> {
    let mut tx = lab.tx(&lab.acme).await;
    let period = "2026-Q1".parse().expect("a period");
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = query::contributions(&mut tx, metric, period, after, size)
            .await
            .expect("a page");
        let Some(last) = page.last() else {
            return pages;
        };
        after = Some(After {
            completed_at: last.completed_at,
            session: last.session.uuid(),
        });
        pages.push(page);
    }
}

#[tokio::test]
async fn pages_of_any_size_cover_every_session_once_in_order() {
    let lab = a_quarter().await;
    for size in 1..=8 {
        let sessions: Vec<Contribution> = pages(&lab, Metric::Hours, size)
            .await
            .into_iter()
            .flatten()
            .collect();
        let order: Vec<u128> = sessions
            .iter()
            .map(|session| session.session.uuid().as_u128())
            .collect();
        assert_eq!(order, [1, 7, 2, 3, 4, 5, 6], "pages of {size}");
    }
}

#[tokio::test]
async fn numbered_pages_cover_the_same_sessions_newest_first() {
    let lab = a_quarter().await;
    for (metric, expected) in [
        (Metric::Hours, vec![6, 5, 4, 3, 2, 7, 1]),
        (Metric::AverageRating, vec![6, 2]),
    ] {
        let id = lab.figure_id(&lab.acme, metric, "2026-Q1").await;
        let mut tx = lab.tx(&lab.acme).await;
        let found = query::find_lineage(&mut tx, id).await.expect("a lineage");
        let lineage = found.expect("the figure");
        assert_eq!(usize::try_from(lineage.sessions()), Ok(expected.len()));
        let mut order = Vec::new();
        for offset in [0, 3, 6, 9] {
            let page = query::contributions_from(&mut tx, &lineage, offset, 3)
                .await
                .expect("a page");
            order.extend(page.iter().map(|row| row.session.uuid().as_u128()));
        }
        assert_eq!(order, expected, "{metric}");
    }
}

#[tokio::test]
async fn the_minutes_of_the_listed_sessions_make_the_hours() {
    let lab = a_quarter().await;
    let minutes: i32 = pages(&lab, Metric::Hours, 3)
        .await
        .iter()
        .flatten()
        .map(|session| session.minutes)
        .sum();
    let hours = (Decimal::from(minutes) / Decimal::from(60)).round_dp(4);
    let figure = lab.figure(&lab.acme, Metric::Hours, "2026-Q1").await;
    assert_eq!(figure.value, Some(hours));
}

#[tokio::test]
async fn the_listed_people_and_sessions_make_the_counts() {
    let lab = a_quarter().await;
    let sessions: Vec<Contribution> = pages(&lab, Metric::Participants, 100)
        .await
        .into_iter()
        .flatten()
        .collect();
    let participants: BTreeSet<_> = sessions.iter().map(|row| row.participant.uuid()).collect();
    let volunteers: BTreeSet<_> = sessions.iter().map(|row| row.volunteer.uuid()).collect();
    for (metric, count) in [
        (Metric::Sessions, sessions.len()),
        (Metric::Participants, participants.len()),
        (Metric::Volunteers, volunteers.len()),
    ] {
        let figure = lab.figure(&lab.acme, metric, "2026-Q1").await;
        assert_eq!(figure.value, Some(Decimal::from(count)), "{metric}");
    }
}

#[tokio::test]
async fn a_mean_lists_the_rated_sessions_only_and_their_ratings_make_it() {
    let lab = a_quarter().await;
    let ratings: Vec<Decimal> = pages(&lab, Metric::AverageRating, 1)
        .await
        .into_iter()
        .flatten()
        .map(|session| session.rating.expect("a rating"))
        .collect();
    let figure = lab
        .figure(&lab.acme, Metric::AverageRating, "2026-Q1")
        .await;
    assert_eq!(figure.sample_size, 2);
    let mean = ratings.iter().sum::<Decimal>() / Decimal::from(ratings.len());
    assert_eq!(figure.value, Some(mean.round_dp(6)));
}

#[tokio::test]
async fn every_session_names_the_row_it_came_from() {
    let lab = a_quarter().await;
    for session in pages(&lab, Metric::Sessions, 100).await.concat() {
        let (import, row) = session.origin.expect("an origin");
        assert_eq!(import.uuid().to_string(), IMPORT);
        assert_eq!(u128::from(row), session.session.uuid().as_u128());
    }
}

#[tokio::test]
async fn a_figure_is_stale_from_the_fact_until_it_is_computed_again() {
    let lab = a_quarter().await;
    let id = lab.figure_id(&lab.acme, Metric::Sessions, "2026-Q1").await;
    let stale = async || {
        let mut tx = lab.tx(&lab.acme).await;
        let found = query::find_lineage(&mut tx, id).await.expect("a lineage");
        found.expect("the figure").stale
    };
    assert!(!stale().await);
    lab.publish(&lab.acme, [session(9, "2026-01-05T10:00:00Z", 25).into()])
        .await;
    lab.consume().await;
    assert!(stale().await);
    lab.run_jobs().await;
    assert!(!stale().await);
}

#[tokio::test]
async fn another_companys_figure_is_not_found() {
    let lab = a_quarter().await;
    let id = lab.figure_id(&lab.acme, Metric::Sessions, "2026-Q1").await;
    let mut tx = lab.tx(&lab.globex).await;
    let found = query::find_lineage(&mut tx, id).await.expect("an answer");
    assert!(found.is_none());
    assert!(
        query::list_figures(&mut tx)
            .await
            .expect("figures")
            .is_empty()
    );
}
