//! The bus's SQL.

use contracts::CompanyId;
use contracts::event::EventType;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::transport::Arrival;
use crate::db::{Db, DbError, TenantTx};

/// How many events a company's consumers have before and behind them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct StreamCounts {
    /// Events published.
    pub published: i64,
    /// Of these, how many the slowest consumer has read, parked ones not counted.
    pub consumed: i64,
    /// Events that wait for another attempt.
    pub parked: i64,
    /// Events given up on and not replayed.
    pub dead: i64,
}

/// The counts of the transaction's company over the named consumers.
pub async fn stream_counts(tx: &mut TenantTx, consumers: &[&str]) -> Result<StreamCounts, DbError> {
    let company = tx.company().uuid();
    let names: Vec<String> = consumers.iter().map(|name| (*name).to_owned()).collect();
    let row = sqlx::query!(
        r#"select
             coalesce((select stream_position from platform.tenant_head where company_id = $1), 0) as "published!",
             coalesce((
                 select min(coalesce(s.position, 0))
                 from unnest($2::text[]) as c (consumer)
                 left join platform.subscription as s on s.company_id = $1 and s.consumer = c.consumer
             ), 0) as "read!",
             (select count(*) from platform.parked_event where company_id = $1) as "parked!",
             (select count(*) from platform.dead_letter where company_id = $1 and replayed_at is null) as "dead!""#,
        company,
        &names,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count events"))?;
    Ok(StreamCounts {
        published: row.published,
        consumed: (row.read - row.parked).max(0),
        parked: row.parked,
        dead: row.dead,
    })
}

pub(super) async fn companies_with_news(
    db: &Db,
    consumer: &'static str,
    limit: i64,
) -> Result<Vec<CompanyId>, DbError> {
    let now = db.clock().now();
    let mut tx = db.system("bus").await?;
    let rows = sqlx::query_scalar!(
        "select h.company_id
         from platform.tenant_head as h
         left join platform.subscription as s on s.company_id = h.company_id and s.consumer = $1
         where h.stream_position > coalesce(s.position, 0)
            or exists (
                select from platform.parked_event as p
                where p.company_id = h.company_id and p.consumer = $1 and p.next_attempt_at <= $3
                  and not exists (
                      select from platform.parked_event as earlier
                      where earlier.company_id = p.company_id and earlier.consumer = p.consumer
                        and earlier.subject = p.subject and earlier.position < p.position
                  )
            )
         order by s.updated_at nulls first
         limit $2",
        consumer,
        limit,
        now.to_sqlx(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for unread events"))?;
    Ok(rows.into_iter().map(CompanyId::new).collect())
}

pub(super) async fn fetch(
    tx: &mut TenantTx,
    types: &[EventType],
    position: i64,
    limit: i64,
) -> Result<(Vec<Arrival>, i64), DbError> {
    let company = tx.company().uuid();
    let names: Vec<String> = types.iter().map(|kind| kind.as_str().to_owned()).collect();
    let head = sqlx::query_scalar!(
        "select stream_position from platform.tenant_head where company_id = $1",
        company
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("read events"))?
    .unwrap_or_default();
    let rows = sqlx::query!(
        "select position, type, subject, body from platform.outbox
         where company_id = $1 and position > $2 and position <= $3 and type = any($4)
         order by position limit $5",
        company,
        position,
        head,
        &names,
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read events"))?;
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= limit;
    let looked_at = if full {
        rows.last().map_or(head, |row| row.position)
    } else {
        head
    };
    let arrivals = rows
        .into_iter()
        .map(|row| Arrival {
            position: row.position,
            event_type: row.r#type,
            subject: row.subject,
            body: row.body,
        })
        .collect();
    Ok((arrivals, looked_at))
}

/// Makes the consumer's position in the transaction's company, if there is none.
async fn subscribe(tx: &mut TenantTx, consumer: &str) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    sqlx::query!(
        "insert into platform.subscription (company_id, consumer, updated_at) values ($1, $2, $3) on conflict do nothing",
        company,
        consumer,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("subscribe"))?;
    Ok(())
}

/// Locks the consumer's position in the transaction's company and returns it, waiting
/// for whoever holds it.
pub(super) async fn lock_position(tx: &mut TenantTx, consumer: &str) -> Result<i64, DbError> {
    subscribe(tx, consumer).await?;
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        "select position from platform.subscription where company_id = $1 and consumer = $2 for update",
        company,
        consumer,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("lock a read position"))
}

/// As [`lock_position`], but None while another process holds it.
pub(super) async fn try_lock_position(
    tx: &mut TenantTx,
    consumer: &str,
) -> Result<Option<i64>, DbError> {
    subscribe(tx, consumer).await?;
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        "select position from platform.subscription where company_id = $1 and consumer = $2 for update skip locked",
        company,
        consumer,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("lock a read position"))
}

pub(super) async fn store_position(
    tx: &mut TenantTx,
    consumer: &str,
    position: i64,
) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    sqlx::query!(
        "update platform.subscription set position = $3, updated_at = $4 where company_id = $1 and consumer = $2",
        company,
        consumer,
        position,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("advance a read position"))?;
    Ok(())
}

