//! Sessions and ratings become facts; the months they touch must be computed again.

use std::collections::{BTreeMap, BTreeSet};

use contracts::event::ingest::RecordWithdrawn;
use contracts::event::kintell::SessionCompleted;
use contracts::event::value::{SessionRole, SessionType};
use contracts::event::{Event, Payload};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::TenantTx;
use platform::events::{ConsumeError, Handle};
use platform::jobs::{NewJob, enqueue};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::{compute, store};
use crate::Config;

/// A session as far as figures need it.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) session: Uuid,
    pub(crate) programme: &'static str,
    pub(crate) participant: Uuid,
    pub(crate) volunteer: Uuid,
    pub(crate) month: Date,
    pub(crate) completed_at: Timestamp,
    pub(crate) minutes: i32,
    pub(crate) origin: String,
    pub(crate) rating: Option<Rating>,
}

/// A session's rating.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rating {
    pub(crate) id: Uuid,
    /// From 0 to 1.
    pub(crate) value: Decimal,
}

/// The kind of import whose records are ratings; they go by their own id or the session's.
const RATINGS: &str = "kintell-ratings";

/// Keeps facts of sessions and marks the months they touch.
pub(super) struct KeepFacts {
    config: Config,
}

impl KeepFacts {
    pub(super) const fn new(config: Config) -> Self {
        Self { config }
    }

    async fn keep(&self, tx: &mut TenantTx, events: &[Event]) -> Result<(), ConsumeError> {
        let zone = self.config.zone(tx.company()).await?;
        let mut batch = Batch::of(events, &zone)?;
        // Where a session moves to another month, the month it leaves changes too.
        let months = store::months_of(tx, &batch.ids()).await?;
        let mut months: BTreeSet<Date> = months.into_iter().collect();
        months.extend(batch.facts.values().map(|fact| fact.month));
        for fact in batch.facts.values_mut() {
            fact.rating = batch.ratings.remove(&fact.session);
        }
        // What was withdrawn goes first: what the batch has of it was said later.
        store::delete_facts(tx, &batch.withdrawn).await?;
        store::clear_ratings(tx, &batch.unrated).await?;
        store::upsert_facts(tx, batch.facts.into_values()).await?;
        store::update_ratings(tx, batch.ratings).await?;
        let people = follow(tx, events).await?;
        if !people.is_empty() {
            months.extend(store::months_with(tx, &people).await?);
        }
        if months.is_empty() {
            return Ok(());
        }
        store::mark_months(tx, months).await?;
        let job = NewJob::new(compute::JOB, json!({}))?.deduplicated("figures");
        enqueue(tx, job).await?;
        Ok(())
    }
}

impl Handle for KeepFacts {
    fn handle<'a>(
        &'a self,
        tx: &'a mut TenantTx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<(), ConsumeError>> {
        self.keep(tx, events).boxed()
    }
}

/// Notes which people are one and which are two, in the order in which it was said;
/// everybody whom that concerns.
async fn follow(tx: &mut TenantTx, events: &[Event]) -> Result<BTreeSet<Uuid>, ConsumeError> {
    let mut people = BTreeSet::new();
    for event in events {
        match &event.payload {
            Payload::ProfilePeopleMerged(merge) => {
                people.extend(store::link(tx, merge.merged_id, merge.kept_id).await?);
            }
            Payload::ProfilePeopleUnmerged(merge) => {
                people.extend(store::unlink(tx, merge.merged_id).await?);
            }
            _ => {}
        }
    }
    Ok(people)
}

/// The last word of a batch on each session and each session's rating.
#[derive(Default)]
struct Batch {
    facts: BTreeMap<Uuid, Fact>,
    /// By session.
    ratings: BTreeMap<Uuid, Rating>,
    /// Sessions of which nothing holds that was said before the batch.
    withdrawn: BTreeSet<Uuid>,
    /// Ratings, or sessions whose ratings, do not hold that were given before the batch.
    unrated: BTreeSet<Uuid>,
}

impl Batch {
    /// Reads events in order: what is said of a session after it was withdrawn holds.
    fn of(events: &[Event], zone: &TimeZone) -> Result<Self, ConsumeError> {
        let mut batch = Self::default();
        for event in events {
            match &event.payload {
                Payload::KintellSessionCompleted(session) => {
                    let fact = Fact::of(session, &event.source, zone);
                    batch.facts.insert(fact.session, fact);
                }
                // What volunteers say of sessions is another figure than what participants say.
                Payload::KintellRatingCreated(rating)
                    if rating.from_role == SessionRole::Participant =>
                {
                    let value = Decimal::try_from(f64::from(rating.rating)).map_err(|error| {
                        ConsumeError::caused_by("a rating is no decimal", error)
                    })?;
                    let given = Rating {
                        id: rating.rating_id,
                        value: value.round_dp(6),
                    };
                    batch.ratings.insert(rating.session_id, given);
                }
                Payload::IngestRecordWithdrawn(record) => batch.withdraw(record),
                _ => {}
            }
        }
        Ok(batch)
    }

    fn withdraw(&mut self, record: &RecordWithdrawn) {
        let id = record.record_id;
        self.ratings
            .retain(|session, rating| *session != id && rating.id != id);
        if record.source.as_str() == RATINGS {
            self.unrated.insert(record.record_id);
        } else {
            self.facts.remove(&record.record_id);
            self.withdrawn.insert(record.record_id);
        }
    }

    /// The sessions and ratings that the batch speaks of.
    fn ids(&self) -> Vec<Uuid> {
        let said = self.facts.keys().chain(self.ratings.keys());
        let taken = self.withdrawn.iter().chain(&self.unrated);
        said.chain(taken).copied().collect()
    }
}

impl Fact {
    fn of(session: &SessionCompleted, source: &str, zone: &TimeZone) -> Self {
        Self {
            session: session.session_id,
            programme: match session.session_type {
                SessionType::Language => "language",
                SessionType::Mentorship => "mentorship",
            },
            participant: session.participant_id,
            volunteer: session.volunteer_id,
            month: month_of(session.completed_at, zone),
            completed_at: session.completed_at,
            minutes: session.duration_minutes.get(),
            origin: source.to_owned(),
            rating: None,
        }
    }
}

/// The first day of the month that an instant belongs to in a zone.
pub(super) fn month_of(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date().first_of_month()
}
