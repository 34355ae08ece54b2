//! A batch of events as facts: one row a session and rating, the last word counts.

use std::collections::BTreeMap;

use contracts::event::ingest::RecordWithdrawn;
use contracts::event::value::{CefrLevel, SessionType};
use contracts::event::{Event, Payload};
use contracts::journey::Programme;
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::deeds::{Deeds, record_of};

/// The kind of import whose records are ratings; they go by their own id or the session's.
const RATINGS: &str = "kintell-ratings";

/// A session as far as journeys need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Session {
    pub(super) programme: Programme,
    pub(super) participant: Uuid,
    pub(super) volunteer: Uuid,
    pub(super) starts_at: Timestamp,
    /// None while it is only agreed on.
    pub(super) completed_at: Option<Timestamp>,
    /// Of a language session.
    pub(super) level: Option<CefrLevel>,
    /// Which event of the batch said so.
    pub(super) event: usize,
}

/// A rating as far as journeys need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rating {
    pub(super) session: Uuid,
    /// From 0 to 1.
    pub(super) value: Decimal,
    /// Which event of the batch said so.
    pub(super) event: usize,
}

/// What a batch says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Batch {
    /// By session.
    pub(super) sessions: BTreeMap<Uuid, Session>,
    /// By rating.
    pub(super) ratings: BTreeMap<Uuid, Rating>,
    /// Of buddies and courses.
    pub(super) deeds: Deeds,
    /// Sessions and other records of which nothing holds that was said before the batch,
    /// with the event that said so.
    pub(super) withdrawn: BTreeMap<Uuid, usize>,
    /// Ratings, or sessions whose ratings, do not hold that were given before the batch, likewise.
    pub(super) unrated: BTreeMap<Uuid, usize>,
}

impl Batch {
    /// Reads events in order. Of a session that took place, an agreement that
    /// comes later says nothing new. What is said of a session after it was
    /// withdrawn holds.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut batch = Self::default();
        let taken_back = withdrawals(events);
        for (event, received) in events.iter().enumerate() {
            match &received.payload {
                Payload::KintellSessionCompleted(session) => {
                    let completed = Session {
                        programme: programme(session.session_type),
                        participant: session.participant_id,
                        volunteer: session.volunteer_id,
                        starts_at: session.scheduled_at,
                        completed_at: Some(session.completed_at),
                        level: session.language_level,
                        event,
                    };
                    batch.sessions.insert(session.session_id, completed);
                }
                Payload::KintellSessionScheduled(session) => {
                    let agreed = Session {
                        programme: programme(session.session_type),
                        participant: session.participant_id,
                        volunteer: session.volunteer_id,
                        starts_at: session.scheduled_at,
                        completed_at: None,
                        level: None,
                        event,
                    };
                    let known = batch.sessions.entry(session.session_id).or_insert(agreed);
                    if known.completed_at.is_none() {
                        *known = agreed;
                    }
                }
                Payload::KintellRatingCreated(rating) => {
                    let given = Rating {
                        session: rating.session_id,
                        value: Decimal::try_from(f64::from(rating.rating))
                            .unwrap_or_default()
                            .round_dp(6),
                        event,
                    };
                    batch.ratings.insert(rating.rating_id, given);
                }
                Payload::IngestRecordWithdrawn(record) => batch.withdraw(record, event),
                other => {
                    let last = record_of(other).and_then(|id| taken_back.get(&id));
                    if last.is_none_or(|last| *last < event) {
                        batch.deeds.add(other, event);
                    }
                }
            }
        }
        batch
    }

    fn withdraw(&mut self, record: &RecordWithdrawn, event: usize) {
        let id = record.record_id;
        self.ratings
            .retain(|rating, given| *rating != id && given.session != id);
        if record.source.as_str() == RATINGS {
            self.unrated.insert(id, event);
        } else {
            self.sessions.remove(&id);
            self.withdrawn.insert(id, event);
        }
    }

    /// The sessions that the batch speaks of.
    pub(super) fn session_ids(&self) -> Vec<Uuid> {
        let rated = self.ratings.values().map(|rating| rating.session);
        let taken = self.withdrawn.keys().chain(self.unrated.keys()).copied();
        let said = self.sessions.keys().copied().chain(rated);
        let mut ids: Vec<_> = said.chain(taken).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// The last withdrawal of each record.
fn withdrawals(events: &[Event]) -> BTreeMap<Uuid, usize> {
    let all = events.iter().enumerate();
    all.filter_map(|(event, received)| match &received.payload {
        Payload::IngestRecordWithdrawn(record) => Some((record.record_id, event)),
        _ => None,
    })
    .collect()
}

const fn programme(kind: SessionType) -> Programme {
    match kind {
        SessionType::Language => Programme::Language,
        SessionType::Mentorship => Programme::Mentorship,
    }
}

/// What a batch has to do with one person.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Touch {
    pub(super) participant: bool,
    pub(super) volunteer: bool,
    /// Whether sessions name them.
    pub(super) kintell: bool,
    /// Whether it is about buddies.
    pub(super) buddy: bool,
    /// Whether it is about courses.
    pub(super) upskilling: bool,
    /// The earliest beginning that the batch names.
    pub(super) first_start: Option<Timestamp>,
    /// The last event that touched them.
    pub(super) event: Option<usize>,
    /// The last one that took back something of theirs.
    pub(super) withdrawn: Option<usize>,
}

