//! The SQL that takes back what an import has done to records.

use contracts::ImportId;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::{StoredTexts, read_texts};

/// Keeps records as they are, before an import changes them. What an import has made or changed before needs no second
/// version.
pub(crate) async fn insert_prior_versions(
    tx: &mut TenantTx,
    import: ImportId,
    records: &[Uuid],
) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "insert into ingest.prior_version (company_id, import_id, kind, record_id, version)
         select r.company_id, $2, 'record', r.id, to_jsonb(r)
         from ingest.record as r
         where r.company_id = $1 and r.id = any($3) and r.import_id is distinct from $2
         on conflict do nothing",
        company,
        import.uuid(),
        records,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep records as they were"))?;
    Ok(())
}

/// A record that an import was the last to speak of.
pub(crate) struct TouchedRecord {
    pub(crate) id: Uuid,
    /// Whether the import made it.
    pub(crate) is_new: bool,
    pub(crate) texts: StoredTexts,
}

/// Locks records whose last word is an import's, behind record `after` in the order of their ids.
pub(crate) async fn find_touched(
    tx: &mut TenantTx,
    import: ImportId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TouchedRecord>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select id, coalesce(first_import_id = $2, false) as "is_new!", texts
         from ingest.record
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
    .map_err(DbError::during("look for an import's records"))?;
    rows.into_iter()
        .map(|row| {
            Ok(TouchedRecord {
                id: row.id,
                is_new: row.is_new,
                texts: read_texts(row.texts)?,
            })
        })
        .collect()
}

pub(crate) async fn delete_records(tx: &mut TenantTx, records: &[Uuid]) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "delete from ingest.record where company_id = $1 and id = any($2)",
        company,
        records,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("delete records"))?;
    Ok(())
}

/// A record as it stands again.
pub(crate) struct RestoredRecord {
    pub(crate) id: Uuid,
    pub(crate) person: Option<Uuid>,
    pub(crate) other: Option<Uuid>,
    pub(crate) people: Vec<Uuid>,
    pub(crate) parent: Option<Uuid>,
    /// The rating that came with the session that it refers to.
    pub(crate) rating: Option<Uuid>,
    pub(crate) data: serde_json::Value,
    pub(crate) texts: StoredTexts,
    /// Import and row, or the delivery.
    pub(crate) origin: (Option<Uuid>, Option<i64>, Option<Uuid>),
}

/// Ratings of these sessions that came by themselves, by file or delivery.
pub(crate) async fn find_ratings(
    tx: &mut TenantTx,
    sessions: &[Uuid],
) -> Result<Vec<RestoredRecord>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select r.id, r.person_id, r.other_person_id, r.people, r.parent_id, r.data, r.texts, r.import_id,
                  r.import_row, r.delivery_id,
                  (select s.rating_id from ingest.kintell_session as s
                   where s.company_id = r.company_id and s.id = r.parent_id) as rating_id
           from ingest.record as r
           where r.company_id = $1 and r.parent_id = any($2) and r.source = 'kintell-ratings'
           order by r.updated_at, r.id"#,
        company,
        sessions,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for ratings of sessions"))?;
    rows.into_iter()
        .map(|row| {
            Ok(RestoredRecord {
                id: row.id,
                person: row.person_id,
                other: row.other_person_id,
                people: row.people,
                parent: row.parent_id,
                rating: row.rating_id,
                data: row.data,
                texts: read_texts(row.texts)?,
                origin: (row.import_id, row.import_row, row.delivery_id),
            })
        })
        .collect()
}

/// Gives records back what they were before an import changed them, and forgets that version. Those whose version was
/// never kept stay as they are.
pub(crate) async fn restore_records(
    tx: &mut TenantTx,
    import: ImportId,
    records: &[Uuid],
) -> Result<Vec<RestoredRecord>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"with prior as (
             delete from ingest.prior_version
             where company_id = $1 and import_id = $2 and kind = 'record' and record_id = any($3)
             returning version
         )
         update ingest.record as r
         set person_id = p.person_id, other_person_id = p.other_person_id, people = p.people, parent_id = p.parent_id,
             parent_external_id = p.parent_external_id, orphan = p.orphan, occurred_at = p.occurred_at, data = p.data,
             texts = p.texts, unclaimed = p.unclaimed, content_hash = p.content_hash, import_id = p.import_id,
             import_row = p.import_row, import_line = p.import_line, delivery_id = p.delivery_id,
             updated_at = p.updated_at
         from prior cross join lateral jsonb_populate_record(null::ingest.record, prior.version) as p
         where r.company_id = $1 and r.id = p.id
         returning r.id, r.person_id, r.other_person_id, r.people, r.parent_id, r.data, r.texts, r.import_id,
                   r.import_row, r.delivery_id,
                   (select s.rating_id from ingest.kintell_session as s
                    where s.company_id = r.company_id and s.id = r.parent_id) as rating_id"#,
        company,
        import.uuid(),
        records,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("give records back what they were"))?;
    rows.into_iter()
        .map(|row| {
            Ok(RestoredRecord {
                id: row.id,
                person: row.person_id,
                other: row.other_person_id,
                people: row.people,
                parent: row.parent_id,
                rating: row.rating_id,
                data: row.data,
                texts: read_texts(row.texts)?,
                origin: (row.import_id, row.import_row, row.delivery_id),
            })
        })
        .collect()
}

/// How many records an import has made or changed that somebody else has changed since.
pub(crate) async fn count_changed_since(
    tx: &mut TenantTx,
    import: ImportId,
) -> Result<i64, DbError> {
    let company = tx.company().uuid();
    sqlx::query_scalar!(
        r#"select (select count(*) from ingest.prior_version
                   where company_id = $1 and import_id = $2 and kind = 'record')
                + (select count(*) from ingest.record
                   where company_id = $1 and first_import_id = $2) as "count!""#,
        company,
        import.uuid(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("count records changed since"))
}

/// Imports that were undone and are yet the last word on a record, because an import after them was undone too.
pub(crate) async fn find_undone_words(tx: &mut TenantTx) -> Result<Vec<ImportId>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query_scalar!(
        "select i.id from ingest.import as i
         where i.company_id = $1 and i.state = 'undone'
           and exists (select from ingest.record as r where r.company_id = $1 and r.import_id = i.id)",
        company,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for records of undone imports"))?;
    Ok(rows.into_iter().map(ImportId::from).collect())
}

/// How many of the records that a transaction has changed differ from what they were, field by field.
pub(crate) async fn count_changed_fields(
    tx: &mut TenantTx,
    import: ImportId,
) -> Result<Vec<(String, i64)>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"with changed as (
             select p.version, to_jsonb(r) as now
             from ingest.prior_version as p
             join ingest.record as r on r.company_id = p.company_id and r.id = p.record_id
             where p.company_id = $1 and p.import_id = $2 and p.kind = 'record'
         ), part as (
             select version -> 'data' as before, now -> 'data' as after from changed
             union all
             select version -> 'texts', now -> 'texts' from changed
         )
         select field.key as "field!", count(*) as "count!"
         from part cross join lateral jsonb_object_keys(before || after) as field (key)
         where before -> field.key is distinct from after -> field.key
         group by field.key"#,
        company,
        import.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("compare records with what they were"))?;
    Ok(rows.into_iter().map(|row| (row.field, row.count)).collect())
}
