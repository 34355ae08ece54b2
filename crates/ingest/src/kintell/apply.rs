//! Taking in rows of sessions: who is meant, what is new, what others must be told.

use std::collections::{BTreeMap, HashMap};

use contracts::event::NewEvent;
use contracts::event::kintell::{RatingCreated, SessionCompleted};
use contracts::event::value::{
    ExternalRef, PositiveInt, Rate, RatingScale, SessionRole, ValueError,
};
use contracts::{ImportId, PersonId, SessionId, TextId};
use platform::vault::{IdentifierKind, NewText, Vault};
use platform::{DbError, TenantTx};
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::booking::{self, Completed};
use super::content::PreparedRow;
use super::store::{self, KnownRating, KnownSession, SessionWrite, TextIds};
use crate::import::model::Counts;
use crate::source::Origin;

/// Takes rows in and counts what became of them; `scale` is that of their ratings. Of several rows about one session the
/// later one counts as a change of the earlier one, wherever a batch ends.
pub(crate) async fn take_in(
    tx: &mut TenantTx,
    vault: &mut Vault,
    scale: Option<RatingScale>,
    rows: &[PreparedRow],
) -> Result<Counts, DbError> {
    let mut counts = Counts::default();
    for wave in waves(rows) {
        counts.add(take_in_wave(tx, vault, scale, &wave).await?);
    }
    Ok(counts)
}

/// The rows in groups without a repeated session: the first rows of all sessions, then the second ones, and so on.
fn waves(rows: &[PreparedRow]) -> Vec<Vec<&PreparedRow>> {
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    let mut waves: Vec<Vec<&PreparedRow>> = Vec::new();
    for row in rows {
        let turn = seen.entry(&row.session.external_id).or_default();
        if *turn == waves.len() {
            waves.push(Vec::with_capacity(if *turn == 0 { rows.len() } else { 0 }));
        }
        waves[*turn].push(row);
        *turn += 1;
    }
    waves
}

/// A row that says something new, and the session it is about if that is known.
struct News<'a> {
    row: &'a PreparedRow,
    known: Option<KnownSession>,
}

async fn take_in_wave(
    tx: &mut TenantTx,
    vault: &mut Vault,
    scale: Option<RatingScale>,
    rows: &[&PreparedRow],
) -> Result<Counts, DbError> {
    let external_ids: Vec<String> = rows
        .iter()
        .map(|row| row.session.external_id.clone())
        .collect();
    let mut known = store::find_known(tx, external_ids).await?;
    let news: Vec<News<'_>> = rows
        .iter()
        .map(|row| News {
            row,
            known: known.remove(&row.session.external_id),
        })
        .filter(|news| {
            news.known
                .as_ref()
                .is_none_or(|k| k.content_hash != news.row.content_hash)
        })
        .collect();
    let persons = resolve(tx, vault, &news).await?;
    let mut ids = session_ids(tx, &news, &persons).await?.into_iter();
    let texts = put_texts(tx, vault, &news, &persons).await?;
    let mut writes = Vec::with_capacity(news.len());
    let mut changed: Changed = BTreeMap::new();
    for ((news, (participant, volunteer)), texts) in news.into_iter().zip(persons).zip(texts) {
        let rating = rating_of(tx, scale, &news, texts);
        let Some(id) = ids.next() else { break };
        note_change(&mut changed, &news);
        let texts_hash = match keeps_texts(&news) {
            Some(_) => news.known.as_ref().and_then(|k| k.texts_hash.clone()),
            None => news.row.texts_hash.map(|hash| hash.to_vec()),
        };
        let write = SessionWrite {
            id,
            row: news.row,
            participant,
            volunteer,
            texts,
            texts_hash,
            rating: rating.as_ref().map(|(rating, _)| rating.clone()),
        };
        publish(tx, scale, &write, rating.is_some_and(|(_, is_new)| is_new))?;
        writes.push(write);
    }
    let updated = changed.values().map(Vec::len).sum::<usize>() as u64;
    for (import, sessions) in changed {
        if let Some(import) = import {
            store::undo::insert_prior_versions(tx, import, &sessions).await?;
        }
    }
    store::upsert_sessions(tx, &writes).await?;
    let [rows_in, news] = [rows.len(), writes.len()].map(|n| n as u64);
    Ok(Counts {
        rows_in,
        created: news - updated,
        updated,
        unchanged: rows_in - news,
        rejected: 0,
    })
}

