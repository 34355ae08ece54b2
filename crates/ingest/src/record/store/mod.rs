//! The SQL of records.

pub(crate) mod undo;

use std::collections::{BTreeMap, HashMap};

use contracts::ImportId;
use jiff::Timestamp;
use platform::db::{SqlTimestamp, ToSqlx};
use platform::{DbError, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::source::{Origin, Source};

/// A text in the vault, and a keyed hash by which a new one is told from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredText {
    pub(crate) id: Uuid,
    pub(crate) hash: String,
}

/// Texts by name.
pub(crate) type StoredTexts = BTreeMap<String, StoredText>;

/// A record as far as a new row about it needs to know.
#[derive(Debug, Clone)]
pub(super) struct KnownRecord {
    pub(super) content_hash: Vec<u8>,
    pub(super) person: Option<Uuid>,
    pub(super) other: Option<Uuid>,
    pub(super) texts: StoredTexts,
}

/// Finds records by their ids and locks them, in one order for all who do.
pub(super) async fn find_known(
    tx: &mut TenantTx,
    mut ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, KnownRecord>, DbError> {
    let company = tx.company().uuid();
    ids.sort_unstable();
    let rows = sqlx::query!(
        r#"select wanted.id as "id!", found.*
         from unnest($2::uuid[]) as wanted (id)
         cross join lateral (
             select content_hash, person_id, other_person_id, texts
             from ingest.record
             where company_id = $1 and id = wanted.id
             limit 1
             for update
         ) as found"#,
        company,
        &ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look records up"))?;
    rows.into_iter()
        .map(|row| {
            let known = KnownRecord {
                content_hash: row.content_hash,
                person: row.person_id,
                other: row.other_person_id,
                texts: read_texts(row.texts)?,
            };
            Ok((row.id, known))
        })
        .collect()
}

fn read_texts(value: Value) -> Result<StoredTexts, DbError> {
    serde_json::from_value(value)
        .map_err(|_| DbError::Schema("a record's texts have another form than expected".to_owned()))
}

/// What a row refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) id: Uuid,
    pub(super) person: Option<Uuid>,
    pub(super) other: Option<Uuid>,
    /// The rating that came with a session.
    pub(super) rating: Option<Uuid>,
}

/// Finds matches by the ids of their records.
pub(super) async fn find_matches(
    tx: &mut TenantTx,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Parent>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select wanted.id as "id!", found.*
         from unnest($2::uuid[]) as wanted (id)
         cross join lateral (
             select person_id, other_person_id from ingest.record
             where company_id = $1 and id = wanted.id
             limit 1
         ) as found"#,
        company,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look matches up"))?;
    let parents = rows.into_iter().map(|row| {
        let parent = Parent {
            id: row.id,
            person: row.person_id,
            other: row.other_person_id,
            rating: None,
        };
        (row.id, parent)
    });
    Ok(parents.collect())
}

/// Finds Kintell sessions by Kintell's ids.
pub(super) async fn find_sessions(
    tx: &mut TenantTx,
    external_ids: &[String],
) -> Result<HashMap<String, Parent>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select wanted.external_id as "external_id!", found.*
         from unnest($2::text[]) as wanted (external_id)
         cross join lateral (
             select id, participant_id, volunteer_id, rating_id from ingest.kintell_session
             where company_id = $1 and external_id = wanted.external_id
             limit 1
         ) as found"#,
        company,
        external_ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look rated sessions up"))?;
    let parents = rows.into_iter().map(|row| {
        let parent = Parent {
            id: row.id,
            person: Some(row.participant_id),
            other: Some(row.volunteer_id),
            rating: row.rating_id,
        };
        (row.external_id, parent)
    });
    Ok(parents.collect())
}

