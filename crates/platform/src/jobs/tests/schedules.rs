//! When recurring jobs run, also where clocks are changed, and who queues them.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::Bench;
use crate::jobs::schedule::lead_once;
use crate::jobs::{Schedule, ScheduleError, next_run};

const OSLO: &str = "Europe/Oslo";

/// The next runs after an instant, as Oslo's clocks show them with their offset.
fn runs(cron: &str, after: &str, count: usize) -> Vec<String> {
    let zone = TimeZone::get(OSLO).unwrap();
    let mut at: Timestamp = after.parse().unwrap();
    let mut runs = Vec::new();
    for _ in 0..count {
        at = next_run(cron, OSLO, at).unwrap();
        runs.push(
            at.to_zoned(zone.clone())
                .strftime("%m-%d %H:%M%:z")
                .to_string(),
        );
    }
    runs
}

#[test]
fn a_time_in_the_hour_that_is_left_out_comes_right_after_it() {
    assert_eq!(
        runs("30 2 * * *", "2026-03-28T00:00:00Z", 3),
        [
            "03-28 02:30+01:00",
            "03-29 03:00+02:00",
            "03-30 02:30+02:00"
        ]
    );
}

#[test]
fn a_time_in_the_hour_that_is_repeated_comes_once() {
    assert_eq!(
        runs("30 2 * * *", "2026-10-24T00:00:00Z", 3),
        [
            "10-24 02:30+02:00",
            "10-25 02:30+02:00",
            "10-26 02:30+01:00"
        ]
    );
}

#[test]
fn a_quarter_of_an_hour_stays_one_when_clocks_change() {
    for (after, day) in [
        ("2026-03-29T00:30:00Z", date(2026, 3, 29)),
        ("2026-10-25T00:30:00Z", date(2026, 10, 25)),
    ] {
        let mut at: Timestamp = after.parse().unwrap();
        for _ in 0..8 {
            let next = next_run("*/15 * * * *", OSLO, at).unwrap();
            assert_eq!(next.as_second() - at.as_second(), 900, "{day} after {at}");
            at = next;
        }
    }
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let now = Timestamp::UNIX_EPOCH;
    assert!(matches!(
        next_run("61 * * * *", OSLO, now),
        Err(ScheduleError::Cron(_))
    ));
    assert!(matches!(
        next_run("* * * * *", "Europe/Atlantis", now),
        Err(ScheduleError::Zone(_))
    ));
    assert!(matches!(
        next_run("0 0 30 2 *", OSLO, now),
        Err(ScheduleError::Never)
    ));
}

const HOURLY: Schedule = Schedule {
    name: "test.hourly",
    cron: "0 * * * *",
    zone: OSLO,
    job: "Test",
};

impl Bench {
    async fn queued(&mut self) -> i64 {
        sqlx::query_scalar("select count(*) from platform.job where kind = 'Test'")
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
    }

    fn pass_an_hour(&self) {
        self.test
            .clock()
            .advance(jiff::SignedDuration::from_hours(1));
    }
}

#[tokio::test]
async fn one_leader_queues_what_is_due_once() {
    let mut bench = Bench::new().await;
    let (there, _) = bench.test.another_process();
    let (one, two) = (bench.test.clock().new_id(), bench.test.clock().new_id());
    let here = bench.db().clone();
    assert_eq!(
        lead_once(&here, &[HOURLY], one).await.unwrap(),
        0,
        "it is not due when it is first seen"
    );
    bench.pass_an_hour();
    assert_eq!(
        lead_once(&there, &[HOURLY], two).await.unwrap(),
        0,
        "another leads"
    );
    assert_eq!(lead_once(&here, &[HOURLY], one).await.unwrap(), 1);
    assert_eq!(lead_once(&here, &[HOURLY], one).await.unwrap(), 0);
    assert_eq!(bench.queued().await, 1);
    bench.pass_an_hour();
    bench
        .run("update platform.leader set lease_until = now() - interval '1 second'")
        .await;
    assert_eq!(
        lead_once(&there, &[HOURLY], two).await.unwrap(),
        1,
        "the lead passes on"
    );
    assert_eq!(lead_once(&here, &[HOURLY], one).await.unwrap(), 0);
    assert_eq!(bench.queued().await, 1, "the first run waits still");
    there.close().await;
}

#[tokio::test]
async fn what_was_missed_while_nobody_led_is_made_up_for_once() {
    let mut bench = Bench::new().await;
    let owner = bench.test.clock().new_id();
    let db = bench.db().clone();
    lead_once(&db, &[HOURLY], owner).await.unwrap();
    for _ in 0..5 {
        bench.pass_an_hour();
    }
    assert_eq!(lead_once(&db, &[HOURLY], owner).await.unwrap(), 1);
    assert_eq!(lead_once(&db, &[HOURLY], owner).await.unwrap(), 0);
    assert_eq!(bench.queued().await, 1);
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_does_not_keep_the_others() {
    let mut bench = Bench::new().await;
    let owner = bench.test.clock().new_id();
    let db = bench.db().clone();
    let broken = Schedule {
        name: "test.broken",
        cron: "never",
        ..HOURLY
    };
    lead_once(&db, &[broken, HOURLY], owner).await.unwrap();
    bench.pass_an_hour();
    assert_eq!(lead_once(&db, &[broken, HOURLY], owner).await.unwrap(), 1);
    assert_eq!(bench.queued().await, 1);
}
