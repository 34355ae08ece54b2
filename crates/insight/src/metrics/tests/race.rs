//! Events that are read while figures are computed.

use contracts::event::Event;
use jiff::civil::date;
use platform::AuditNote;
use platform::events::Handle;

use super::{Lab, session};
use crate::metrics::consumer::KeepFacts;
use crate::metrics::{Metric, rebuild, store};

fn event(lab: &Lab, number: u128) -> Event {
    let id = lab.test.clock().new_id();
    let now = lab.test.clock().now();
    contracts::event::NewEvent::from(session(number, "2026-01-10T10:00:00Z", 60))
        .into_event(id, now, lab.acme.company().uuid(), id)
        .expect("an event")
}

/// One session is counted and marked, and the job waits. Another is being read by a
/// transaction that has not committed when the job runs.
#[tokio::test]
async fn a_session_that_is_read_while_the_job_starts_is_counted() {
    let lab = Lab::new().await;
    let handler = KeepFacts::new(lab.config());
    lab.publish(&lab.acme, [session(1, "2026-01-10T10:00:00Z", 60).into()])
        .await;
    lab.consume().await;
    let mut reading = lab.tx(&lab.acme).await;
    handler
        .handle(&mut reading, &[event(&lab, 2)])
        .await
        .expect("the event takes effect");
    lab.run_jobs().await;
    reading.audit(AuditNote::new("test.consume", "company", "acme"));
    reading.commit().await.expect("the reader commits");
    lab.run_jobs().await;
    let sessions = lab.value(&lab.acme, Metric::Sessions, "2026-01").await;
    assert_eq!(sessions.as_deref(), Some("2"));
    assert!(lab.pending(&lab.acme).await.months.is_empty());
}

#[tokio::test]
async fn a_month_that_changes_while_it_is_computed_stays_marked() {
    let lab = Lab::new().await;
    lab.publish(&lab.acme, [session(1, "2026-01-10T10:00:00Z", 60).into()])
        .await;
    lab.consume().await;
    let mut computing = lab.tx(&lab.acme).await;
    let seen = store::list_marks(&mut computing).await.expect("marks");
    lab.publish(&lab.acme, [session(2, "2026-01-11T10:00:00Z", 60).into()])
        .await;
    lab.consume().await;
    store::delete_marks(&mut computing, &seen)
        .await
        .expect("marks are taken away");
    computing.commit_bookkeeping().await.expect("a commit");
    let left = lab.pending(&lab.acme).await.months;
    assert_eq!(left, [date(2026, 1, 1)]);
}

#[tokio::test]
async fn a_computation_waits_for_the_one_before_it() {
    let lab = Lab::new().await;
    lab.publish(&lab.acme, [session(1, "2026-01-10T10:00:00Z", 60).into()])
        .await;
    lab.consume().await;
    let mut first = lab.tx(&lab.acme).await;
    store::lock_figures(&mut first).await.expect("a lock");
    let other = lab.test.grant("initech");
    let second = rebuild(lab.test.db(), &lab.acme);
    tokio::pin!(second);
    tokio::select! {
        biased;
        _ = &mut second => panic!("it did not wait"),
        rebuilt = rebuild(lab.test.db(), &other) => {
            assert_eq!(rebuilt.expect("another company does not wait"), 0);
        }
    }
    drop(first);
    assert_eq!(second.await.expect("its turn has come"), 3);
}