/// Enters events into the consumer's inbox; returns those that were not there yet.
pub(super) async fn insert_inbox(
    tx: &mut TenantTx,
    consumer: &str,
    events: &[Uuid],
) -> Result<Vec<Uuid>, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    sqlx::query_scalar!(
        "insert into platform.inbox (company_id, consumer, event_id, processed_at)
         select $1, $2, e.id, $4 from unnest($3::uuid[]) as e (id)
         on conflict do nothing
         returning event_id",
        company,
        consumer,
        events,
        now.to_sqlx(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("enter events into the inbox"))
}

/// Subjects of which events are parked for the consumer.
pub(super) async fn parked_subjects(
    tx: &mut TenantTx,
    consumer: &str,
) -> Result<Vec<String>, DbError> {
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        "select distinct subject from platform.parked_event where company_id = $1 and consumer = $2",
        company,
        consumer,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read parked events"))
}

/// A parked event: one that failed, or one that waits behind it.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) arrival: Arrival,
    /// Failures so far.
    pub(super) attempts: i32,
}

pub(super) async fn park(
    tx: &mut TenantTx,
    consumer: &str,
    arrival: &Arrival,
    attempts: i32,
    next_attempt_at: Timestamp,
    error: &str,
) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "insert into platform.parked_event (company_id, consumer, position, subject, attempts, next_attempt_at, error)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict do nothing",
        company,
        consumer,
        arrival.position,
        arrival.subject,
        attempts,
        next_attempt_at.to_sqlx(),
        error,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("park an event"))?;
    Ok(())
}

/// Writes down that the attempt after `attempts` failures failed too, and when to try
/// again. Nothing happens if another process has got further meanwhile.
pub(super) async fn put_off(
    tx: &mut TenantTx,
    consumer: &str,
    parked: &Parked,
    next_attempt_at: Timestamp,
    error: &str,
) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "update platform.parked_event set attempts = attempts + 1, next_attempt_at = $5, error = $6
         where company_id = $1 and consumer = $2 and position = $3 and attempts = $4",
        company,
        consumer,
        parked.arrival.position,
        parked.attempts,
        next_attempt_at.to_sqlx(),
        error,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("put an event off"))?;
    Ok(())
}

/// The first parked event of a subject whose time has come; never one behind another.
pub(super) async fn next_parked(
    tx: &mut TenantTx,
    consumer: &str,
) -> Result<Option<Parked>, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let row = sqlx::query!(
        "select p.position, p.subject, p.attempts, o.type, o.body
         from platform.parked_event as p
         join platform.outbox as o on o.company_id = p.company_id and o.position = p.position
         where p.company_id = $1 and p.consumer = $2 and p.next_attempt_at <= $3
           and not exists (
               select from platform.parked_event as earlier
               where earlier.company_id = p.company_id and earlier.consumer = p.consumer
                 and earlier.subject = p.subject and earlier.position < p.position
           )
         order by p.position limit 1",
        company,
        consumer,
        now.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("read parked events"))?;
    Ok(row.map(|row| Parked {
        arrival: Arrival {
            position: row.position,
            event_type: row.r#type,
            subject: row.subject,
            body: row.body,
        },
        attempts: row.attempts,
    }))
}

/// Removes a parked event as it was read; false if another process has got further.
pub(super) async fn delete_parked(
    tx: &mut TenantTx,
    consumer: &str,
    parked: &Parked,
) -> Result<bool, DbError> {
    let company = tx.company().uuid();
    let deleted = sqlx::query!(
        "delete from platform.parked_event
         where company_id = $1 and consumer = $2 and position = $3 and attempts = $4",
        company,
        consumer,
        parked.arrival.position,
        parked.attempts,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("unpark an event"))?;
    Ok(deleted.rows_affected() == 1)
}

pub(super) async fn insert_dead_letter(
    tx: &mut TenantTx,
    consumer: &str,
    arrival: &Arrival,
    attempts: i32,
    error: &str,
) -> Result<(), DbError> {
    let (company, now, id) = (tx.company().uuid(), tx.clock().now(), tx.clock().new_id());
    sqlx::query!(
        "insert into platform.dead_letter (company_id, id, consumer, position, event_type, attempts, error, died_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        company,
        id,
        consumer,
        arrival.position,
        arrival.event_type,
        attempts,
        error,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("give an event up"))?;
    Ok(())
}

/// How many events of `types` in the transaction's company have had no effect by `consumer`
/// yet: those not read and those parked.
pub async fn unread_in_company(
    tx: &mut TenantTx,
    consumer: &str,
    types: &[EventType],
) -> Result<i64, DbError> {
    let company = tx.company().uuid();
    let names: Vec<String> = types.iter().map(|kind| kind.as_str().to_owned()).collect();
    sqlx::query_scalar!(
        r#"select
             (select count(*) from platform.outbox as o
              where o.company_id = $1 and o.type = any($3)
                and o.position > coalesce((
                    select s.position from platform.subscription as s where s.company_id = $1 and s.consumer = $2
                ), 0))
             + (select count(*) from platform.parked_event where company_id = $1 and consumer = $2) as "unread!""#,
        company,
        consumer,
        &names,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count unread events"))
}

/// How many events over all companies `consumer` has not read.
pub async fn unread_events(db: &Db, consumer: &str) -> Result<i64, DbError> {
    let mut tx = db.system("metrics").await?;
    sqlx::query_scalar!(
        r#"select coalesce(sum(h.stream_position - coalesce(s.position, 0)), 0)::bigint as "unread!"
         from platform.tenant_head as h
         left join platform.subscription as s on s.company_id = h.company_id and s.consumer = $1"#,
        consumer,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count unread events"))
}
