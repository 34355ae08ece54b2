//! The SQL that takes back what an import has done to sessions.

use contracts::{ImportId, PersonId, SessionId};
use jiff::Timestamp;
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Keeps sessions as they are, before an import changes them. What an import has made or changed before needs no second
/// version.
pub(crate) async fn insert_prior_versions(
    tx: &mut TenantTx,
    import: ImportId,
    sessions: &[Uuid],
) -> Result<(), DbError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    sqlx::query!(
        "insert into ingest.prior_version (company_id, import_id, kind, record_id, version)
         select s.company_id, $2, 'kintell_session', s.id, to_jsonb(s)
         from ingest.kintell_session as s
         where s.company_id = $1 and s.id = any($3) and s.import_id is distinct from $2
         on conflict do nothing",
        company,
        import.uuid(),
        sessions,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep sessions as they were"))?;
    Ok(())
}

/// A session that an import was the last to speak of.
pub(crate) struct TouchedSession {
    pub(crate) id: Uuid,
    /// Whether the import made it.
    pub(crate) is_new: bool,
    /// The ids of its texts.
    pub(crate) texts: [Option<Uuid>; 3],
}

/// Locks sessions whose last word is an import's, behind session `after` in the order of their ids.
pub(crate) async fn find_touched(
    tx: &mut TenantTx,
    import: ImportId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TouchedSession>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select id, coalesce(first_import_id = $2, false) as "is_new!", feedback_text_id, goals_text_id, metadata_text_id
         from ingest.kintell_session
         where company_id = $1 and import_id = $2 and ($3::uuid is null or id > $3)
         order by id limit $4
         for update"#,
        company,
        import.uuid(),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for an import's sessions"))?;
    let touched = rows.into_iter().map(|row| TouchedSession {
        id: row.id,
        is_new: row.is_new,
        texts: [
            row.feedback_text_id,
            row.goals_text_id,
            row.metadata_text_id,
        ],
    });
    Ok(touched.collect())
}

pub(crate) async fn delete_sessions(tx: &mut TenantTx, sessions: &[Uuid]) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "delete from ingest.kintell_session where company_id = $1 and id = any($2)",
        company,
        sessions,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("delete sessions"))?;
    Ok(())
}

/// A session as it stands again.
pub(crate) struct RestoredSession {
    pub(crate) id: SessionId,
    pub(crate) external_id: String,
    pub(crate) session_type: String,
    pub(crate) participant: PersonId,
    pub(crate) volunteer: PersonId,
    pub(crate) scheduled_at: Timestamp,
    pub(crate) completed_at: Timestamp,
    pub(crate) duration_minutes: i32,
    pub(crate) language_level: Option<String>,
    pub(crate) topics: Vec<String>,
    /// Id, value from 0 to 1 and scale.
    pub(crate) rating: Option<(Uuid, Decimal, String)>,
    pub(crate) texts: [Option<Uuid>; 3],
    /// Import and row, or the delivery.
    pub(crate) origin: (Option<Uuid>, Option<i64>, Option<Uuid>),
}

