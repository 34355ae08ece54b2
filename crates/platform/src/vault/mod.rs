//! The vault: where people are known by name. Whoever takes data in asks it for
//! the person behind an identifier, and leaves free text with it.

mod people;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use contracts::{PersonId, TextId};
use zeroize::Zeroizing;

use crate::crypto::{Aad, CompanyKeys, Normalised, PersonKey, blind_index};
use crate::db::{DbError, TenantTx};
pub use people::{
    Evidence, Fingerprint, LinkReason, Resolved, Suggestion, add_fingerprints, claims,
    fingerprints, open_names,
};
pub(crate) use store::rewrap_persons;

/// What a person may be known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// An e-mail address; case and surrounding space do not matter.
    Email,
    /// The id that the buddy system knows them by.
    Buddy,
    /// Their Discord id.
    Discord,
    /// The id that Kintell knows them by.
    Kintell,
    /// The id that an upskilling provider knows them by.
    Upskilling,
    /// The name they are greeted with; not unique, so never looked up.
    DisplayName,
}

impl IdentifierKind {
    /// The word stored in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Buddy => "external:buddy",
            Self::Discord => "external:discord",
            Self::Kintell => "external:kintell",
            Self::Upskilling => "external:upskilling",
            Self::DisplayName => "display_name",
        }
    }

    fn normalise(self, value: &str) -> Option<Normalised> {
        match self {
            Self::Email => Normalised::email(value),
            _ => Normalised::external_id(value),
        }
    }
}

/// A text in a person's own words, to be left with the vault.
#[derive(Clone, Copy)]
pub struct NewText<'a> {
    /// Whose words.
    pub person: PersonId,
    /// What kind of text: `session_feedback`, `session_goals`, ….
    pub kind: &'static str,
    /// The words.
    pub text: &'a str,
}

/// What the vault is asked and left in one transaction. It remembers the keys of
/// the people it met, so that their texts need no second look.
#[derive(Default)]
pub struct Vault {
    keys: HashMap<PersonId, PersonKey>,
    /// People made in this transaction.
    made: People,
    /// People made in the transaction before, which other transactions may not see yet.
    before: Arc<Made>,
}

type People = HashMap<(IdentifierKind, [u8; 32]), PersonId>;

/// The people that a transaction has made, with their keys.
#[derive(Default)]
pub struct Made {
    people: People,
    keys: HashMap<PersonId, PersonKey>,
}

impl Vault {
    /// A vault that has met nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A vault for a transaction that commits only after another one has: it knows the people whom that one made. Their
    /// texts may be stored before: the database asks for their people at the commit.
    #[must_use]
    pub fn following(before: Arc<Made>) -> Self {
        Self {
            before,
            ..Self::default()
        }
    }

    /// The people made in this transaction.
    #[must_use]
    pub fn made(&self) -> Made {
        let people = self.made.clone();
        let keys = people.values();
        let keys = keys.filter_map(|person| Some((*person, self.keys.get(person)?.clone())));
        Made {
            keys: keys.collect(),
            people,
        }
    }

    /// The persons known by these values, in their order; the unknown are made.
    /// A value that is empty after normalisation gives no person.
    pub async fn resolve(
        &mut self,
        tx: &mut TenantTx,
        kind: IdentifierKind,
        values: &[&str],
    ) -> Result<Vec<Option<PersonId>>, DbError> {
        let company = tx.db().company_keys(tx.company()).await?;
        let prints: Vec<Option<([u8; 32], Normalised)>> = values
            .iter()
            .map(|value| {
                kind.normalise(value)
                    .map(|value| (blind_index(company.index(), kind.as_str(), &value), value))
            })
            .collect();
        let mut wanted: HashMap<[u8; 32], &Normalised> = HashMap::new();
        for (print, value) in prints.iter().flatten() {
            wanted.insert(*print, value);
        }
        let before = Arc::clone(&self.before);
        let mut known: HashMap<[u8; 32], PersonId> = wanted
            .keys()
            .filter_map(|print| Some((*print, *before.people.get(&(kind, *print))?)))
            .collect();
        wanted.retain(|print, _| !known.contains_key(print));
        known.extend(store::find_persons(tx, kind, wanted.keys().copied()).await?);
        wanted.retain(|print, _| !known.contains_key(print));
        if !wanted.is_empty() {
            let missing: Vec<_> = wanted.keys().copied().collect();
            self.make(tx, &company, kind, &wanted).await?;
            known.extend(store::find_persons(tx, kind, missing.into_iter()).await?);
        }
        Ok(prints
            .iter()
            .map(|entry| {
                entry
                    .as_ref()
                    .and_then(|(print, _)| known.get(print).copied())
            })
            .collect())
    }

