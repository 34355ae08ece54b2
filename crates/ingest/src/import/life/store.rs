//! The SQL of checking, abandoning and undoing imports.

use contracts::ImportId;
use platform::db::ToSqlx;
use platform::{DbError, TenantTx};

/// Puts a checked import back in line, to be committed; false unless it was checked.
pub(crate) async fn release_import(tx: &mut TenantTx, id: ImportId) -> Result<bool, DbError> {
    let company = tx.company().uuid();
    let done = sqlx::query!(
        "update ingest.import
         set state = 'uploaded', options = options || '{\"check\": false}'::jsonb
         where company_id = $1 and id = $2 and state = 'checked'",
        company,
        id.uuid(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("release an import"))?;
    Ok(done.rows_affected() == 1)
}

/// Stores what a check has found; false unless the import waited for it.
pub(crate) async fn check_import(
    tx: &mut TenantTx,
    id: ImportId,
    layout: Option<serde_json::Value>,
    header: Option<Vec<u8>>,
    rows_total: i64,
    result: &serde_json::Value,
) -> Result<bool, DbError> {
    let company = tx.company().uuid();
    let done = sqlx::query!(
        "update ingest.import
         set state = 'checked', layout = $3, header = $4, rows_total = $5, check_result = $6
         where company_id = $1 and id = $2 and state = 'uploaded'",
        company,
        id.uuid(),
        layout,
        header,
        rows_total,
        result,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store what a check found"))?;
    Ok(done.rows_affected() == 1)
}

/// Ends an import where it stands; false if it has ended.
pub(crate) async fn abandon_import(tx: &mut TenantTx, id: ImportId) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let done = sqlx::query!(
        "update ingest.import set state = 'abandoned', finished_at = $3
         where company_id = $1 and id = $2 and state in ('uploaded', 'checked', 'running')",
        company,
        id.uuid(),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("abandon an import"))?;
    Ok(done.rows_affected() == 1)
}

/// Begins to undo an import; false unless it has ended with rows taken in.
pub(crate) async fn begin_undo(tx: &mut TenantTx, id: ImportId) -> Result<bool, DbError> {
    let company = tx.company().uuid();
    let done = sqlx::query!(
        "update ingest.import set state = 'undoing'
         where company_id = $1 and id = $2 and state in ('committed', 'failed', 'abandoned') and created + updated > 0",
        company,
        id.uuid(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("begin to undo an import"))?;
    Ok(done.rows_affected() == 1)
}

/// Adds to what an undo has done so far; false if it has ended.
pub(crate) async fn advance_undo(
    tx: &mut TenantTx,
    id: ImportId,
    withdrawn: i64,
    restored: i64,
) -> Result<bool, DbError> {
    let company = tx.company().uuid();
    let done = sqlx::query!(
        "update ingest.import
         set undo_result = jsonb_build_object(
             'withdrawn', coalesce((undo_result ->> 'withdrawn')::bigint, 0) + $3::bigint,
             'restored', coalesce((undo_result ->> 'restored')::bigint, 0) + $4::bigint,
             'kept', 0)
         where company_id = $1 and id = $2 and state = 'undoing'",
        company,
        id.uuid(),
        withdrawn,
        restored,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("advance an undo"))?;
    Ok(done.rows_affected() == 1)
}

/// Ends an undo; false if it has ended.
pub(crate) async fn end_undo(tx: &mut TenantTx, id: ImportId, kept: i64) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let done = sqlx::query!(
        "update ingest.import
         set state = 'undone', undone_at = $3,
             undo_result = coalesce(undo_result, '{\"withdrawn\": 0, \"restored\": 0}') || jsonb_build_object('kept', $4::bigint)
         where company_id = $1 and id = $2 and state = 'undoing'",
        company,
        id.uuid(),
        now.to_sqlx(),
        kept,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("end an undo"))?;
    Ok(done.rows_affected() == 1)
}
