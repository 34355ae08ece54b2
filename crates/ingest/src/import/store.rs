//! The SQL of imports and their refused rows.

use contracts::ImportId;
use jiff::Timestamp;
use platform::db::{SqlTimestamp, ToSqlx};
use platform::{DbError, SystemTx, TenantTx};
use uuid::Uuid;

use super::model::Counts;
use super::rejection::SealedRejection;
use super::spool::SpoolId;
use crate::source::Source;

/// An import as it is stored.
pub(crate) struct StoredImport {
    pub(crate) id: Uuid,
    pub(crate) source: String,
    pub(crate) file_name: Vec<u8>,
    pub(crate) file_sha256: Vec<u8>,
    pub(crate) size_bytes: i64,
    pub(crate) state: String,
    pub(crate) options: serde_json::Value,
    pub(crate) layout: Option<serde_json::Value>,
    pub(crate) header: Option<Vec<u8>>,
    pub(crate) rows_total: Option<i64>,
    pub(crate) rows_in: i64,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) unchanged: i64,
    pub(crate) rejected: i64,
    pub(crate) problem: Option<Vec<u8>>,
    pub(crate) created_by: Uuid,
    pub(crate) created_at: SqlTimestamp,
    pub(crate) started_at: Option<SqlTimestamp>,
    pub(crate) run_started_at: Option<SqlTimestamp>,
    pub(crate) run_first_row: i64,
    pub(crate) finished_at: Option<SqlTimestamp>,
    pub(crate) check_result: Option<serde_json::Value>,
    pub(crate) undo_result: Option<serde_json::Value>,
    pub(crate) undone_at: Option<SqlTimestamp>,
}

/// A new import.
pub(crate) struct NewImport<'a> {
    pub(crate) id: ImportId,
    pub(crate) source: Source,
    pub(crate) file_name: Vec<u8>,
    pub(crate) sha256: &'a [u8; 32],
    pub(crate) size: u64,
    pub(crate) options: serde_json::Value,
}

pub(crate) async fn insert_import(tx: &mut TenantTx, new: NewImport<'_>) -> Result<(), DbError> {
    let (company, by, now) = (tx.company().uuid(), tx.actor().id(), tx.clock().now());
    sqlx::query!(
        "insert into ingest.import
             (company_id, id, source, file_name, file_sha256, size_bytes, state, options, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, 'uploaded', $7, $8, $9)",
        company,
        new.id.uuid(),
        new.source.as_str(),
        new.file_name,
        &new.sha256[..],
        i64::try_from(new.size).unwrap_or(i64::MAX),
        new.options,
        by,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("add an import"))?;
    Ok(())
}

/// Imports to look for: one, or those before a place in the list, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) id: Option<ImportId>,
    pub(crate) before: Option<(Timestamp, Uuid)>,
    pub(crate) offset: i64,
    pub(crate) limit: i64,
}

pub(crate) async fn find_imports(
    tx: &mut TenantTx,
    wanted: Wanted,
) -> Result<Vec<StoredImport>, DbError> {
    let company = tx.company().uuid();
    sqlx::query_as!(
        StoredImport,
        "select id, source, file_name, file_sha256, size_bytes, state, options, layout, header, rows_total,
                rows_in, created, updated, unchanged, rejected, problem, created_by, created_at, started_at,
                run_started_at, run_first_row, finished_at,
                check_result, undo_result, undone_at
         from ingest.import
         where company_id = $1
           and ($2::uuid is null or id = $2)
           and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
         order by created_at desc, id desc
         offset $5 limit $6",
        company,
        wanted.id.map(ImportId::uuid),
        wanted.before.map(|(at, _)| at.to_sqlx()) as _,
        wanted.before.map(|(_, id)| id),
        wanted.offset,
        wanted.limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read imports"))
}

pub(crate) async fn count_imports(tx: &mut TenantTx) -> Result<i64, DbError> {
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from ingest.import where company_id = $1"#,
        company
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count imports"))
}

/// What reading a file through has told.
pub(crate) struct Recognised {
    pub(crate) layout: Option<serde_json::Value>,
    pub(crate) header: Option<Vec<u8>>,
    pub(crate) rows_total: i64,
}

/// Puts an import into the state `running`; false if it has ended.
pub(crate) async fn start_import(
    tx: &mut TenantTx,
    id: ImportId,
    recognised: &Recognised,
) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let done = sqlx::query!(
        "update ingest.import
         set state = 'running', layout = $3, header = $4, rows_total = $5,
             started_at = coalesce(started_at, $6), run_started_at = $6, run_first_row = rows_in
         where company_id = $1 and id = $2 and state in ('uploaded', 'running')",
        company,
        id.uuid(),
        recognised.layout,
        recognised.header,
        recognised.rows_total,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("start an import"))?;
    Ok(done.rows_affected() == 1)
}

