//! Merges, those undone among them.

use contracts::event::value::MergeReason;
use contracts::{MergeId, PersonId};
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use crate::people::{Merge, MergePage};

/// Writes a merge down.
pub(in crate::people) async fn insert_merge(
    tx: &mut TenantTx,
    kept: PersonId,
    merged: PersonId,
    reason: MergeReason,
) -> Result<Merge, DbError> {
    let (company, id, now) = (tx.company().uuid(), tx.clock().new_id(), tx.clock().now());
    let by = tx.actor().to_string();
    sqlx::query!(
        "insert into profile.merge (company_id, id, kept_id, merged_id, reason, merged_by, merged_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        company,
        id,
        kept.uuid(),
        merged.uuid(),
        reason.as_str(),
        by,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write a merge down"))?;
    Ok(Merge {
        id: id.into(),
        kept_id: kept,
        merged_id: merged,
        reason,
        merged_by: by,
        merged_at: now,
        undone_by: None,
        undone_at: None,
    })
}

struct Row {
    id: Uuid,
    kept_id: Uuid,
    merged_id: Uuid,
    reason: String,
    merged_by: String,
    merged_at: jiff_sqlx::Timestamp,
    undone_by: Option<String>,
    undone_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn merge(self) -> Result<Merge, DbError> {
        let reason = self.reason.parse();
        Ok(Merge {
            id: self.id.into(),
            kept_id: self.kept_id.into(),
            merged_id: self.merged_id.into(),
            reason: reason
                .map_err(|_| DbError::Schema("a merge's reason is unknown here".to_owned()))?,
            merged_by: self.merged_by,
            merged_at: self.merged_at.to_jiff(),
            undone_by: self.undone_by,
            undone_at: self.undone_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// The merge of an id.
pub(in crate::people) async fn find_merge(
    tx: &mut TenantTx,
    id: MergeId,
) -> Result<Option<Merge>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select id, kept_id, merged_id, reason, merged_by, merged_at, undone_by, undone_at from profile.merge where id = $1",
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("find a merge"))?;
    row.map(Row::merge).transpose()
}

/// Merges, the latest first.
pub(in crate::people) async fn list_merges(
    tx: &mut TenantTx,
    page: MergePage,
) -> Result<Vec<Merge>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, kept_id, merged_id, reason, merged_by, merged_at, undone_by, undone_at from profile.merge
         where $1::uuid is null or id < $1 order by id desc limit $2",
        page.after.map(MergeId::uuid),
        i64::from(page.limit),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list merges"))?;
    rows.into_iter().map(Row::merge).collect()
}

/// Notes that a merge is undone.
pub(in crate::people) async fn close_merge(
    tx: &mut TenantTx,
    merge: &mut Merge,
) -> Result<(), DbError> {
    let (by, now) = (tx.actor().to_string(), tx.clock().now());
    sqlx::query!(
        "update profile.merge set undone_by = $2, undone_at = $3 where id = $1",
        merge.id.uuid(),
        by,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("note that a merge is undone"))?;
    (merge.undone_by, merge.undone_at) = (Some(by), Some(now));
    Ok(())
}

/// The merges that hold between these people, as `(merged, kept)`.
pub(in crate::people) async fn find_active_between(
    tx: &mut TenantTx,
    people: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, DbError> {
    let rows = sqlx::query!(
        "select merged_id, kept_id from profile.merge
         where undone_at is null and merged_id = any($1) and kept_id = any($1) order by id",
        people,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find the merges between people"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.merged_id, row.kept_id))
        .collect())
}
