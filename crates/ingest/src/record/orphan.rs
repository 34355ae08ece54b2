//! Rows about a match that nobody has told of yet. They are stored and announced without their texts, which wait under
//! the company's key: there is nobody yet whose key could seal them. When the match comes, they get its people.

use contracts::PersonId;
use contracts::event::NewEvent;
use platform::TenantTx;
use platform::vault::{NewText, Vault};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::apply::{out_of_range, text_ids};
use super::draft::{Data, Place, TextDraft, Told};
use super::store::{self, Orphan, RecordWrite, StoredText};
use crate::error::Error;
use crate::import::seal::{self, CompanySeal};
use crate::source::Source;

/// A text that waits. Personal data.
#[derive(Serialize, Deserialize)]
struct Waiting {
    name: String,
    kind: String,
    /// Whether it is of the other side.
    other: bool,
    text: String,
    hash: String,
}

/// Kinds of text that may wait, as the vault wants them.
const KINDS: [&str; 5] = [
    "checkin_note",
    "checkin_answer",
    "buddy_feedback",
    "buddy_event",
    "buddy_event_location",
];

/// Seals texts without an owner; none if there are none.
pub(super) async fn seal(
    tx: &mut TenantTx,
    record: Uuid,
    texts: &[(&TextDraft, &String)],
) -> Result<Option<Vec<u8>>, Error> {
    if texts.is_empty() {
        return Ok(None);
    }
    let waiting: Vec<Waiting> = texts
        .iter()
        .map(|(text, hash)| Waiting {
            name: text.name.clone(),
            kind: text.kind.to_owned(),
            other: text.owner == Place::Other,
            text: text.text.clone(),
            hash: (*hash).clone(),
        })
        .collect();
    let seal = CompanySeal::of(tx.db(), tx.company()).await?;
    Ok(Some(
        seal.seal_json(seal::Place::Unclaimed(record), &waiting)?,
    ))
}

/// Gives those who waited for these matches their people, and tells of them again, now with their texts.
pub(super) async fn settle(
    tx: &mut TenantTx,
    vault: &mut Vault,
    matches: &[&RecordWrite],
) -> Result<(), Error> {
    if matches.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = matches.iter().map(|write| write.id).collect();
    for orphan in store::find_orphans(tx, &ids).await? {
        let parent = matches.iter().find(|write| write.id == orphan.parent);
        if let Some(parent) = parent {
            settle_one(tx, vault, orphan, parent).await?;
        }
    }
    Ok(())
}

async fn settle_one(
    tx: &mut TenantTx,
    vault: &mut Vault,
    orphan: Orphan,
    parent: &RecordWrite,
) -> Result<(), Error> {
    let source = Source::find(&orphan.source)?;
    let data = Data::from_json(source, orphan.data.clone()).map_err(Error::Form)?;
    let Some(data) = data else {
        return Ok(());
    };
    // Attendances and skill sessions name their people themselves.
    let (person, other) = if orphan.person.is_some() {
        (orphan.person, orphan.other)
    } else {
        (parent.person, parent.other)
    };
    let mut texts = orphan.texts.clone();
    if let Some(sealed) = &orphan.unclaimed {
        let seal = CompanySeal::of(tx.db(), tx.company()).await?;
        let waiting: Vec<Waiting> = seal.open_json(seal::Place::Unclaimed(orphan.id), sealed)?;
        for text in waiting {
            let owner = if text.other {
                parent.other
            } else {
                parent.person
            };
            let kind = KINDS.into_iter().find(|kind| *kind == text.kind);
            let (Some(owner), Some(kind)) = (owner, kind) else {
                continue;
            };
            let new = NewText {
                person: PersonId::new(owner),
                kind,
                text: &text.text,
            };
            for id in vault.put_texts(tx, &[new]).await? {
                let stored = StoredText {
                    id: id.uuid(),
                    hash: text.hash.clone(),
                };
                texts.insert(text.name.clone(), stored);
            }
        }
    }
    store::settle_orphan(tx, orphan.id, person, other, &texts).await?;
    let told = Told {
        id: orphan.id,
        person,
        other,
        people: &orphan.people,
        parent: Some(orphan.parent),
        rating: None,
        texts: &text_ids(&texts),
    };
    for payload in data.announce(&told).map_err(|error| out_of_range(&error))? {
        tx.publish(NewEvent::new(payload, orphan.origin.event_source()))?;
    }
    Ok(())
}
