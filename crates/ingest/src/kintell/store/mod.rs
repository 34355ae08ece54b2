//! The SQL of Kintell sessions.

pub(crate) mod undo;

use std::collections::HashMap;

use contracts::event::value::Label;
use contracts::{ImportId, PersonId, SessionId};
use platform::db::ToSqlx;
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::content::PreparedRow;

/// A session as it is stored, as far as a new row about it needs to know.
#[derive(Debug, Clone)]
pub(super) struct KnownSession {
    pub(super) id: SessionId,
    pub(super) content_hash: Vec<u8>,
    pub(super) texts_hash: Option<Vec<u8>>,
    pub(super) texts: TextIds,
    pub(super) rating: Option<KnownRating>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownRating {
    pub(super) id: Uuid,
    pub(super) rating: Decimal,
    pub(super) scale: String,
}

/// The texts of a session, by their ids in the vault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TextIds {
    pub(super) feedback: Option<Uuid>,
    pub(super) goals: Option<Uuid>,
    pub(super) metadata: Option<Uuid>,
}

/// Finds sessions by their ids at Kintell and locks them, in one order for all who do.
///
/// One look at the index for each id, whatever the planner believes about the table: with `= any(…)` and statistics
/// from before a bulk load it reads all of a company's sessions.
pub(super) async fn find_known(
    tx: &mut TenantTx,
    mut external_ids: Vec<String>,
) -> Result<HashMap<String, KnownSession>, DbError> {
    let company = tx.company().uuid();
    external_ids.sort_unstable();
    let rows = sqlx::query!(
        r#"select wanted.external_id as "external_id!", found.*
         from unnest($2::text[]) as wanted (external_id)
         cross join lateral (
             select id, content_hash, texts_hash, feedback_text_id, goals_text_id, metadata_text_id,
                    rating, rating_scale, rating_id
             from ingest.kintell_session
             where company_id = $1 and external_id = wanted.external_id
             limit 1
             for update
         ) as found"#,
        company,
        &external_ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look sessions up"))?;
    let known = rows.into_iter().map(|row| {
        let rating = match (row.rating_id, row.rating, row.rating_scale) {
            (Some(id), Some(rating), Some(scale)) => Some(KnownRating { id, rating, scale }),
            _ => None,
        };
        let session = KnownSession {
            id: row.id.into(),
            content_hash: row.content_hash,
            texts_hash: row.texts_hash,
            texts: TextIds {
                feedback: row.feedback_text_id,
                goals: row.goals_text_id,
                metadata: row.metadata_text_id,
            },
            rating,
        };
        (row.external_id, session)
    });
    Ok(known.collect())
}

/// A session to be written.
pub(super) struct SessionWrite<'a> {
    pub(super) id: SessionId,
    pub(super) row: &'a PreparedRow,
    pub(super) participant: PersonId,
    pub(super) volunteer: PersonId,
    pub(super) texts: TextIds,
    /// Equal for the same texts of the same participant.
    pub(super) texts_hash: Option<Vec<u8>>,
    pub(super) rating: Option<KnownRating>,
}

/// Sessions column by column, as one statement takes them.
struct Columns {
    ids: Vec<Uuid>,
    external_ids: Vec<String>,
    types: Vec<String>,
    participants: Vec<Uuid>,
    volunteers: Vec<Uuid>,
    scheduled: Vec<platform::db::SqlTimestamp>,
    completed: Vec<platform::db::SqlTimestamp>,
    durations: Vec<i32>,
    levels: Vec<Option<String>>,
    topics: Vec<String>,
    focus_areas: Vec<Option<String>>,
    ratings: Vec<Option<Decimal>>,
    scales: Vec<Option<String>>,
    rating_ids: Vec<Option<Uuid>>,
    feedback: Vec<Option<Uuid>>,
    goals: Vec<Option<Uuid>>,
    metadata: Vec<Option<Uuid>>,
    contents: Vec<Vec<u8>>,
    texts: Vec<Option<Vec<u8>>>,
    imports: Vec<Option<Uuid>>,
    numbers: Vec<Option<i64>>,
    lines: Vec<Option<i64>>,
    deliveries: Vec<Option<Uuid>>,
}

fn column<'a, T>(writes: &[SessionWrite<'a>], field: impl Fn(&SessionWrite<'a>) -> T) -> Vec<T> {
    writes.iter().map(field).collect()
}

