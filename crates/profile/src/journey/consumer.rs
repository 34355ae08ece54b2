//! `profile.journey`: takes effect of sessions, of what buddies do, of courses, and of
//! withdrawals.

use contracts::event::{Event, EventType};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::TenantTx;
use platform::events::{ConsumeError, Consumer, Handle};

use super::advance::{Cause, advance};
use super::batch::{Batch, touched};
use super::rule::Rules;
use super::store;

/// The consumer of what makes journeys.
pub(crate) fn consumer() -> Consumer {
    const TYPES: &[EventType] = &[
        EventType::KintellSessionCompleted,
        EventType::KintellSessionScheduled,
        EventType::KintellRatingCreated,
        EventType::BuddyMatchCreated,
        EventType::BuddyMatchEnded,
        EventType::BuddyEventLogged,
        EventType::BuddyEventAttended,
        EventType::BuddyCheckinCompleted,
        EventType::BuddyFeedbackSubmitted,
        EventType::BuddySkillShareCompleted,
        EventType::BuddyMilestoneReached,
        EventType::UpskillingProgressUpdated,
        EventType::UpskillingCourseCompleted,
        EventType::UpskillingCredentialIssued,
        EventType::IngestRecordWithdrawn,
    ];
    Consumer::new("profile.journey", TYPES, Journey)
}

struct Journey;

impl Handle for Journey {
    fn handle<'a>(
        &'a self,
        tx: &'a mut TenantTx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<(), ConsumeError>> {
        take_effect(tx, events).boxed()
    }
}

async fn take_effect(tx: &mut TenantTx, events: &[Event]) -> Result<(), ConsumeError> {
    let rules = Rules::built_in()
        .map_err(|error| ConsumeError::caused_by("the journey's rules cannot be read", error))?;
    let batch = Batch::of(events);
    store::lock_links(tx, store::Hold::Shared).await?;
    // Whom a session named before is asked before the session is replaced.
    let before = store::find_session_people(tx, &batch.session_ids()).await?;
    let pairs = store::find_match_people(tx, &batch.deeds.match_ids()).await?;
    let deprived = store::find_deprived(tx, &batch).await?;
    // What was withdrawn goes first: what the batch has of it was said later.
    store::delete_withdrawn(tx, &batch).await?;
    store::upsert_sessions(tx, &batch).await?;
    store::upsert_ratings(tx, &batch).await?;
    store::upsert_deeds(tx, &batch.deeds).await?;
    let cause = Cause {
        name: "profile.journey",
        events,
        batch: &batch,
    };
    let mut touched = touched(&batch, &before);
    batch.deeds.touch_all(&mut touched, &pairs);
    for (person, event) in deprived {
        let touch = touched.entry(person).or_default();
        touch.withdrawn = touch.withdrawn.max(Some(event));
    }
    advance(tx, rules, &touched, &cause).await?;
    Ok(())
}