/// A record to be written.
pub(super) struct RecordWrite {
    pub(super) id: Uuid,
    pub(super) source: Source,
    pub(super) external_id: String,
    pub(super) person: Option<Uuid>,
    pub(super) other: Option<Uuid>,
    pub(super) people: Vec<Uuid>,
    pub(super) parent: Option<Uuid>,
    pub(super) parent_external_id: Option<String>,
    pub(super) orphan: bool,
    pub(super) occurred_at: Option<Timestamp>,
    pub(super) data: Value,
    pub(super) texts: StoredTexts,
    pub(super) unclaimed: Option<Vec<u8>>,
    pub(super) content_hash: [u8; 32],
    pub(super) origin: Origin,
}

/// Records column by column, as one statement takes them.
struct Columns {
    ids: Vec<Uuid>,
    sources: Vec<String>,
    external_ids: Vec<String>,
    persons: Vec<Option<Uuid>>,
    others: Vec<Option<Uuid>>,
    people: Vec<String>,
    parents: Vec<Option<Uuid>>,
    parent_ids: Vec<Option<String>>,
    orphans: Vec<bool>,
    occurred: Vec<Option<SqlTimestamp>>,
    data: Vec<Value>,
    texts: Vec<Value>,
    unclaimed: Vec<Option<Vec<u8>>>,
    contents: Vec<Vec<u8>>,
    imports: Vec<Option<Uuid>>,
    numbers: Vec<Option<i64>>,
    lines: Vec<Option<i64>>,
    deliveries: Vec<Option<Uuid>>,
}

fn column<T>(writes: &[RecordWrite], field: impl Fn(&RecordWrite) -> T) -> Vec<T> {
    writes.iter().map(field).collect()
}

impl Columns {
    fn of(writes: &[RecordWrite]) -> Self {
        Self {
            ids: column(writes, |w| w.id),
            sources: column(writes, |w| w.source.as_str().to_owned()),
            external_ids: column(writes, |w| w.external_id.clone()),
            persons: column(writes, |w| w.person),
            others: column(writes, |w| w.other),
            // An array of arrays would have to be a rectangle.
            people: column(writes, |w| {
                let ids: Vec<String> = w.people.iter().map(Uuid::to_string).collect();
                format!("{{{}}}", ids.join(","))
            }),
            parents: column(writes, |w| w.parent),
            parent_ids: column(writes, |w| w.parent_external_id.clone()),
            orphans: column(writes, |w| w.orphan),
            occurred: column(writes, |w| w.occurred_at.map(ToSqlx::to_sqlx)),
            data: column(writes, |w| w.data.clone()),
            texts: column(writes, |w| serde_json::json!(w.texts)),
            unclaimed: column(writes, |w| w.unclaimed.clone()),
            contents: column(writes, |w| w.content_hash.to_vec()),
            imports: column(writes, |w| w.origin.columns().import),
            numbers: column(writes, |w| w.origin.columns().row),
            lines: column(writes, |w| w.origin.columns().line),
            deliveries: column(writes, |w| w.origin.columns().delivery),
        }
    }
}