/// The id of each row's session: its own, that under which it was announced, or a new one.
async fn session_ids(
    tx: &mut TenantTx,
    news: &[News<'_>],
    persons: &[(PersonId, PersonId)],
) -> Result<Vec<SessionId>, DbError> {
    let unknown = news
        .iter()
        .zip(persons)
        .filter(|(news, _)| news.known.is_none());
    let completed: Vec<Completed<'_>> = unknown
        .map(|(news, (participant, volunteer))| Completed {
            external_id: &news.row.session.external_id,
            session_type: news.row.session.session_type,
            participant: *participant,
            volunteer: *volunteer,
            scheduled_at: news.row.session.scheduled_at,
        })
        .collect();
    let mut announced = booking::join(tx, &completed).await?.into_iter();
    let ids = news.iter().map(|news| match &news.known {
        Some(known) => known.id,
        None => announced
            .next()
            .flatten()
            .unwrap_or_else(|| SessionId::new(tx.clock().new_id())),
    });
    Ok(ids.collect())
}

/// Known sessions that change, by the import that changes them; none for deliveries.
type Changed = BTreeMap<Option<ImportId>, Vec<Uuid>>;

fn note_change(changed: &mut Changed, news: &News<'_>) {
    if let Some(known) = &news.known {
        let import = match news.row.origin {
            Origin::Import { import, .. } => Some(import),
            Origin::Delivery { .. } => None,
        };
        changed.entry(import).or_default().push(known.id.uuid());
    }
}

/// Participant and volunteer of each row; the unknown are made.
async fn resolve(
    tx: &mut TenantTx,
    vault: &mut Vault,
    news: &[News<'_>],
) -> Result<Vec<(PersonId, PersonId)>, DbError> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut addresses: Vec<&str> = Vec::new();
    for row in news.iter().map(|news| news.row) {
        for address in [&row.session.participant_email, &row.session.volunteer_email] {
            places.entry(address).or_insert_with(|| {
                addresses.push(address);
                addresses.len() - 1
            });
        }
    }
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let persons = vault.resolve(tx, IdentifierKind::Email, &addresses).await?;
    let person = |address: &str| {
        let found = places
            .get(address)
            .and_then(|place| persons.get(*place).copied().flatten());
        // The mapping refuses what is no address, so nothing is empty here.
        found.ok_or_else(|| DbError::Schema("an e-mail address gave no person".to_owned()))
    };
    news.iter()
        .map(|news| {
            let session = &news.row.session;
            Ok((
                person(&session.participant_email)?,
                person(&session.volunteer_email)?,
            ))
        })
        .collect()
}

/// The texts of each row: those that were stored before where none has changed, else new ones.
async fn put_texts(
    tx: &mut TenantTx,
    vault: &mut Vault,
    news: &[News<'_>],
    persons: &[(PersonId, PersonId)],
) -> Result<Vec<TextIds>, DbError> {
    let mut new = Vec::with_capacity(news.len());
    for (news, (participant, _)) in news.iter().zip(persons) {
        if keeps_texts(news).is_none() {
            new.extend(
                texts_of(news.row)
                    .into_iter()
                    .flatten()
                    .map(|(kind, text)| NewText {
                        person: *participant,
                        kind,
                        text,
                    }),
            );
        }
    }
    let mut stored = if new.is_empty() {
        Vec::new()
    } else {
        vault.put_texts(tx, &new).await?
    }
    .into_iter();
    let ids = news.iter().map(|news| {
        keeps_texts(news).unwrap_or_else(|| {
            let [feedback, goals, metadata] =
                texts_of(news.row).map(|text| text.and_then(|_| stored.next()).map(TextId::uuid));
            TextIds {
                feedback,
                goals,
                metadata,
            }
        })
    });
    Ok(ids.collect())
}

/// What each text is stored as.
fn texts_of(row: &PreparedRow) -> [Option<(&'static str, &str)>; 3] {
    let session = &row.session;
    [
        session
            .feedback_text
            .as_deref()
            .map(|text| ("session_feedback", text)),
        session.goals.as_deref().map(|text| ("session_goals", text)),
        row.metadata
            .as_deref()
            .map(|text| ("session_metadata", text)),
    ]
}

/// Whether the row is a delivery's: what such a row does not speak of, it does not take back.
fn is_partial(news: &News<'_>) -> bool {
    matches!(news.row.origin, Origin::Delivery { .. })
}

/// The stored texts, if the row's are the same.
fn keeps_texts(news: &News<'_>) -> Option<TextIds> {
    let known = news.known.as_ref()?;
    if is_partial(news) && news.row.texts_hash.is_none() {
        return Some(known.texts);
    }
    (known.texts_hash.as_deref() == news.row.texts_hash.as_ref().map(|hash| &hash[..]))
        .then_some(known.texts)
}

/// The row's rating, and whether others do not know it yet: it, its scale or its text is new.
fn rating_of(
    tx: &TenantTx,
    scale: Option<RatingScale>,
    news: &News<'_>,
    texts: TextIds,
) -> Option<(KnownRating, bool)> {
    if is_partial(news) && news.row.session.rating.is_none() {
        let known = news.known.as_ref()?.rating.clone()?;
        return Some((known, false));
    }
    let (rating, scale) = (news.row.session.rating?, scale?);
    let before = news
        .known
        .as_ref()
        .filter(|known| known.texts.feedback == texts.feedback);
    let same = before
        .and_then(|known| known.rating.as_ref())
        .filter(|known| known.rating == rating && known.scale == scale.as_str());
    if let Some(same) = same {
        return Some((same.clone(), false));
    }
    let rating = KnownRating {
        id: tx.clock().new_id(),
        rating,
        scale: scale.as_str().to_owned(),
    };
    Some((rating, true))
}

fn publish(
    tx: &mut TenantTx,
    scale: Option<RatingScale>,
    write: &SessionWrite<'_>,
    rating_is_new: bool,
) -> Result<(), DbError> {
    let session = &write.row.session;
    let source = write.row.origin.event_source();
    let rated = write.rating.as_ref().filter(|_| rating_is_new);
    let rating = rated
        .map(|rating| rating_created(scale, write, rating))
        .transpose()?;
    let completed = SessionCompleted {
        session_id: write.id.uuid(),
        // An id that is no plain token stays here, where only its own company sees it.
        external_session_id: ExternalRef::new(session.external_id.as_str()).ok(),
        session_type: session.session_type,
        participant_id: write.participant.uuid(),
        volunteer_id: write.volunteer.uuid(),
        scheduled_at: session.scheduled_at,
        completed_at: session.completed_at,
        duration_minutes: PositiveInt::new(i64::from(session.duration_minutes))
            .map_err(|error| out_of_range(&error))?,
        topics: session.topics.clone(),
        language_level: session.language_level,
        feedback_text_id: write.texts.feedback.filter(|_| write.rating.is_none()),
        program_id: None,
        campaign_id: None,
        beneficiary_group_id: None,
    };
    tx.publish(NewEvent::new(completed, source.clone()))?;
    if let Some(rating) = rating {
        tx.publish(NewEvent::new(rating, source))?;
    }
    Ok(())
}

fn rating_created(
    scale: Option<RatingScale>,
    write: &SessionWrite<'_>,
    rating: &KnownRating,
) -> Result<RatingCreated, DbError> {
    let value = rating.rating.to_f64().unwrap_or(f64::NAN);
    Ok(RatingCreated {
        rating_id: rating.id,
        session_id: write.id.uuid(),
        from_role: SessionRole::Participant,
        rating: Rate::new(value).map_err(|error| out_of_range(&error))?,
        source_scale: scale
            .ok_or_else(|| DbError::Schema("a rating without its scale".to_owned()))?,
        feedback_text_id: write.texts.feedback,
        created_at: write.row.session.completed_at,
    })
}

/// The mapping lets no such value through.
fn out_of_range(error: &ValueError) -> DbError {
    DbError::Schema(format!("a mapped value {error}"))
}
