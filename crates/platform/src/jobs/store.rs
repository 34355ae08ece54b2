//! The queue's SQL. Leases are measured by the database's clock, because the
//! clocks of processes differ.

use contracts::{CompanyId, JobId};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::{JobKind, NewJob};
use crate::db::{Db, DbError, TenantTx};

pub(super) async fn insert_job(tx: &mut TenantTx, job: &NewJob) -> Result<Option<JobId>, DbError> {
    let (company, now, id) = (tx.company().uuid(), tx.clock().now(), tx.clock().new_id());
    let correlation = tx.grant().trace().correlation;
    // The update locks the waiting job, so that it does not start before this transaction
    // has committed what the job is to find.
    let queued = sqlx::query_scalar!(
        "insert into platform.job as j
             (company_id, id, kind, payload, priority, run_at, dedup_key, correlation_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (company_id, kind, dedup_key) where state = 'queued' do update
         set run_at = least(j.run_at, excluded.run_at), priority = greatest(j.priority, excluded.priority)
         returning id",
        company,
        id,
        job.kind,
        job.payload,
        job.priority,
        job.run_at.unwrap_or(now).to_sqlx(),
        job.dedup_key,
        correlation,
        now.to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("queue a job"))?;
    Ok((queued == id).then_some(JobId::new(id)))
}

pub(super) async fn find_state(tx: &mut TenantTx, id: JobId) -> Result<Option<String>, DbError> {
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        "select state from platform.job where company_id = $1 and id = $2",
        company,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("look at a job"))
}

/// A job whose lease was just taken.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) company: CompanyId,
    pub(super) id: JobId,
    pub(super) kind: String,
    pub(super) payload: serde_json::Value,
    pub(super) attempt: i32,
    pub(super) correlation: Uuid,
}

/// Takes the lease of the most urgent job that is due, or whose lease ran out; of `only` this one, if it is named.
pub(super) async fn claim(
    db: &Db,
    owner: Uuid,
    kinds: &[JobKind],
    only: Option<JobId>,
) -> Result<Option<Claimed>, DbError> {
    let names: Vec<String> = kinds.iter().map(|kind| kind.name.to_owned()).collect();
    let leases: Vec<f64> = kinds.iter().map(|kind| kind.lease.as_secs_f64()).collect();
    let mut tx = db.system("jobs").await?;
    let row = sqlx::query!(
        r#"update platform.job as j
         set state = 'running', attempts = attempts + 1, lease_owner = $1, lease_until = now() + make_interval(secs => due.lease)
         from (
             select q.company_id, q.id, k.lease
             from platform.job as q join unnest($2::text[], $3::float8[]) as k (kind, lease) on k.kind = q.kind
             where ($5::uuid is null or q.id = $5)
               and ((q.state = 'queued' and q.run_at <= $4) or (q.state = 'running' and q.lease_until < now()))
             order by q.priority desc, q.run_at, q.id
             limit 1
             for update of q skip locked
         ) as due
         where j.company_id = due.company_id and j.id = due.id
         returning j.company_id, j.id, j.kind, j.payload, j.attempts, j.correlation_id"#,
        owner,
        &names,
        &leases,
        db.clock().now().to_sqlx(),
        only.map(JobId::uuid),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("claim a job"))?;
    tx.commit_bookkeeping().await?;
    Ok(row.map(|row| Claimed {
        company: row.company_id.into(),
        id: row.id.into(),
        kind: row.kind,
        payload: row.payload,
        attempt: row.attempts,
        correlation: row.correlation_id,
    }))
}