/// Adds records, and changes those that are known.
pub(super) async fn upsert_records(
    tx: &mut TenantTx,
    writes: &[RecordWrite],
) -> Result<(), DbError> {
    if writes.is_empty() {
        return Ok(());
    }
    let (company, now, c) = (tx.company().uuid(), tx.clock().now(), Columns::of(writes));
    sqlx::query!(
        "insert into ingest.record
             (company_id, id, source, external_id, person_id, other_person_id, people, parent_id, parent_external_id,
              orphan, occurred_at, data, texts, unclaimed, content_hash, import_id, import_row, import_line, delivery_id,
              first_import_id, created_at, updated_at)
         select $1, n.id, n.source, n.external_id, n.person_id, n.other_id, n.people::uuid[], n.parent_id, n.parent_external_id,
                n.orphan, n.occurred_at, n.data, n.texts, n.unclaimed, n.content_hash, n.import_id, n.import_row,
                n.import_line, n.delivery_id, n.import_id, $2, $2
         from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[], $9::uuid[], $10::text[],
                     $11::boolean[], $12::timestamptz[], $13::jsonb[], $14::jsonb[], $15::bytea[], $16::bytea[],
                     $17::uuid[], $18::bigint[], $19::bigint[], $20::uuid[])
             as n (id, source, external_id, person_id, other_id, people, parent_id, parent_external_id, orphan, occurred_at,
                   data, texts, unclaimed, content_hash, import_id, import_row, import_line, delivery_id)
         on conflict (company_id, id) do update
         set person_id = excluded.person_id, other_person_id = excluded.other_person_id, people = excluded.people,
             parent_id = excluded.parent_id, parent_external_id = excluded.parent_external_id, orphan = excluded.orphan,
             occurred_at = excluded.occurred_at, data = excluded.data, texts = excluded.texts,
             unclaimed = excluded.unclaimed, content_hash = excluded.content_hash, import_id = excluded.import_id,
             import_row = excluded.import_row, import_line = excluded.import_line, delivery_id = excluded.delivery_id,
             updated_at = excluded.updated_at",
        company,
        now.to_sqlx(),
        &c.ids,
        &c.sources,
        &c.external_ids,
        &c.persons as _,
        &c.others as _,
        &c.people,
        &c.parents as _,
        &c.parent_ids as _,
        &c.orphans,
        &c.occurred as _,
        &c.data,
        &c.texts,
        &c.unclaimed as _,
        &c.contents,
        &c.imports as _,
        &c.numbers as _,
        &c.lines as _,
        &c.deliveries as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store records"))?;
    Ok(())
}

/// A record whose match was not known when it came.
pub(super) struct Orphan {
    pub(super) id: Uuid,
    pub(super) source: String,
    pub(super) parent: Uuid,
    pub(super) person: Option<Uuid>,
    pub(super) other: Option<Uuid>,
    pub(super) people: Vec<Uuid>,
    pub(super) data: Value,
    pub(super) texts: StoredTexts,
    pub(super) unclaimed: Option<Vec<u8>>,
    pub(super) origin: Origin,
}

/// Records that wait for these matches.
pub(super) async fn find_orphans(
    tx: &mut TenantTx,
    matches: &[Uuid],
) -> Result<Vec<Orphan>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select id, source, parent_id as "parent_id!", person_id, other_person_id, people, data, texts, unclaimed,
                import_id, import_row, import_line, delivery_id
         from ingest.record
         where company_id = $1 and orphan and parent_id = any($2)
         order by id
         for update"#,
        company,
        matches,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for records that wait for a match"))?;
    rows.into_iter()
        .map(|row| {
            let origin = match (row.import_id, row.import_row, row.import_line) {
                (Some(import), Some(number), Some(line)) => Origin::Import {
                    import: ImportId::new(import),
                    row: number,
                    line,
                },
                _ => Origin::Delivery {
                    id: row.delivery_id.unwrap_or_default(),
                },
            };
            Ok(Orphan {
                id: row.id,
                source: row.source,
                parent: row.parent_id,
                person: row.person_id,
                other: row.other_person_id,
                people: row.people,
                data: row.data,
                texts: read_texts(row.texts)?,
                unclaimed: row.unclaimed,
                origin,
            })
        })
        .collect()
}

/// Gives a record the people of its match, and its texts a place in the vault.
pub(super) async fn settle_orphan(
    tx: &mut TenantTx,
    id: Uuid,
    person: Option<Uuid>,
    other: Option<Uuid>,
    texts: &StoredTexts,
) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "update ingest.record
         set person_id = $3, other_person_id = $4, texts = $5, unclaimed = null, orphan = false
         where company_id = $1 and id = $2",
        company,
        id,
        person,
        other,
        serde_json::json!(texts),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("settle a record that waited for its match"))?;
    Ok(())
}

/// How many records of these imports still wait for their match; imports without any are left out.
pub(crate) async fn count_orphans(
    tx: &mut TenantTx,
    imports: &[Uuid],
) -> Result<HashMap<Uuid, i64>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        r#"select import_id as "import_id!", count(*) as "count!" from ingest.record
         where company_id = $1 and orphan and import_id = any($2)
         group by import_id"#,
        company,
        imports,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("count records that wait for a match"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.import_id, row.count))
        .collect())
}
