//! Taking back what an import has done to sessions.

use contracts::event::NewEvent;
use contracts::event::kintell::{RatingCreated, SessionCompleted};
use contracts::event::value::{ExternalRef, Label, List, PositiveInt, Rate, SessionRole};
use contracts::{ImportId, TextId};
use platform::vault;
use platform::{DbError, TenantTx};
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::store::undo::{self as store, RestoredSession};
use crate::error::Error;
use crate::import::life::undo::{Undone, withdraw};
use crate::record;
use crate::source::{Origin, Source};

/// Takes back up to `limit` sessions behind `after` whose last word is the import's: those it made go, those it changed
/// become what they were. Commits nothing.
pub(crate) async fn take_back(
    tx: &mut TenantTx,
    import: ImportId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Undone, Error> {
    let touched = store::find_touched(tx, import, after, limit).await?;
    let (new, changed): (Vec<_>, Vec<_>) = touched.iter().partition(|session| session.is_new);
    let ids = |sessions: &[&store::TouchedSession]| -> Vec<Uuid> {
        sessions.iter().map(|session| session.id).collect()
    };
    let (new, changed) = (ids(&new), ids(&changed));
    store::delete_sessions(tx, &new).await?;
    let restored = store::restore_sessions(tx, import, &changed).await?;
    let standing: Vec<Uuid> = restored.iter().map(|session| session.id.uuid()).collect();
    for id in new.iter().chain(&standing) {
        withdraw(tx, Source::KintellSessions, import, *id)?;
    }
    for session in &restored {
        announce(tx, session)?;
    }
    record::undo::announce_ratings(tx, &standing).await?;
    let gone = touched
        .iter()
        .filter(|session| session.is_new || standing.contains(&session.id))
        .flat_map(|session| session.texts)
        .flatten()
        .filter(|text| {
            !restored
                .iter()
                .any(|kept| kept.texts.contains(&Some(*text)))
        });
    vault::delete_texts(tx, &gone.map(TextId::new).collect::<Vec<_>>()).await?;
    Ok(Undone {
        withdrawn: new.len() as u64,
        restored: restored.len() as u64,
        last: touched.last().map(|session| session.id),
    })
}

/// Tells of a session again, as if it were new: those who listen have forgotten it.
fn announce(tx: &mut TenantTx, session: &RestoredSession) -> Result<(), DbError> {
    let source = Origin::stored(session.origin).event_source();
    tx.publish(NewEvent::new(completed(session)?, source.clone()))?;
    if let Some(rating) = rating(session)? {
        tx.publish(NewEvent::new(rating, source))?;
    }
    Ok(())
}

fn completed(session: &RestoredSession) -> Result<SessionCompleted, DbError> {
    let [feedback, ..] = session.texts;
    let topics = session
        .topics
        .iter()
        .map(|topic| Label::new(topic.as_str()));
    let topics: Vec<Label<100>> = topics.collect::<Result<_, _>>().map_err(stored)?;
    let level = session.language_level.as_deref().map(str::parse);
    Ok(SessionCompleted {
        session_id: session.id.uuid(),
        external_session_id: ExternalRef::new(session.external_id.as_str()).ok(),
        session_type: session.session_type.parse().map_err(stored)?,
        participant_id: session.participant.uuid(),
        volunteer_id: session.volunteer.uuid(),
        scheduled_at: session.scheduled_at,
        completed_at: session.completed_at,
        duration_minutes: PositiveInt::new(i64::from(session.duration_minutes)).map_err(stored)?,
        topics: List::new(topics).map_err(stored)?,
        language_level: level.transpose().map_err(stored)?,
        feedback_text_id: feedback.filter(|_| session.rating.is_none()),
        program_id: None,
        campaign_id: None,
        beneficiary_group_id: None,
    })
}

fn rating(session: &RestoredSession) -> Result<Option<RatingCreated>, DbError> {
    let Some((id, value, scale)) = &session.rating else {
        return Ok(None);
    };
    let [feedback, ..] = session.texts;
    Ok(Some(RatingCreated {
        rating_id: *id,
        session_id: session.id.uuid(),
        from_role: SessionRole::Participant,
        rating: Rate::new(value.to_f64().unwrap_or(f64::NAN)).map_err(stored)?,
        source_scale: scale.parse().map_err(stored)?,
        feedback_text_id: feedback,
        created_at: session.completed_at,
    }))
}

/// What was stored once was within its contract.
fn stored(error: impl std::fmt::Display) -> DbError {
    DbError::Schema(format!("a stored session {error}"))
}
