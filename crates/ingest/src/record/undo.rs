//! Taking back what an import has done to records.

use contracts::event::NewEvent;
use contracts::{ImportId, TextId};
use platform::{TenantTx, vault};
use uuid::Uuid;

use super::apply::{out_of_range, text_ids};
use super::draft::{Data, Told};
use super::store::undo::{self as store, RestoredRecord};
use crate::error::Error;
use crate::import::life::undo::{Undone, withdraw};
use crate::source::{Origin, Source};

/// Takes back up to `limit` records behind `after` whose last word is that of the import `word`: those it made go, those
/// it changed become what they were. Commits nothing.
pub(crate) async fn take_back(
    tx: &mut TenantTx,
    source: Source,
    word: ImportId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Undone, Error> {
    let touched = store::find_touched(tx, word, after, limit).await?;
    let (new, changed): (Vec<_>, Vec<_>) = touched.iter().partition(|record| record.is_new);
    let ids = |records: &[&store::TouchedRecord]| -> Vec<Uuid> {
        records.iter().map(|record| record.id).collect()
    };
    let (new, changed) = (ids(&new), ids(&changed));
    store::delete_records(tx, &new).await?;
    let restored = store::restore_records(tx, word, &changed).await?;
    let standing: Vec<Uuid> = restored.iter().map(|record| record.id).collect();
    for id in new.iter().chain(&standing) {
        withdraw(tx, source, word, *id)?;
    }
    for record in &restored {
        announce(tx, source, record)?;
    }
    let is_kept = |text: Uuid| {
        let mut kept = restored.iter().flat_map(|record| record.texts.values());
        kept.any(|kept| kept.id == text)
    };
    let gone = touched
        .iter()
        .filter(|record| record.is_new || standing.contains(&record.id))
        .flat_map(|record| record.texts.values().map(|text| text.id))
        .filter(|text| !is_kept(*text));
    vault::delete_texts(tx, &gone.map(TextId::new).collect::<Vec<_>>()).await?;
    Ok(Undone {
        withdrawn: new.len() as u64,
        restored: restored.len() as u64,
        last: touched.last().map(|record| record.id),
    })
}

/// Tells of the ratings of sessions again that came by themselves: with a session its ratings are forgotten.
pub(crate) async fn announce_ratings(tx: &mut TenantTx, sessions: &[Uuid]) -> Result<(), Error> {
    if sessions.is_empty() {
        return Ok(());
    }
    for rating in store::find_ratings(tx, sessions).await? {
        announce(tx, Source::KintellRatings, &rating)?;
    }
    Ok(())
}

/// Tells of a record again, as if it were new: those who listen have forgotten it.
fn announce(tx: &mut TenantTx, source: Source, record: &RestoredRecord) -> Result<(), Error> {
    let data = Data::from_json(source, record.data.clone()).map_err(Error::Form)?;
    let Some(data) = data else {
        return Ok(());
    };
    let told = Told {
        id: record.id,
        person: record.person,
        other: record.other,
        people: &record.people,
        parent: record.parent,
        rating: record.rating,
        texts: &text_ids(&record.texts),
    };
    let origin = Origin::stored(record.origin);
    for payload in data.announce(&told).map_err(|error| out_of_range(&error))? {
        tx.publish(NewEvent::new(payload, origin.event_source()))?;
    }
    Ok(())
}