impl Columns {
    fn of(writes: &[SessionWrite<'_>]) -> Self {
        Self {
            ids: column(writes, |w| w.id.uuid()),
            external_ids: column(writes, |w| w.row.session.external_id.clone()),
            types: column(writes, |w| w.row.session.session_type.as_str().to_owned()),
            participants: column(writes, |w| w.participant.uuid()),
            volunteers: column(writes, |w| w.volunteer.uuid()),
            scheduled: column(writes, |w| w.row.session.scheduled_at.to_sqlx()),
            completed: column(writes, |w| w.row.session.completed_at.to_sqlx()),
            durations: column(writes, |w| i32::from(w.row.session.duration_minutes)),
            levels: column(writes, |w| {
                w.row
                    .session
                    .language_level
                    .map(|level| level.as_str().to_owned())
            }),
            // Topics hold no control character, so a line break keeps them apart.
            topics: column(writes, |w| {
                let topics: Vec<&str> = w.row.session.topics.iter().map(Label::as_str).collect();
                topics.join("\n")
            }),
            focus_areas: column(writes, |w| w.row.session.focus_area.clone()),
            ratings: column(writes, |w| w.rating.as_ref().map(|rating| rating.rating)),
            scales: column(writes, |w| {
                w.rating.as_ref().map(|rating| rating.scale.clone())
            }),
            rating_ids: column(writes, |w| w.rating.as_ref().map(|rating| rating.id)),
            feedback: column(writes, |w| w.texts.feedback),
            goals: column(writes, |w| w.texts.goals),
            metadata: column(writes, |w| w.texts.metadata),
            contents: column(writes, |w| w.row.content_hash.to_vec()),
            texts: column(writes, |w| w.texts_hash.clone()),
            imports: column(writes, |w| w.row.origin.columns().import),
            numbers: column(writes, |w| w.row.origin.columns().row),
            lines: column(writes, |w| w.row.origin.columns().line),
            deliveries: column(writes, |w| w.row.origin.columns().delivery),
        }
    }
}

/// Adds sessions, and changes those whose id is known. One that another transaction has added meanwhile under another id
/// violates the unique key.
pub(super) async fn upsert_sessions(
    tx: &mut TenantTx,
    writes: &[SessionWrite<'_>],
) -> Result<(), DbError> {
    if writes.is_empty() {
        return Ok(());
    }
    let (company, now, c) = (tx.company().uuid(), tx.clock().now(), Columns::of(writes));
    sqlx::query!(
        "insert into ingest.kintell_session
             (company_id, id, external_id, session_type, participant_id, volunteer_id, scheduled_at, completed_at,
              duration_minutes, language_level, topics, focus_area, rating, rating_scale, rating_id,
              feedback_text_id, goals_text_id, metadata_text_id, content_hash, texts_hash,
              import_id, import_row, import_line, delivery_id, first_import_id, created_at, updated_at)
         select $1, n.id, n.external_id, n.session_type, n.participant_id, n.volunteer_id, n.scheduled_at, n.completed_at,
                n.duration_minutes, n.language_level, string_to_array(n.topics, E'\\n'), n.focus_area,
                n.rating, n.rating_scale, n.rating_id,
                n.feedback, n.goals, n.metadata, n.content_hash, n.texts_hash,
                n.import_id, n.import_row, n.import_line, n.delivery_id, n.import_id, $2, $2
         from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::timestamptz[], $9::timestamptz[],
                     $10::int[], $11::text[], $12::text[], $13::text[], $14::numeric[], $15::text[], $16::uuid[],
                     $17::uuid[], $18::uuid[], $19::uuid[], $20::bytea[], $21::bytea[], $22::uuid[], $23::bigint[],
                     $24::bigint[], $25::uuid[])
             as n (id, external_id, session_type, participant_id, volunteer_id, scheduled_at, completed_at,
                   duration_minutes, language_level, topics, focus_area, rating, rating_scale, rating_id,
                   feedback, goals, metadata, content_hash, texts_hash, import_id, import_row, import_line, delivery_id)
         on conflict (company_id, id) do update
         set session_type = excluded.session_type, participant_id = excluded.participant_id,
             volunteer_id = excluded.volunteer_id, scheduled_at = excluded.scheduled_at,
             completed_at = excluded.completed_at, duration_minutes = excluded.duration_minutes,
             language_level = excluded.language_level, topics = excluded.topics, focus_area = excluded.focus_area,
             rating = excluded.rating, rating_scale = excluded.rating_scale, rating_id = excluded.rating_id,
             feedback_text_id = excluded.feedback_text_id, goals_text_id = excluded.goals_text_id,
             metadata_text_id = excluded.metadata_text_id, content_hash = excluded.content_hash,
             texts_hash = excluded.texts_hash, import_id = excluded.import_id, import_row = excluded.import_row,
             import_line = excluded.import_line, delivery_id = excluded.delivery_id, updated_at = excluded.updated_at",
        company,
        now.to_sqlx(),
        &c.ids,
        &c.external_ids,
        &c.types,
        &c.participants,
        &c.volunteers,
        &c.scheduled as _,
        &c.completed as _,
        &c.durations,
        &c.levels as _,
        &c.topics,
        &c.focus_areas as _,
        &c.ratings as _,
        &c.scales as _,
        &c.rating_ids as _,
        &c.feedback as _,
        &c.goals as _,
        &c.metadata as _,
        &c.contents,
        &c.texts as _,
        &c.imports as _,
        &c.numbers as _,
        &c.lines as _,
        &c.deliveries as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store sessions"))?;
    Ok(())
}

/// Where a stored session was last told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OriginRow {
    pub(crate) session: SessionId,
    pub(crate) import: ImportId,
    pub(crate) file_name: Vec<u8>,
    pub(crate) row: i64,
    pub(crate) line: i64,
}

pub(crate) async fn find_origins(
    tx: &mut TenantTx,
    sessions: &[SessionId],
) -> Result<Vec<OriginRow>, DbError> {
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = sessions.iter().map(|session| session.uuid()).collect();
    let rows = sqlx::query!(
        r#"select s.id, s.import_id as "import_id!", s.import_row as "import_row!", s.import_line as "import_line!", i.file_name
         from ingest.kintell_session as s
         join ingest.import as i on i.company_id = s.company_id and i.id = s.import_id
         where s.company_id = $1 and s.id = any($2)"#,
        company,
        &ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look up where sessions came from"))?;
    let origins = rows.into_iter().map(|row| OriginRow {
        session: row.id.into(),
        import: row.import_id.into(),
        file_name: row.file_name,
        row: row.import_row,
        line: row.import_line,
    });
    Ok(origins.collect())
}
