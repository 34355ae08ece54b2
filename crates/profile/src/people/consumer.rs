//! `profile.people`: puts people who may be one on the list.

use contracts::event::{Event, EventType, Payload};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::TenantTx;
use platform::events::{ConsumeError, Consumer, Handle};
use rust_decimal::Decimal;

use super::store::{self, Sighting};

/// The consumer of suggestions.
pub(crate) fn consumer() -> Consumer {
    const TYPES: &[EventType] = &[EventType::IngestMatchSuggested];
    Consumer::new("profile.people", TYPES, Suggestions)
}

struct Suggestions;

impl Handle for Suggestions {
    fn handle<'a>(
        &'a self,
        tx: &'a mut TenantTx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<(), ConsumeError>> {
        keep(tx, events).boxed()
    }
}

async fn keep(tx: &mut TenantTx, events: &[Event]) -> Result<(), ConsumeError> {
    for event in events {
        let Payload::IngestMatchSuggested(seen) = &event.payload else {
            continue;
        };
        let people = [seen.person_id, seen.other_id];
        store::insert_people(tx, &people, seen.suggested_at).await?;
        let sighting = Sighting {
            people,
            reason: seen.reason,
            score: Decimal::try_from(f64::from(seen.score))
                .unwrap_or_default()
                .round_dp(3),
            source: seen.source.as_str().to_owned(),
            at: seen.suggested_at,
        };
        store::upsert_match(tx, &sighting).await?;
    }
    Ok(())
}
