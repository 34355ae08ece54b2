//! What events do to figures.

use contracts::event::NewEvent;
use contracts::event::insight::FiguresUpdated;
use contracts::event::value::SessionRole;
use jiff::civil::date;
use platform::events::BusRunner;
use rust_decimal::Decimal;

use super::{Lab, rating, rating_by, session};
use crate::metrics::consumer::KeepFacts;
use crate::metrics::{CONSUMER, Metric, Period, TYPES};
use crate::{CompanyInfo, Config, query};

#[tokio::test]
async fn a_session_counts_in_its_month_its_quarter_and_its_year() {
    let lab = Lab::new().await;
    lab.happen(
        &lab.acme,
        [
            session(1, "2026-01-10T10:00:00Z", 50).into(),
            session(2, "2026-02-10T10:00:00Z", 50).between(1, 2).into(),
            rating(1, 0.75),
            rating(2, 0.5),
        ],
    )
    .await;
    for (period, sessions, participants, volunteers, hours, mean) in [
        ("2026-01", "1", "1", "1", "0.8333", "0.75"),
        ("2026-02", "1", "1", "1", "0.8333", "0.5"),
        ("2026-Q1", "2", "1", "2", "1.6667", "0.625"),
        ("2026-YTD", "2", "1", "2", "1.6667", "0.625"),
    ] {
        for (metric, value) in [
            (Metric::Sessions, sessions),
            (Metric::Participants, participants),
            (Metric::Volunteers, volunteers),
            (Metric::Hours, hours),
            (Metric::AverageRating, mean),
        ] {
            let found = lab.value(&lab.acme, metric, period).await;
            assert_eq!(found.as_deref(), Some(value), "{metric} {period}");
        }
    }
    assert_eq!(
        lab.value(&lab.acme, Metric::Sessions, "2026-03").await,
        None
    );
}

#[tokio::test]
async fn the_same_instant_is_another_month_in_another_zone() {
    let lab = Lab::new().await;
    let late = || [session(1, "2026-03-31T22:30:00Z", 60).into()];
    lab.happen(&lab.acme, late()).await;
    lab.happen(&lab.globex, late()).await;
    let one = Some("1".to_owned());
    assert_eq!(lab.value(&lab.acme, Metric::Sessions, "2026-04").await, one);
    assert_eq!(
        lab.value(&lab.acme, Metric::Sessions, "2026-03").await,
        None
    );
    assert_eq!(
        lab.value(&lab.globex, Metric::Sessions, "2026-03").await,
        one
    );
    assert_eq!(
        lab.value(&lab.globex, Metric::Sessions, "2026-04").await,
        None
    );
}

