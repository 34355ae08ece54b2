//! The SQL of dead letters.

use contracts::DeliveryId;
use jiff::Timestamp;
use platform::db::{SqlTimestamp, ToSqlx};
use platform::{DbError, TenantTx};

use super::{DeadDelivery, LetterCursor};

/// The company's dead letters behind `after`, oldest first.
pub(crate) async fn list_letters(
    tx: &mut TenantTx,
    after: Option<LetterCursor>,
    limit: i64,
) -> Result<Vec<DeadDelivery>, DbError> {
    let company = tx.company().uuid();
    let (died_at, id) = after.map_or((Timestamp::UNIX_EPOCH, uuid::Uuid::nil()), |after| {
        (after.died_at, after.id.uuid())
    });
    let rows = sqlx::query!(
        r#"select id, source, kind, delivery_id, attempts, reason_code as "reason_code!", coalesce(reason, '') as "reason!",
                  received_at as "received_at: SqlTimestamp", finished_at as "died_at!: SqlTimestamp"
         from ingest.inbox_delivery
         where company_id = $1 and state = 'dead' and (finished_at, id) > ($2, $3)
         order by finished_at, id
         limit $4"#,
        company,
        died_at.to_sqlx() as _,
        id,
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list dead letters"))?;
    let letters = rows.into_iter().map(|row| {
        let source = row.source.parse();
        Ok(DeadDelivery {
            id: row.id.into(),
            source: source
                .map_err(|()| DbError::Schema("a delivery of an unknown source".to_owned()))?,
            kind: row.kind,
            delivery_id: row.delivery_id,
            attempts: row.attempts,
            reason_code: row.reason_code,
            reason: row.reason,
            received_at: row.received_at.to_jiff(),
            died_at: row.died_at.to_jiff(),
        })
    });
    letters.collect()
}

pub(super) async fn replay_letter(tx: &mut TenantTx, id: DeliveryId) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let replayed = sqlx::query!(
        "update ingest.inbox_delivery
         set state = 'pending', attempts = 0, due_at = $3, reason_code = null, reason = null, finished_at = null
         where company_id = $1 and id = $2 and state = 'dead'",
        company,
        id.uuid(),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("replay a delivery"))?;
    Ok(replayed.rows_affected() == 1)
}

pub(super) async fn discard_letter(tx: &mut TenantTx, id: DeliveryId) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let discarded = sqlx::query!(
        "update ingest.inbox_delivery set state = 'discarded', body = null, finished_at = $3
         where company_id = $1 and id = $2 and state = 'dead'",
        company,
        id.uuid(),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("discard a delivery"))?;
    Ok(discarded.rows_affected() == 1)
}

/// How many deliveries of the company wait, and how many are dead letters.
pub(crate) async fn count_deliveries(tx: &mut TenantTx) -> Result<(u64, u64), DbError> {
    let company = tx.company().uuid();
    let row = sqlx::query!(
        r#"select (select count(*) from ingest.inbox_delivery where company_id = $1 and state = 'pending') as "pending!",
                  (select count(*) from ingest.inbox_delivery where company_id = $1 and state = 'dead') as "dead!""#,
        company,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count deliveries"))?;
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    Ok((count(row.pending), count(row.dead)))
}