    async fn make(
        &mut self,
        tx: &mut TenantTx,
        company: &CompanyKeys,
        kind: IdentifierKind,
        wanted: &HashMap<[u8; 32], &Normalised>,
    ) -> Result<(), DbError> {
        let mut rows = store::NewPersons::default();
        // In one order for everybody, or two who make the same persons wait for each other.
        for (print, value) in wanted.iter().collect::<BTreeMap<_, _>>() {
            let (person, identifier) = (tx.clock().new_id(), tx.clock().new_id());
            let key = PersonKey::generate()?;
            let (version, wrapped) = company.wrap_person(person, &key)?;
            let sealed = key.seal(&identifier_aad(tx, identifier), value.as_str().as_bytes())?;
            rows.push(person, wrapped, version, identifier, *print, sealed);
            self.keys.insert(person.into(), key);
            self.made.insert((kind, *print), person.into());
        }
        let made = store::insert_persons(tx, kind, rows).await?;
        self.keys.retain(|person, _| !made.lost.contains(person));
        self.made.retain(|_, person| !made.lost.contains(person));
        Ok(())
    }

    /// Leaves texts with the vault; their ids, in order.
    pub async fn put_texts(
        &mut self,
        tx: &mut TenantTx,
        texts: &[NewText<'_>],
    ) -> Result<Vec<TextId>, DbError> {
        let persons: Vec<PersonId> = texts.iter().map(|text| text.person).collect();
        self.learn_keys(tx, &persons).await?;
        let mut rows = store::NewTexts::default();
        for text in texts {
            let id = tx.clock().new_id();
            let key = self
                .keys
                .get(&text.person)
                .ok_or_else(|| DbError::Schema("the person was erased".to_owned()))?;
            let sealed = key.seal(&text_aad(tx, id), text.text.as_bytes())?;
            rows.push(id, text.person, text.kind, sealed);
        }
        let ids = rows.ids();
        store::insert_texts(tx, rows).await?;
        Ok(ids)
    }

    /// Makes persons known by more values. A value by which anybody is known already stays with them, and an empty one
    /// is passed over.
    pub async fn link_all(
        &mut self,
        tx: &mut TenantTx,
        links: &[(PersonId, IdentifierKind, &str)],
    ) -> Result<(), DbError> {
        let persons: Vec<PersonId> = links.iter().map(|(person, _, _)| *person).collect();
        self.learn_keys(tx, &persons).await?;
        let company = tx.db().company_keys(tx.company()).await?;
        let mut rows = store::NewIdentifiers::default();
        for (person, kind, value) in links {
            let (Some(value), Some(key)) = (kind.normalise(value), self.keys.get(person)) else {
                continue;
            };
            let id = tx.clock().new_id();
            let print = print_of(&company, *person, *kind, &value)?;
            let sealed = key.seal(&identifier_aad(tx, id), value.as_str().as_bytes())?;
            rows.push(id, *person, *kind, print, sealed);
        }
        store::insert_identifiers(tx, rows).await
    }

    async fn learn_keys(&mut self, tx: &mut TenantTx, persons: &[PersonId]) -> Result<(), DbError> {
        for person in persons {
            if let Some(key) = self.before.keys.get(person) {
                self.keys.entry(*person).or_insert_with(|| key.clone());
            }
        }
        let mut unknown: Vec<PersonId> = persons
            .iter()
            .copied()
            .filter(|person| !self.keys.contains_key(person))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let found = store::find_person_keys(tx, &unknown).await?;
        let mut company = tx.db().company_keys(tx.company()).await?;
        if found
            .iter()
            .any(|(_, version, _)| !company.data().contains_key(version))
        {
            company = crate::db::reload_company_keys(tx).await?;
        }
        for (person, version, wrapped) in found {
            self.keys.insert(
                person,
                company.unwrap_person(person.uuid(), version, &wrapped)?,
            );
        }
        Ok(())
    }
}

/// Deletes texts; those that are not there are passed over.
pub async fn delete_texts(tx: &mut TenantTx, texts: &[TextId]) -> Result<(), DbError> {
    if texts.is_empty() {
        return Ok(());
    }
    store::delete_texts(tx, texts).await
}

/// The person known by a value, if there is one.
pub async fn find_person(
    tx: &mut TenantTx,
    kind: IdentifierKind,
    value: &str,
) -> Result<Option<PersonId>, DbError> {
    let company = tx.db().company_keys(tx.company()).await?;
    let Some(value) = kind.normalise(value) else {
        return Ok(None);
    };
    let print = blind_index(company.index(), kind.as_str(), &value);
    let known = store::find_persons(tx, kind, std::iter::once(print)).await?;
    Ok(known.into_values().next())
}

/// The persons known by these values, in their order; none is made.
pub async fn find_people(
    tx: &mut TenantTx,
    kind: IdentifierKind,
    values: &[&str],
) -> Result<Vec<Option<PersonId>>, DbError> {
    let company = tx.db().company_keys(tx.company()).await?;
    let prints: Vec<Option<[u8; 32]>> = values
        .iter()
        .map(|value| {
            let value = kind.normalise(value)?;
            Some(blind_index(company.index(), kind.as_str(), &value))
        })
        .collect();
    let known = store::find_persons(tx, kind, prints.iter().copied().flatten()).await?;
    let person = |print: Option<[u8; 32]>| known.get(&print?).copied();
    Ok(prints.into_iter().map(person).collect())
}

/// Which of these persons are known by a value of this kind.
pub async fn people_with(
    tx: &mut TenantTx,
    kind: IdentifierKind,
    persons: &[PersonId],
) -> Result<HashSet<PersonId>, DbError> {
    store::find_persons_with(tx, kind, persons).await
}

/// What came of linking an identifier to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// The person is known by it from now on; the identifier's id.
    Now(uuid::Uuid),
    /// The person was known by it already; the identifier's id.
    Before(uuid::Uuid),
    /// Somebody else is known by it.
    Another(PersonId),
}