impl Touch {
    /// The event that what is new about them follows from.
    pub(super) fn cause(&self) -> Option<usize> {
        self.withdrawn.or(self.event)
    }

    /// Adds what another event has to do with them.
    pub(super) fn add(&mut self, more: &Self) {
        self.participant |= more.participant;
        self.volunteer |= more.volunteer;
        self.kintell |= more.kintell;
        self.buddy |= more.buddy;
        self.upskilling |= more.upskilling;
        let starts = self.first_start.into_iter().chain(more.first_start);
        self.first_start = starts.min();
        self.event = self.event.max(more.event);
        self.withdrawn = self.withdrawn.max(more.withdrawn);
    }
}

/// Whom a batch touches: everybody it names, and, `before` it, those whom its
/// sessions named until now, as `(session, participant, volunteer)`.
pub(super) fn touched(batch: &Batch, before: &[(Uuid, Uuid, Uuid)]) -> BTreeMap<Uuid, Touch> {
    let mut people: BTreeMap<Uuid, Touch> = BTreeMap::new();
    let mut by_session: BTreeMap<Uuid, (Uuid, Uuid)> = BTreeMap::new();
    for (session, participant, volunteer) in before {
        by_session.insert(*session, (*participant, *volunteer));
        if let Some(now) = batch.sessions.get(session) {
            for person in [participant, volunteer] {
                let touch = people.entry(*person).or_default();
                touch.event = touch.event.max(Some(now.event));
            }
        }
        if let Some(event) = batch.withdrawn.get(session) {
            for person in [participant, volunteer] {
                let touch = people.entry(*person).or_default();
                touch.withdrawn = touch.withdrawn.max(Some(*event));
            }
        }
        if let Some(event) = batch.unrated.get(session) {
            let touch = people.entry(*participant).or_default();
            touch.event = touch.event.max(Some(*event));
        }
    }
    for (id, session) in &batch.sessions {
        by_session.insert(*id, (session.participant, session.volunteer));
        people.entry(session.participant).or_default().participant = true;
        people.entry(session.volunteer).or_default().volunteer = true;
        for person in [session.participant, session.volunteer] {
            let touch = people.entry(person).or_default();
            touch.kintell = true;
            let earliest = touch
                .first_start
                .map_or(session.starts_at, |first| first.min(session.starts_at));
            touch.first_start = Some(earliest);
            touch.event = touch.event.max(Some(session.event));
        }
    }
    for rating in batch.ratings.values() {
        if let Some((participant, _)) = by_session.get(&rating.session) {
            let touch = people.entry(*participant).or_default();
            touch.event = touch.event.max(Some(rating.event));
        }
    }
    people
}