/// Adds a batch to the counts, which moves the checkpoint; false if the checkpoint was not where the batch begins.
pub(crate) async fn advance_import(
    tx: &mut TenantTx,
    id: ImportId,
    after: u64,
    batch: Counts,
) -> Result<bool, DbError> {
    let company = tx.company().uuid();
    let [after, rows_in, created, updated, unchanged, rejected] = [
        after,
        batch.rows_in,
        batch.created,
        batch.updated,
        batch.unchanged,
        batch.rejected,
    ]
    .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    let done = sqlx::query!(
        "update ingest.import
         set rows_in = rows_in + $4, created = created + $5, updated = updated + $6,
             unchanged = unchanged + $7, rejected = rejected + $8
         where company_id = $1 and id = $2 and state = 'running' and rows_in = $3",
        company,
        id.uuid(),
        after,
        rows_in,
        created,
        updated,
        unchanged,
        rejected,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("advance an import"))?;
    Ok(done.rows_affected() == 1)
}

/// Ends a running import whose rows are all dealt with; its counts, or none if it has ended already or rows are missing.
pub(crate) async fn commit_import(
    tx: &mut TenantTx,
    id: ImportId,
) -> Result<Option<Counts>, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let row = sqlx::query!(
        "update ingest.import set state = 'committed', finished_at = $3
         where company_id = $1 and id = $2 and state = 'running' and rows_in = rows_total
         returning rows_in, created, updated, unchanged, rejected",
        company,
        id.uuid(),
        now.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("end an import"))?;
    Ok(row.map(|row| {
        counts([
            row.rows_in,
            row.created,
            row.updated,
            row.unchanged,
            row.rejected,
        ])
    }))
}

/// Ends an import that goes no further; false if it has ended already.
pub(crate) async fn fail_import(
    tx: &mut TenantTx,
    id: ImportId,
    code: &str,
    problem: &[u8],
) -> Result<bool, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let done = sqlx::query!(
        "update ingest.import set state = 'failed', problem_code = $3, problem = $4, finished_at = $5
         where company_id = $1 and id = $2 and state in ('uploaded', 'running')",
        company,
        id.uuid(),
        code,
        problem,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("fail an import"))?;
    Ok(done.rows_affected() == 1)
}

pub(crate) fn counts(columns: [i64; 5]) -> Counts {
    let [rows_in, created, updated, unchanged, rejected] =
        columns.map(|count| u64::try_from(count).unwrap_or_default());
    Counts {
        rows_in,
        created,
        updated,
        unchanged,
        rejected,
    }
}

pub(crate) async fn insert_rejections(
    tx: &mut TenantTx,
    import: ImportId,
    rejections: &[SealedRejection],
) -> Result<(), DbError> {
    if rejections.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let numbers: Vec<i64> = rejections.iter().map(|rejection| rejection.row).collect();
    let lines: Vec<i64> = rejections.iter().map(|rejection| rejection.line).collect();
    let errors: Vec<_> = rejections
        .iter()
        .map(|rejection| rejection.errors.clone())
        .collect();
    let sealed: Vec<&[u8]> = rejections
        .iter()
        .map(|rejection| &rejection.sealed[..])
        .collect();
    sqlx::query!(
        "insert into ingest.import_rejection (company_id, import_id, row_number, line, errors, sealed_row)
         select $1, $2, r.row_number, r.line, r.errors, r.sealed_row
         from unnest($3::bigint[], $4::bigint[], $5::jsonb[], $6::bytea[]) as r (row_number, line, errors, sealed_row)",
        company,
        import.uuid(),
        &numbers,
        &lines,
        &errors,
        &sealed as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep refused rows"))?;
    Ok(())
}

/// Refused rows behind row `after`, in the order of the file.
pub(crate) async fn find_rejections(
    tx: &mut TenantTx,
    import: ImportId,
    after: i64,
    limit: i64,
) -> Result<Vec<SealedRejection>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select row_number, line, errors, sealed_row from ingest.import_rejection
         where company_id = $1 and import_id = $2 and row_number > $3
         order by row_number limit $4",
        company,
        import.uuid(),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read refused rows"))?;
    let rejections = rows.into_iter().map(|row| SealedRejection {
        row: row.row_number,
        line: row.line,
        errors: row.errors,
        sealed: row.sealed_row,
    });
    Ok(rejections.collect())
}

/// Which of these files an import still waits for.
pub(crate) async fn find_waiting(
    tx: &mut SystemTx,
    files: &[SpoolId],
) -> Result<Vec<SpoolId>, DbError> {
    let companies: Vec<Uuid> = files.iter().map(|file| file.company.uuid()).collect();
    let imports: Vec<Uuid> = files.iter().map(|file| file.import.uuid()).collect();
    let rows = sqlx::query!(
        "select company_id, id from ingest.import
         where (company_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))
           and state in ('uploaded', 'checked', 'running')",
        &companies,
        &imports,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for imports of spooled files"))?;
    let waiting = rows.into_iter().map(|row| SpoolId {
        company: row.company_id.into(),
        import: row.id.into(),
    });
    Ok(waiting.collect())
}
