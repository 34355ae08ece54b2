//! Taking in records: who is meant, what is new, what others must be told.

use std::collections::{BTreeMap, HashMap};

use contracts::event::NewEvent;
use contracts::event::value::ValueError;
use contracts::{ImportId, PersonId};
use platform::vault::{NewText, Vault};
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::draft::{Place, Reference, Told};
use super::orphan;
use super::people::{People, find_people};
use super::prepare::PreparedRecord;
use super::store::{self, KnownRecord, Parent, RecordWrite, StoredText, StoredTexts};
use crate::error::Error;
use crate::import::model::Counts;
use crate::import::way::{Refused, Taken};
use crate::sheet::row_error::{ErrorCode, RowError};
use crate::source::{Origin, Source};

/// Takes rows of one source in. Of several rows about one record the later one counts as a change of the earlier one.
pub(crate) async fn take_in(
    tx: &mut TenantTx,
    vault: &mut Vault,
    rows: &[PreparedRecord],
) -> Result<Taken, Error> {
    let mut taken = Taken::default();
    for wave in waves(rows) {
        take_in_wave(tx, vault, &wave, &mut taken).await?;
    }
    Ok(taken)
}

/// The rows in groups without a repeated record: the first rows of all records, then the second ones, and so on.
fn waves(rows: &[PreparedRecord]) -> Vec<Vec<&PreparedRecord>> {
    let mut seen: HashMap<Uuid, usize> = HashMap::with_capacity(rows.len());
    let mut waves: Vec<Vec<&PreparedRecord>> = Vec::new();
    for row in rows {
        let turn = seen.entry(row.id).or_default();
        if *turn == waves.len() {
            waves.push(Vec::new());
        }
        waves[*turn].push(row);
        *turn += 1;
    }
    waves
}

/// A row that says something new, with everything that it needs.
struct News<'a> {
    row: &'a PreparedRecord,
    known: Option<KnownRecord>,
    parent: Option<Parent>,
    people: People,
}

impl News<'_> {
    /// Whether the match that it refers to is not known.
    fn is_orphan(&self) -> bool {
        self.row.match_id.is_some() && self.parent.is_none()
    }

    fn owner(&self, place: Place) -> Option<PersonId> {
        let own = match place {
            Place::Other => self.people.other,
            Place::Person | Place::Among => self.people.person,
        };
        // Of an event of an unknown match somebody who was there stands for it.
        own.or_else(|| self.people.among.first().copied())
    }
}

async fn take_in_wave(
    tx: &mut TenantTx,
    vault: &mut Vault,
    rows: &[&PreparedRecord],
    taken: &mut Taken,
) -> Result<(), Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut known = store::find_known(tx, ids).await?;
    let fresh: Vec<&PreparedRecord> = rows
        .iter()
        .copied()
        .filter(|row| {
            known
                .get(&row.id)
                .is_none_or(|known| known.content_hash != row.content_hash)
        })
        .collect();
    let parents = find_parents(tx, &fresh).await?;
    let people = find_people(tx, vault, &fresh).await?;
    let mut news = Vec::with_capacity(fresh.len());
    let mut refused = Vec::new();
    for ((row, parent), people) in fresh.into_iter().zip(parents).zip(people) {
        match settle(row, parent, people) {
            Ok((parent, people)) => news.push(News {
                known: known.remove(&row.id),
                row,
                parent,
                people,
            }),
            Err(errors) => refused.push(refuse(row, errors)),
        }
    }
    let updated = news.iter().filter(|news| news.known.is_some()).count() as u64;
    let [rows_in, rejected, told] = [rows.len(), refused.len(), news.len()].map(|n| n as u64);
    store_news(tx, vault, &news).await?;
    taken.counts.add(Counts {
        rows_in,
        created: told - updated,
        updated,
        unchanged: rows_in - rejected - told,
        rejected,
    });
    taken.refused.append(&mut refused);
    Ok(())
}

fn refuse(row: &PreparedRecord, errors: Vec<RowError>) -> Refused {
    let number = match row.origin {
        Origin::Import { row, .. } => row,
        Origin::Delivery { .. } => 1,
    };
    Refused {
        number,
        text: row.text.clone(),
        errors,
    }
}

