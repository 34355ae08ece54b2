//! Sessions that were taken back.

use super::{Lab, rating, session, withdrawn};
use crate::metrics::{Metric, lineage};

const SESSIONS: &str = "kintell-sessions";
const MONTH: &str = "2026-03";

async fn figures(lab: &Lab) -> [Option<String>; 3] {
    let mut values = [None, None, None];
    let metrics = [Metric::Sessions, Metric::Hours, Metric::AverageRating];
    for (value, metric) in values.iter_mut().zip(metrics) {
        *value = lab.value(&lab.acme, metric, MONTH).await;
    }
    values
}

fn are(sessions: &str, hours: &str, rating: Option<&str>) -> [Option<String>; 3] {
    [Some(sessions), Some(hours), rating].map(|value| value.map(str::to_owned))
}

#[tokio::test]
async fn a_session_that_is_withdrawn_goes_with_its_rating_from_figures_and_lineage() {
    let lab = Lab::new().await;
    let first = || session(1, "2026-03-10T10:00:00Z", 60).in_row(1);
    let second = session(2, "2026-03-11T10:00:00Z", 30).in_row(2);
    lab.happen(&lab.acme, [first(), second, rating(1, 1.0), rating(2, 0.5)])
        .await;
    assert_eq!(figures(&lab).await, are("2", "1.5", Some("0.75")));

    lab.happen(&lab.acme, [withdrawn(1, SESSIONS)]).await;
    assert_eq!(figures(&lab).await, are("1", "0.5", Some("0.5")));
    let id = lab.figure_id(&lab.acme, Metric::Sessions, MONTH).await;
    let mut tx = lab.tx(&lab.acme).await;
    let found = lineage::find(&mut tx, id).await.expect("lineage");
    let found = found.expect("the figure");
    assert!(!found.stale);
    let behind = lineage::contributions(&mut tx, found.metric, found.period, None, 10)
        .await
        .expect("contributions");
    let rows: Vec<_> = behind.iter().filter_map(|one| one.origin).collect();
    assert_eq!(rows.iter().map(|(_, row)| *row).collect::<Vec<_>>(), [2]);
    tx.rollback().await.expect("a rollback");

    lab.happen(&lab.acme, [first()]).await;
    assert_eq!(
        figures(&lab).await,
        are("2", "1.5", Some("0.5")),
        "the rating of before does not come back with the session"
    );
}

#[tokio::test]
async fn within_one_batch_what_is_said_last_holds() {
    let held = || session(1, "2026-03-10T10:00:00Z", 60).in_row(1);
    let back = || withdrawn(1, SESSIONS);
    let batches = [
        (vec![held(), rating(1, 1.0), back()], None),
        (vec![held(), rating(1, 1.0), back(), held()], Some(None)),
        (
            vec![held(), rating(1, 1.0), back(), held(), rating(1, 0.25)],
            Some(Some("0.25")),
        ),
        (vec![back(), held(), rating(1, 1.0)], Some(Some("1"))),
        (vec![held(), back(), held(), rating(1, 1.0), back()], None),
    ];
    for (number, (batch, expected)) in batches.into_iter().enumerate() {
        for is_known in [false, true] {
            let lab = Lab::new().await;
            if is_known {
                lab.happen(&lab.acme, [held(), rating(1, 0.5)]).await;
            }
            lab.happen(&lab.acme, batch.clone()).await;
            let sessions = lab.value(&lab.acme, Metric::Sessions, MONTH).await;
            let count = sessions.as_deref().unwrap_or("0");
            let case = format!("batch {number}, known before: {is_known}");
            assert_eq!(count, if expected.is_some() { "1" } else { "0" }, "{case}");
            let mean = lab.value(&lab.acme, Metric::AverageRating, MONTH).await;
            assert_eq!(mean.as_deref(), expected.flatten(), "{case}");
        }
    }
}

#[tokio::test]
async fn a_rating_is_withdrawn_without_its_session() {
    let lab = Lab::new().await;
    let held = session(1, "2026-03-10T10:00:00Z", 60).in_row(1);
    lab.happen(&lab.acme, [held, rating(1, 1.0)]).await;
    for id in [1, 3001] {
        assert_eq!(figures(&lab).await, are("1", "1", Some("1")));
        lab.happen(&lab.acme, [withdrawn(id, "kintell-ratings")])
            .await;
        assert_eq!(figures(&lab).await, are("1", "1", None));
        lab.happen(&lab.acme, [rating(1, 1.0)]).await;
    }
}

#[tokio::test]
async fn a_session_that_nobody_knows_is_withdrawn_without_effect() {
    let lab = Lab::new().await;
    lab.happen(&lab.acme, [session(1, "2026-03-10T10:00:00Z", 60).into()])
        .await;
    lab.publish(
        &lab.acme,
        [withdrawn(9, SESSIONS), withdrawn(8, "buddy-events")],
    )
    .await;
    lab.publish(&lab.globex, [withdrawn(1, SESSIONS)]).await;
    lab.consume().await;
    assert_eq!(lab.pending(&lab.acme).await.months, []);
    lab.run_jobs().await;
    assert_eq!(figures(&lab).await, are("1", "1", None));
}
