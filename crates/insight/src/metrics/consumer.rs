//! Sessions and ratings become facts; the months they touch must be computed again.

use std::collections::{BTreeMap, BTreeSet};

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
    pub(crate) rating: Option<Decimal>,
}

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
        let (mut facts, mut ratings) = sort(events, &zone)?;
        let ids: Vec<Uuid> = facts.keys().chain(ratings.keys()).copied().collect();
        // Where a session moves to another month, the month it leaves changes too.
        let mut months: BTreeSet<Date> = store::months_of(tx, &ids).await?.into_iter().collect();
        months.extend(facts.values().map(|fact| fact.month));
        for fact in facts.values_mut() {
            fact.rating = ratings.remove(&fact.session);
        }
        store::upsert_facts(tx, facts.into_values()).await?;
        store::update_ratings(tx, ratings).await?;
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

type Ratings = BTreeMap<Uuid, Decimal>;

/// The last word on each session and each session's rating of a batch.
fn sort(
    events: &[Event],
    zone: &TimeZone,
) -> Result<(BTreeMap<Uuid, Fact>, Ratings), ConsumeError> {
    let (mut facts, mut ratings) = (BTreeMap::new(), Ratings::new());
    for event in events {
        match &event.payload {
            Payload::KintellSessionCompleted(session) => {
                let fact = Fact {
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
                    origin: event.source.clone(),
                    rating: None,
                };
                facts.insert(fact.session, fact);
            }
            // What volunteers say of sessions is another figure than what participants say.
            Payload::KintellRatingCreated(rating)
                if rating.from_role == SessionRole::Participant =>
            {
                let value = Decimal::try_from(f64::from(rating.rating))
                    .map_err(|error| ConsumeError::caused_by("a rating is no decimal", error))?;
                ratings.insert(rating.session_id, value.round_dp(6));
            }
            _ => {}
        }
    }
    Ok((facts, ratings))
}

/// The first day of the month that an instant belongs to in a zone.
pub(super) fn month_of(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date().first_of_month()
}
