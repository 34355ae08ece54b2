//! Events given up on: looked at by a person, and replayed.

use contracts::DeadLetterId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::Serialize;

use crate::db::{AuditNote, DbError, TenantTx};

/// An event that a consumer gave up on. It carries no payload.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DeadLetter {
    /// Its id.
    pub id: DeadLetterId,
    /// Which consumer gave up.
    pub consumer: String,
    /// The event's type.
    pub event_type: String,
    /// The event's place in the company's stream.
    pub position: i64,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub error: String,
    /// When it was given up.
    #[schema(value_type = String)]
    pub died_at: Timestamp,
}

/// The company's dead letters that were not replayed, oldest first, at most 200.
pub async fn list_dead_letters(tx: &mut TenantTx) -> Result<Vec<DeadLetter>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select id, consumer, event_type, position, attempts, error, died_at from platform.dead_letter
         where company_id = $1 and replayed_at is null order by died_at, id limit 200",
        company,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list dead letters"))?;
    Ok(rows
        .into_iter()
        .map(|row| DeadLetter {
            id: row.id.into(),
            consumer: row.consumer,
            event_type: row.event_type,
            position: row.position,
            attempts: row.attempts,
            error: row.error,
            died_at: row.died_at.to_jiff(),
        })
        .collect())
}

/// Puts a dead letter back before its consumer, as if it had never been tried;
/// false if there is none of that id. Effects it had already are not repeated.
pub async fn replay_dead_letter(tx: &mut TenantTx, id: DeadLetterId) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let replayed = sqlx::query!(
        "with letter as (
             update platform.dead_letter set replayed_at = $3
             where company_id = $1 and id = $2 and replayed_at is null
               and position in (select o.position from platform.outbox as o where o.company_id = $1)
             returning consumer, position
         )
         insert into platform.parked_event (company_id, consumer, position, subject, attempts, next_attempt_at, error)
         select $1, l.consumer, l.position, o.subject, 0, $3, 'replayed'
         from letter as l join platform.outbox as o on o.company_id = $1 and o.position = l.position
         on conflict do nothing",
        company,
        id.uuid(),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("replay a dead letter"))?;
    if replayed.rows_affected() == 0 {
        return Ok(false);
    }
    tx.audit(AuditNote::new("event.replay", "dead_letter", id));
    Ok(true)
}