/// Gives sessions back what they were before an import changed them, and forgets that version. Those whose version
/// was never kept stay as they are.
pub(crate) async fn restore_sessions(
    tx: &mut TenantTx,
    import: ImportId,
    sessions: &[Uuid],
) -> Result<Vec<RestoredSession>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"with prior as (
             delete from ingest.prior_version
             where company_id = $1 and import_id = $2 and kind = 'kintell_session' and record_id = any($3)
             returning version
         )
         update ingest.kintell_session as s
         set session_type = p.session_type, participant_id = p.participant_id, volunteer_id = p.volunteer_id,
             scheduled_at = p.scheduled_at, completed_at = p.completed_at, duration_minutes = p.duration_minutes,
             language_level = p.language_level, topics = p.topics, focus_area = p.focus_area,
             rating = p.rating, rating_scale = p.rating_scale, rating_id = p.rating_id,
             feedback_text_id = p.feedback_text_id, goals_text_id = p.goals_text_id,
             metadata_text_id = p.metadata_text_id, content_hash = p.content_hash, texts_hash = p.texts_hash,
             import_id = p.import_id, import_row = p.import_row, import_line = p.import_line,
             delivery_id = p.delivery_id, updated_at = p.updated_at
         from prior cross join lateral jsonb_populate_record(null::ingest.kintell_session, prior.version) as p
         where s.company_id = $1 and s.id = p.id
         returning s.id, s.external_id, s.session_type, s.participant_id, s.volunteer_id, s.scheduled_at,
                   s.completed_at, s.duration_minutes, s.language_level, s.topics, s.rating, s.rating_scale,
                   s.rating_id, s.feedback_text_id, s.goals_text_id, s.metadata_text_id, s.import_id,
                   s.import_row, s.delivery_id"#,
        company,
        import.uuid(),
        sessions,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("give sessions back what they were"))?;
    let restored = rows.into_iter().map(|row| RestoredSession {
        id: row.id.into(),
        external_id: row.external_id,
        session_type: row.session_type,
        participant: row.participant_id.into(),
        volunteer: row.volunteer_id.into(),
        scheduled_at: row.scheduled_at.to_jiff(),
        completed_at: row.completed_at.to_jiff(),
        duration_minutes: row.duration_minutes,
        language_level: row.language_level,
        topics: row.topics,
        rating: row
            .rating_id
            .zip(row.rating)
            .zip(row.rating_scale)
            .map(|((id, value), scale)| (id, value, scale)),
        texts: [
            row.feedback_text_id,
            row.goals_text_id,
            row.metadata_text_id,
        ],
        origin: (row.import_id, row.import_row, row.delivery_id),
    });
    Ok(restored.collect())
}

/// How many sessions an import has made or changed that somebody else has changed since.
pub(crate) async fn count_changed_since(
    tx: &mut TenantTx,
    import: ImportId,
) -> Result<i64, DbError> {
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        r#"select (select count(*) from ingest.prior_version
                   where company_id = $1 and import_id = $2 and kind = 'kintell_session')
                + (select count(*) from ingest.kintell_session
                   where company_id = $1 and first_import_id = $2) as "count!""#,
        company,
        import.uuid(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count sessions changed since"))
}

/// Imports that were undone and are yet the last word on a session, because an import after them was undone too.
pub(crate) async fn find_undone_words(tx: &mut TenantTx) -> Result<Vec<ImportId>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query_scalar!(
        "select i.id from ingest.import as i
         where i.company_id = $1 and i.state = 'undone'
           and exists (select from ingest.kintell_session as s where s.company_id = $1 and s.import_id = i.id)",
        company,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for sessions of undone imports"))?;
    Ok(rows.into_iter().map(ImportId::from).collect())
}

/// How many of the sessions that a transaction has changed differ from what they were, field by field.
pub(crate) async fn count_changed_fields(
    tx: &mut TenantTx,
    import: ImportId,
) -> Result<Vec<(String, i64)>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select field.key as "field!", count(*) as "count!"
         from ingest.prior_version as p
         join ingest.kintell_session as s on s.company_id = p.company_id and s.id = p.record_id
         cross join lateral jsonb_each(to_jsonb(s)) as field (key, value)
         where p.company_id = $1 and p.import_id = $2 and p.kind = 'kintell_session'
           and p.version -> field.key is distinct from field.value
           and field.key in ('session_type', 'participant_id', 'volunteer_id', 'scheduled_at', 'completed_at',
                             'duration_minutes', 'language_level', 'topics', 'focus_area', 'rating', 'rating_scale',
                             'feedback_text_id', 'goals_text_id', 'metadata_text_id')
         group by field.key"#,
        company,
        import.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("compare sessions with what they were"))?;
    Ok(rows.into_iter().map(|row| (row.field, row.count)).collect())
}