#[tokio::test]
async fn a_session_that_moves_changes_the_month_it_leaves_and_the_month_it_enters() {
    let lab = Lab::new().await;
    lab.happen(
        &lab.acme,
        [
            session(1, "2026-01-10T10:00:00Z", 60).into(),
            rating(1, 0.5),
        ],
    )
    .await;
    let before = lab.figure_id(&lab.acme, Metric::Hours, "2026-01").await;
    lab.happen(&lab.acme, [session(1, "2026-04-10T10:00:00Z", 90).into()])
        .await;
    let left = lab.figure(&lab.acme, Metric::Hours, "2026-01").await;
    assert_eq!(left.value, Some(Decimal::ZERO));
    assert_eq!(left.sample_size, 0);
    assert_eq!(left.id, before, "a figure keeps its id");
    let mean = lab.value(&lab.acme, Metric::AverageRating, "2026-01").await;
    assert_eq!(mean, None, "no rating is left in the month");
    let entered = lab.value(&lab.acme, Metric::Hours, "2026-04").await;
    assert_eq!(entered.as_deref(), Some("1.5"));
    let mean = lab.value(&lab.acme, Metric::AverageRating, "2026-04").await;
    assert_eq!(mean.as_deref(), Some("0.5"), "its rating moves with it");
    let year = lab.value(&lab.acme, Metric::Sessions, "2026-YTD").await;
    assert_eq!(year.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_rating_changes_the_mean_and_a_later_one_replaces_it() {
    let lab = Lab::new().await;
    lab.happen(&lab.acme, [session(1, "2026-01-10T10:00:00Z", 60).into()])
        .await;
    let mean = async || lab.value(&lab.acme, Metric::AverageRating, "2026-01").await;
    assert_eq!(mean().await, None);
    lab.happen(&lab.acme, [rating(1, 0.25)]).await;
    assert_eq!(mean().await.as_deref(), Some("0.25"));
    lab.happen(&lab.acme, [rating(1, 0.333_333)]).await;
    assert_eq!(mean().await.as_deref(), Some("0.333333"));
    lab.happen(&lab.acme, [rating_by(SessionRole::Volunteer, 1, 1.0)])
        .await;
    assert_eq!(
        mean().await.as_deref(),
        Some("0.333333"),
        "what volunteers say is another figure"
    );
}

#[tokio::test]
async fn an_event_that_is_read_twice_has_one_effect() {
    let lab = Lab::new().await;
    let events = || {
        [
            session(1, "2026-01-10T10:00:00Z", 60).into(),
            rating(1, 0.5),
        ]
    };
    lab.happen(&lab.acme, events()).await;
    let first = lab.figure(&lab.acme, Metric::Sessions, "2026-01").await;
    read_again(&lab).await;
    assert!(
        lab.pending(&lab.acme).await.months.is_empty(),
        "the inbox knows the events, so that no month is marked"
    );
    lab.happen(&lab.acme, events()).await;
    let second = lab.figure(&lab.acme, Metric::Sessions, "2026-01").await;
    assert_eq!((second.id, second.value), (first.id, first.value));
    assert_eq!(second.sample_size, 1);
}

/// Sets the consumer's position back to the beginning and reads.
async fn read_again(lab: &Lab) {
    use sqlx::Connection;
    let mut admin = sqlx::PgConnection::connect_with(&lab.test.options())
        .await
        .expect("a connection");
    let reset = sqlx::query!(
        "update platform.subscription set position = 0 where consumer = $1",
        CONSUMER
    )
    .execute(&mut admin)
    .await
    .expect("the position is set back");
    assert_eq!(reset.rows_affected(), 1);
    assert!(lab.pending(&lab.acme).await.events > 0);
    lab.consume().await;
}

#[tokio::test]
async fn figures_are_pending_from_the_event_until_the_job_has_run() {
    let lab = Lab::new().await;
    let (january, june) = (period("2026-01"), period("2026-06"));
    lab.publish(&lab.acme, [session(1, "2026-01-10T10:00:00Z", 60).into()])
        .await;
    let unread = lab.pending(&lab.acme).await;
    assert_eq!(unread.events, 1);
    assert!(
        unread.touches(january) && unread.touches(june),
        "nobody knows its month yet"
    );
    lab.consume().await;
    let marked = lab.pending(&lab.acme).await;
    assert_eq!(
        (marked.events, marked.months.as_slice()),
        (0, &[date(2026, 1, 1)][..])
    );
    assert!(marked.touches(january) && marked.touches(period("2026-YTD")));
    assert!(!marked.touches(june));
    lab.run_jobs().await;
    assert!(
        !lab.pending(&lab.acme).await.touches(january),
        "before its own event is read, too"
    );
}

#[tokio::test]
async fn events_that_are_no_matter_of_figures_leave_nothing_pending() {
    let lab = Lab::new().await;
    let other = FiguresUpdated {
        periods: vec!["2026-Q1".to_owned().try_into().expect("a period")]
            .try_into()
            .expect("a list"),
        updated_at: lab.test.clock().now(),
    };
    lab.publish(&lab.acme, [NewEvent::new(other, "/insight/metrics")])
        .await;
    assert_eq!(lab.pending(&lab.acme).await.events, 0);
}

#[tokio::test]
async fn a_company_whose_zone_is_unknown_gets_no_figures_instead_of_wrong_ones() {
    let lab = Lab::new().await;
    let config = Config::new(|_| {
        Box::pin(async {
            Ok(Some(CompanyInfo {
                slug: "acme".to_owned(),
                zone: "Europe/Atlantis".to_owned(),
            }))
        })
    });
    lab.publish(&lab.acme, [session(1, "2026-01-10T10:00:00Z", 60).into()])
        .await;
    let consumer = platform::events::Consumer::new(CONSUMER, TYPES, KeepFacts::new(config));
    BusRunner::new(lab.test.db(), vec![consumer])
        .settle()
        .await
        .expect("the consumer reads");
    lab.run_jobs().await;
    assert_eq!(
        lab.value(&lab.acme, Metric::Sessions, "2026-01").await,
        None
    );
    assert_eq!(
        lab.pending(&lab.acme).await.events,
        1,
        "it waits for another attempt"
    );
}

#[tokio::test]
async fn a_running_year_is_compared_with_the_same_months_of_the_year_before() {
    let lab = Lab::new().await;
    let at = |number, at| session(number, at, 30).into();
    lab.happen(
        &lab.acme,
        [
            at(1, "2025-01-10T10:00:00Z"),
            at(2, "2025-03-31T21:00:00Z"),
            at(3, "2025-04-01T10:00:00Z"),
            at(4, "2026-01-10T10:00:00Z"),
            rating(2, 0.5),
            rating(3, 1.0),
        ],
    )
    .await;
    let mut tx = lab.tx(&lab.acme).await;
    let mut previous = async |text: &str, today| {
        query::previous_values(&mut tx, period(text), today)
            .await
            .expect("values of the period before")
            .into_iter()
            .map(|(metric, value)| (metric, value.map(|value| value.normalize().to_string())))
            .collect::<Vec<_>>()
    };
    let all = |values: [&str; 5]| {
        let values = values.map(|value| Some(value.to_owned()));
        Metric::ALL.into_iter().zip(values).collect::<Vec<_>>()
    };
    let (march, december) = (date(2026, 3, 15), date(2026, 12, 31));
    assert_eq!(
        previous("2026-YTD", march).await,
        all(["2", "2", "2", "1", "0.5"])
    );
    assert_eq!(
        previous("2026-YTD", december).await,
        all(["3", "3", "3", "1.5", "0.75"])
    );
    assert_eq!(
        previous("2026-YTD", date(2027, 1, 1)).await,
        all(["3", "3", "3", "1.5", "0.75"]),
        "a past year is compared with the whole year before"
    );
    assert_eq!(
        previous("2025-Q2", march).await,
        all(["2", "2", "2", "1", "0.5"])
    );
    assert_eq!(
        previous("2025-YTD", date(2025, 5, 1)).await,
        [],
        "nothing happened in 2024"
    );
    assert_eq!(
        previous("2026-Q2", march).await[0],
        (Metric::Participants, Some("1".to_owned()))
    );
}

#[tokio::test]
async fn a_history_has_every_month_and_no_value_where_nothing_happened() {
    let lab = Lab::new().await;
    let at = |number, at| session(number, at, 30).into();
    lab.happen(
        &lab.acme,
        [at(1, "2025-12-10T10:00:00Z"), at(2, "2026-02-10T10:00:00Z")],
    )
    .await;
    let mut tx = lab.tx(&lab.acme).await;
    let history = query::history(&mut tx, Metric::Hours, date(2026, 2, 28), 4)
        .await
        .expect("a history");
    let half = Some(Decimal::new(5, 1));
    assert_eq!(
        history,
        [
            (period("2025-11"), None),
            (period("2025-12"), half),
            (period("2026-01"), None),
            (period("2026-02"), half),
        ]
    );
    let earliest = query::earliest_day(&mut tx).await.expect("a day");
    assert_eq!(earliest, Some(date(2025, 12, 1)));
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}