/// Lengthens a lease; false if it is no longer held.
pub(super) async fn heartbeat(
    db: &Db,
    job: &Claimed,
    owner: Uuid,
    lease: SignedDuration,
) -> Result<bool, DbError> {
    let mut tx = db.system("jobs").await?;
    let held = sqlx::query!(
        "update platform.job set lease_until = now() + make_interval(secs => $5)
         where company_id = $1 and id = $2 and state = 'running' and lease_owner = $3 and attempts = $4",
        job.company.uuid(),
        job.id.uuid(),
        owner,
        job.attempt,
        lease.as_secs_f64(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("lengthen a lease"))?;
    tx.commit_bookkeeping().await?;
    Ok(held.rows_affected() == 1)
}

/// How a run ended.
#[derive(Debug)]
pub(super) enum Ending {
    Succeeded,
    Failed(String),
    Again(Timestamp, String),
    /// Cut off through no fault of its own: due at once, and not counted as an attempt.
    Interrupted,
}

/// Writes down how a run ended and gives the lease back; false if the lease was lost meanwhile.
pub(super) async fn finish(
    db: &Db,
    job: &Claimed,
    owner: Uuid,
    ending: &Ending,
) -> Result<bool, DbError> {
    let now = db.clock().now();
    let (state, run_at, error, finished) = match ending {
        Ending::Succeeded => ("succeeded", None, None, Some(now)),
        Ending::Failed(error) => ("failed", None, Some(error.as_str()), Some(now)),
        Ending::Again(at, error) => ("queued", Some(*at), Some(error.as_str()), None),
        Ending::Interrupted => ("queued", Some(now), Some("interrupted"), None),
    };
    let counted = !matches!(ending, Ending::Interrupted);
    let mut tx = db.system("jobs").await?;
    let done = sqlx::query!(
        "update platform.job
         set state = $5, run_at = coalesce($6, run_at), error = $7, finished_at = $8, lease_owner = null, lease_until = null,
             dedup_key = case when $5 = 'queued' then null else dedup_key end,
             attempts = case when $9 then attempts else attempts - 1 end
         where company_id = $1 and id = $2 and state = 'running' and lease_owner = $3 and attempts = $4",
        job.company.uuid(),
        job.id.uuid(),
        owner,
        job.attempt,
        state,
        run_at.map(ToSqlx::to_sqlx) as _,
        error,
        finished.map(ToSqlx::to_sqlx) as _,
        counted,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("finish a job"))?;
    tx.commit_bookkeeping().await?;
    Ok(done.rows_affected() == 1)
}

/// Takes or keeps the lead of something for `lease`; whether this owner has it.
pub(super) async fn take_lead(
    db: &Db,
    name: &str,
    owner: Uuid,
    lease: SignedDuration,
) -> Result<bool, DbError> {
    let mut tx = db.system("leader").await?;
    let taken = sqlx::query_scalar!(
        r#"insert into platform.leader (name, owner, lease_until) values ($1, $2, now() + make_interval(secs => $3))
         on conflict (name) do update set owner = excluded.owner, lease_until = excluded.lease_until
         where leader.owner = excluded.owner or leader.lease_until < now()
         returning owner"#,
        name,
        owner,
        lease.as_secs_f64(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("take the lead"))?;
    tx.commit_bookkeeping().await?;
    Ok(taken == Some(owner))
}

/// Ends the leases of all jobs, so that whoever is alive takes them up at once; how many there were.
///
/// For a process that has just started the database: whoever held a lease lost its
/// connection with the database before, and loses the lease at its next heartbeat.
pub async fn expire_leases(db: &Db) -> Result<u64, DbError> {
    let mut tx = db.system("jobs").await?;
    let expired = sqlx::query!(
        "update platform.job set lease_until = now() where state = 'running' and lease_until > now()"
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("end the leases of jobs"))?;
    tx.commit_bookkeeping().await?;
    Ok(expired.rows_affected())
}

/// How many jobs over all companies run or are due.
pub async fn unfinished_jobs(db: &Db) -> Result<i64, DbError> {
    let now = db.clock().now();
    let mut tx = db.system("jobs").await?;
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from platform.job where state = 'running' or (state = 'queued' and run_at <= $1)"#,
        now.to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count jobs"))
}