/// Makes a person known by one more value.
pub async fn link(
    tx: &mut TenantTx,
    person: PersonId,
    kind: IdentifierKind,
    value: &str,
) -> Result<Linked, DbError> {
    let company = tx.db().company_keys(tx.company()).await?;
    let value = kind
        .normalise(value)
        .ok_or_else(|| DbError::Schema("an empty identifier".to_owned()))?;
    let print = print_of(&company, person, kind, &value)?;
    let mut vault = Vault::new();
    vault.learn_keys(tx, &[person]).await?;
    let key = vault
        .keys
        .get(&person)
        .ok_or_else(|| DbError::Schema("no such person".to_owned()))?;
    let id = tx.clock().new_id();
    let sealed = key.seal(&identifier_aad(tx, id), value.as_str().as_bytes())?;
    store::insert_identifier(tx, id, person, kind, print, sealed).await
}

/// What a value is found by. A display name is no key: two people may share it, so it is bound to its person.
fn print_of(
    company: &CompanyKeys,
    person: PersonId,
    kind: IdentifierKind,
    value: &Normalised,
) -> Result<[u8; 32], DbError> {
    if kind != IdentifierKind::DisplayName {
        return Ok(blind_index(company.index(), kind.as_str(), value));
    }
    let own = Normalised::external_id(&person.to_string())
        .ok_or_else(|| DbError::Schema("an empty id".to_owned()))?;
    Ok(blind_index(company.index(), kind.as_str(), &own))
}

/// An identifier in clear, wiped from memory when dropped.
pub struct Identifier {
    /// Its id.
    pub id: uuid::Uuid,
    /// Its kind, as stored.
    pub kind: String,
    /// Its value.
    pub value: Zeroizing<String>,
}

/// What a person is known by, in clear.
pub async fn open_identifiers(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<Identifier>, DbError> {
    let mut vault = Vault::new();
    vault.learn_keys(tx, &[person]).await?;
    let Some(key) = vault.keys.get(&person) else {
        return Ok(Vec::new());
    };
    let rows = store::find_identifiers(tx, person).await?;
    rows.into_iter()
        .map(|row| {
            let value = key.open(&identifier_aad(tx, row.id), &row.sealed)?;
            Ok(Identifier {
                id: row.id,
                kind: row.kind,
                value: text(&value),
            })
        })
        .collect()
}

/// A text in clear, wiped from memory when dropped; None when there is none, or
/// when its person was erased.
pub async fn open_text(
    tx: &mut TenantTx,
    id: TextId,
) -> Result<Option<Zeroizing<String>>, DbError> {
    let Some((person, sealed)) = store::find_text(tx, id).await? else {
        return Ok(None);
    };
    let mut vault = Vault::new();
    vault.learn_keys(tx, &[person]).await?;
    let Some(key) = vault.keys.get(&person) else {
        return Ok(None);
    };
    let opened = key.open(&text_aad(tx, id.uuid()), &sealed)?;
    Ok(Some(text(&opened)))
}

fn text(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(bytes).into_owned())
}

fn identifier_aad(tx: &TenantTx, id: uuid::Uuid) -> Aad {
    Aad::cell(
        "platform.person_identifier",
        "sealed",
        tx.company().uuid(),
        id,
    )
}

fn text_aad(tx: &TenantTx, id: uuid::Uuid) -> Aad {
    Aad::cell("platform.sealed_text", "sealed", tx.company().uuid(), id)
}
