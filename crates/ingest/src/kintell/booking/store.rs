//! The SQL of bookings.

use std::collections::{HashMap, HashSet};

use contracts::SessionId;
use contracts::event::value::SessionType;
use platform::db::{SqlTimestamp, ToSqlx};
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::{Booking, BookingRow, Completed};
use crate::source::Origin;

fn session_type(word: &str) -> Result<SessionType, DbError> {
    word.parse()
        .map_err(|_| DbError::Schema("a session of an unknown type".to_owned()))
}

/// Which of these sessions took place already.
pub(super) async fn find_over(
    tx: &mut TenantTx,
    external_ids: &[String],
) -> Result<HashSet<String>, DbError> {
    let company = tx.company().uuid();
    let over = sqlx::query_scalar!(
        "select s.external_id from ingest.kintell_session as s where s.company_id = $1 and s.external_id = any($2)
         union
         select b.external_id from ingest.kintell_booking as b
         where b.company_id = $1 and b.external_id = any($2) and b.completed_at is not null",
        company,
        external_ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look sessions up"))?;
    Ok(over.into_iter().flatten().collect())
}

/// Finds bookings that are not over and locks them, in one order for all who do.
pub(super) async fn find_known(
    tx: &mut TenantTx,
    external_ids: &[String],
) -> Result<HashMap<String, Booking>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select external_id, id, session_type, participant_id, volunteer_id, scheduled_at as "scheduled_at: SqlTimestamp"
         from ingest.kintell_booking
         where company_id = $1 and external_id = any($2) and completed_at is null
         order by external_id for update"#,
        company,
        external_ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look bookings up"))?;
    let known = rows.into_iter().map(|row| {
        let booking = Booking {
            id: row.id.into(),
            session_type: session_type(&row.session_type)?,
            participant: row.participant_id.into(),
            volunteer: row.volunteer_id.into(),
            scheduled_at: row.scheduled_at.to_jiff(),
        };
        Ok((row.external_id, booking))
    });
    known.collect()
}

pub(super) async fn upsert_bookings(
    tx: &mut TenantTx,
    writes: &[(&BookingRow, Booking)],
) -> Result<(), DbError> {
    if writes.is_empty() {
        return Ok(());
    }
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let ids: Vec<Uuid> = writes.iter().map(|(_, b)| b.id.uuid()).collect();
    let external_ids: Vec<String> = writes.iter().map(|(r, _)| r.external_id.clone()).collect();
    let types: Vec<String> = writes
        .iter()
        .map(|(_, b)| b.session_type.as_str().to_owned())
        .collect();
    let participants: Vec<Uuid> = writes.iter().map(|(_, b)| b.participant.uuid()).collect();
    let volunteers: Vec<Uuid> = writes.iter().map(|(_, b)| b.volunteer.uuid()).collect();
    let scheduled: Vec<SqlTimestamp> = writes
        .iter()
        .map(|(_, b)| b.scheduled_at.to_sqlx())
        .collect();
    let deliveries: Vec<Uuid> = writes
        .iter()
        .map(|(row, _)| match row.origin {
            Origin::Delivery { id } => id,
            // Bookings come in no file; the nil id is nobody's.
            Origin::Import { .. } => Uuid::nil(),
        })
        .collect();
    sqlx::query!(
        "insert into ingest.kintell_booking
             (company_id, id, external_id, session_type, participant_id, volunteer_id, scheduled_at, delivery_id, created_at, updated_at)
         select $1, n.id, n.external_id, n.session_type, n.participant_id, n.volunteer_id, n.scheduled_at, n.delivery_id, $2, $2
         from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::timestamptz[], $9::uuid[])
             as n (id, external_id, session_type, participant_id, volunteer_id, scheduled_at, delivery_id)
         on conflict (company_id, id) do update
         set session_type = excluded.session_type, participant_id = excluded.participant_id,
             volunteer_id = excluded.volunteer_id, scheduled_at = excluded.scheduled_at,
             delivery_id = excluded.delivery_id, updated_at = excluded.updated_at",
        company,
        now.to_sqlx(),
        &ids,
        &external_ids,
        &types,
        &participants,
        &volunteers,
        &scheduled as _,
        &deliveries,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store bookings"))?;
    Ok(())
}

/// Bookings that are not over and may be of these sessions, the first agreed on first, each with its id at Kintell.
pub(super) async fn find_open(
    tx: &mut TenantTx,
    sessions: &[Completed<'_>],
) -> Result<Vec<(String, Booking)>, DbError> {
    let company = tx.company().uuid();
    let external_ids: Vec<String> = sessions.iter().map(|s| s.external_id.to_owned()).collect();
    let participants: Vec<Uuid> = sessions.iter().map(|s| s.participant.uuid()).collect();
    let rows = sqlx::query!(
        r#"select external_id, id, session_type, participant_id, volunteer_id, scheduled_at as "scheduled_at: SqlTimestamp"
         from ingest.kintell_booking
         where company_id = $1 and completed_at is null and (external_id = any($2) or participant_id = any($3))
         order by created_at, id for update"#,
        company,
        &external_ids,
        &participants,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look bookings up"))?;
    let open = rows.into_iter().map(|row| {
        let booking = Booking {
            id: row.id.into(),
            session_type: session_type(&row.session_type)?,
            participant: row.participant_id.into(),
            volunteer: row.volunteer_id.into(),
            scheduled_at: row.scheduled_at.to_jiff(),
        };
        Ok((row.external_id, booking))
    });
    open.collect()
}

pub(super) async fn end_bookings(tx: &mut TenantTx, ids: &[SessionId]) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "update ingest.kintell_booking set completed_at = $3, updated_at = $3 where company_id = $1 and id = any($2)",
        company,
        &ids,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("end bookings"))?;
    Ok(())
}