/// What each row refers to: none where it refers to nothing, or to what is not known.
async fn find_parents(
    tx: &mut TenantTx,
    rows: &[&PreparedRecord],
) -> Result<Vec<Option<Parent>>, DbError> {
    let mut matches: Vec<Uuid> = rows.iter().filter_map(|row| row.match_id).collect();
    matches.sort_unstable();
    matches.dedup();
    let session = |row: &PreparedRecord| match &row.draft.reference {
        Some(Reference::Session { id }) => Some(id.clone()),
        _ => None,
    };
    let mut sessions: Vec<String> = rows.iter().filter_map(|row| session(row)).collect();
    sessions.sort_unstable();
    sessions.dedup();
    let matches = if matches.is_empty() {
        HashMap::new()
    } else {
        store::find_matches(tx, &matches).await?
    };
    let sessions = if sessions.is_empty() {
        HashMap::new()
    } else {
        store::find_sessions(tx, &sessions).await?
    };
    let parents = rows.iter().map(|row| match row.match_id {
        Some(id) => matches.get(&id).copied(),
        None => session(row).and_then(|id| sessions.get(&id).copied()),
    });
    Ok(parents.collect())
}

/// The people of a row, from what it refers to where that gives them.
fn settle(
    row: &PreparedRecord,
    parent: Option<Parent>,
    people: Result<People, Vec<RowError>>,
) -> Result<(Option<Parent>, People), Vec<RowError>> {
    let mut errors = Vec::new();
    if matches!(row.draft.reference, Some(Reference::Session { .. })) && parent.is_none() {
        let raw = match &row.draft.reference {
            Some(Reference::Session { id }) => id,
            _ => "",
        };
        errors.push(RowError::of_cell(
            row.origin.line(),
            "session_id",
            ErrorCode::UnknownSession,
            raw,
            "No session is known by this id".into(),
        ));
    }
    let mut people = match people {
        Ok(people) => people,
        Err(mut more) => {
            errors.append(&mut more);
            People::default()
        }
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let gives_people = !matches!(
        row.draft.reference,
        Some(Reference::Match {
            gives_people: false,
            ..
        })
    );
    if let Some(parent) = parent.filter(|_| gives_people) {
        people.person = parent.person.map(PersonId::new);
        people.other = parent.other.map(PersonId::new);
    }
    Ok((parent, people))
}

/// Keeps what is about to change as it is, for those who undo the import.
async fn keep_prior(tx: &mut TenantTx, news: &[News<'_>]) -> Result<(), DbError> {
    let mut changed: BTreeMap<ImportId, Vec<Uuid>> = BTreeMap::new();
    for news in news.iter().filter(|news| news.known.is_some()) {
        if let Origin::Import { import, .. } = news.row.origin {
            changed.entry(import).or_default().push(news.row.id);
        }
    }
    for (import, records) in changed {
        store::undo::insert_prior_versions(tx, import, &records).await?;
    }
    Ok(())
}

async fn store_news(tx: &mut TenantTx, vault: &mut Vault, news: &[News<'_>]) -> Result<(), Error> {
    let texts = put_texts(tx, vault, news).await?;
    let mut writes = Vec::with_capacity(news.len());
    for (news, texts) in news.iter().zip(texts) {
        publish(tx, news, &texts)?;
        writes.push(write_of(tx, news, texts).await?);
    }
    keep_prior(tx, news).await?;
    store::upsert_records(tx, &writes).await?;
    let matches: Vec<&RecordWrite> = writes
        .iter()
        .filter(|write| write.source == Source::BuddyMatches)
        .collect();
    orphan::settle(tx, vault, &matches).await
}

async fn write_of(
    tx: &mut TenantTx,
    news: &News<'_>,
    texts: StoredTexts,
) -> Result<RecordWrite, Error> {
    let (row, people) = (news.row, &news.people);
    let (parent, parent_external_id) = match &row.draft.reference {
        Some(Reference::Match { id, .. }) => (row.match_id, Some(id.clone())),
        Some(Reference::Session { id }) => (news.parent.map(|parent| parent.id), Some(id.clone())),
        None => (None, None),
    };
    let unclaimed: Vec<_> = row
        .draft
        .texts
        .iter()
        .zip(&row.text_hashes)
        .filter(|(text, _)| !texts.contains_key(&text.name))
        .collect();
    Ok(RecordWrite {
        id: row.id,
        source: row.draft.data.source(),
        external_id: row.external_id.clone(),
        person: people.person.map(PersonId::uuid),
        other: people.other.map(PersonId::uuid),
        people: people.among.iter().map(|person| person.uuid()).collect(),
        parent,
        parent_external_id,
        orphan: news.is_orphan(),
        occurred_at: row.draft.occurred_at,
        data: row.draft.data.to_json().map_err(Error::Form)?,
        unclaimed: orphan::seal(tx, row.id, &unclaimed).await?,
        texts,
        content_hash: row.content_hash,
        origin: row.origin,
    })
}

/// The texts of each row: those that were stored before where they have not changed, else new ones. A text whose owner
/// is not known yet is left out.
async fn put_texts(
    tx: &mut TenantTx,
    vault: &mut Vault,
    news: &[News<'_>],
) -> Result<Vec<StoredTexts>, DbError> {
    let mut all: Vec<StoredTexts> = Vec::with_capacity(news.len());
    let mut new: Vec<NewText<'_>> = Vec::new();
    let mut places: Vec<(usize, String, String)> = Vec::new();
    for (index, news) in news.iter().enumerate() {
        let mut texts = StoredTexts::new();
        for (text, hash) in news.row.draft.texts.iter().zip(&news.row.text_hashes) {
            let Some(person) = news.owner(text.owner) else {
                continue;
            };
            if let Some(stored) = keeps(news, &text.name, text.owner, hash) {
                texts.insert(text.name.clone(), stored);
            } else {
                new.push(NewText {
                    person,
                    kind: text.kind,
                    text: &text.text,
                });
                places.push((index, text.name.clone(), hash.clone()));
            }
        }
        all.push(texts);
    }
    if new.is_empty() {
        return Ok(all);
    }
    let ids = vault.put_texts(tx, &new).await?;
    for ((index, name, hash), id) in places.into_iter().zip(ids) {
        let stored = StoredText {
            id: id.uuid(),
            hash,
        };
        all[index].insert(name, stored);
    }
    Ok(all)
}

/// The stored text, if it says the same and is of the same person.
fn keeps(news: &News<'_>, name: &str, place: Place, hash: &str) -> Option<StoredText> {
    let known = news.known.as_ref()?;
    let stored = known.texts.get(name).filter(|text| text.hash == hash)?;
    let before = match place {
        Place::Other => known.other,
        Place::Person | Place::Among => known.person,
    };
    (before.is_some() && before == news.owner(place).map(PersonId::uuid)).then(|| stored.clone())
}

fn publish(tx: &mut TenantTx, news: &News<'_>, texts: &StoredTexts) -> Result<(), DbError> {
    let among: Vec<Uuid> = news
        .people
        .among
        .iter()
        .map(|person| person.uuid())
        .collect();
    let ids = text_ids(texts);
    let told = Told {
        id: news.row.id,
        person: news.people.person.map(PersonId::uuid),
        other: news.people.other.map(PersonId::uuid),
        people: &among,
        parent: news
            .row
            .match_id
            .or_else(|| news.parent.map(|parent| parent.id)),
        rating: news.parent.and_then(|parent| parent.rating),
        texts: &ids,
    };
    let payloads = news.row.draft.data.announce(&told);
    for payload in payloads.map_err(|error| out_of_range(&error))? {
        tx.publish(NewEvent::new(payload, news.row.origin.event_source()))?;
    }
    Ok(())
}

/// The vault's ids alone.
pub(super) fn text_ids(texts: &StoredTexts) -> BTreeMap<String, Uuid> {
    texts
        .iter()
        .map(|(name, text)| (name.clone(), text.id))
        .collect()
}

/// The mapping lets no such value through.
pub(super) fn out_of_range(error: &ValueError) -> DbError {
    DbError::Schema(format!("a mapped value {error}"))
}
