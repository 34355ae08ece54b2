//! Recurring jobs: a cron line in an IANA zone, run by one leader.

use std::str::FromStr;
use std::time::Duration;

use contracts::CompanyId;
use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{NewJob, enqueue, store};
use crate::db::{Db, DbError};

/// A job of the system's own that recurs.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Its name, unique in the installation.
    pub name: &'static str,
    /// Minute, hour, day of month, month, day of week.
    pub cron: &'static str,
    /// The IANA zone that the cron line speaks of.
    pub zone: &'static str,
    /// The kind of job to queue.
    pub job: &'static str,
}

/// A schedule that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The cron line.
    #[error("the cron line cannot be read: {0}")]
    Cron(String),
    /// The zone.
    #[error("there is no such time zone")]
    Zone(#[source] jiff::Error),
    /// There is no such time, such as 30 February.
    #[error("the cron line names no time that will ever come")]
    Never,
}

/// The first instant after `after` that the cron line names in the zone.
///
/// When clocks go forward, a time in the hour that is left out comes at the first
/// instant after the gap; when they go back, a time in the repeated hour comes once.
pub fn next_run(cron: &str, zone: &str, after: Timestamp) -> Result<Timestamp, ScheduleError> {
    let cron = Cron::from_str(cron).map_err(|error| ScheduleError::Cron(error.to_string()))?;
    let zone = TimeZone::get(zone).map_err(ScheduleError::Zone)?;
    let next = cron
        .find_next_occurrence(&after.to_zoned(zone), false)
        .map_err(|_| ScheduleError::Never)?;
    Ok(next.timestamp())
}

/// How often the leader looks at the clock.
const TICK: Duration = Duration::from_secs(5);

/// Starts the task that queues what the schedules name, as long as this process leads.
pub fn spawn(db: &Db, schedules: Vec<Schedule>, tasks: &TaskTracker, stop: &CancellationToken) {
    let (db, stop, owner) = (db.as_worker(), stop.clone(), db.clock().new_id());
    tasks.spawn(async move {
        while !stop.is_cancelled() {
            if let Err(error) = lead_once(&db, &schedules, owner).await {
                tracing::warn!(error = %error, "Schedules could not be looked at");
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = stop.cancelled() => {}
            }
        }
    });
}

/// Queues every schedule that is due, if this owner leads; how many were.
pub(super) async fn lead_once(
    db: &Db,
    schedules: &[Schedule],
    owner: Uuid,
) -> Result<usize, DbError> {
    if !store::take_lead(db, "schedules", owner, SignedDuration::from_secs(20)).await? {
        return Ok(0);
    }
    let mut queued = 0;
    for schedule in schedules {
        match queue_if_due(db, schedule).await {
            Ok(due) => queued += usize::from(due),
            Err(error @ DbError::Schema(_)) => {
                tracing::error!(schedule.name = schedule.name, error = %error, "A schedule cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(queued)
}

async fn queue_if_due(db: &Db, schedule: &Schedule) -> Result<bool, DbError> {
    let now = db.clock().now();
    let next = next_run(schedule.cron, schedule.zone, now)
        .map_err(|error| DbError::Schema(format!("schedule {}: {error}", schedule.name)))?;
    let mut tx = db.system("schedules").await?;
    let due = sqlx::query_scalar!(
        r#"insert into platform.schedule as s (name, cron, zone, next_run_at) values ($1, $2, $3, $4)
         on conflict (name) do update
         set cron = excluded.cron, zone = excluded.zone, next_run_at = excluded.next_run_at,
             last_run_at = case when s.next_run_at <= $5 and s.cron = excluded.cron and s.zone = excluded.zone then $5 else s.last_run_at end
         where s.next_run_at <= $5 or s.cron <> excluded.cron or s.zone <> excluded.zone
         returning (s.last_run_at = $5) as "due?""#,
        schedule.name,
        schedule.cron,
        schedule.zone,
        next.to_sqlx(),
        now.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("advance a schedule"))?
    .flatten()
    .unwrap_or(false);
    if due {
        // The run is tied to its time, so that a crash between two looks queues it once.
        let job = NewJob::new(schedule.job, json!({ "schedule": schedule.name }))?
            .deduplicated(schedule.name);
        debug_assert_eq!(tx.company(), CompanyId::SYSTEM);
        enqueue(&mut tx, job).await?;
    }
    tx.commit_bookkeeping().await?;
    Ok(due)
}
