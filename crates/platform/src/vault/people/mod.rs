#![doc = include_str!("README.md")]

mod name;
mod plan;
mod resolve;
mod store;
#[cfg(test)]
mod tests;
mod weigh;

use contracts::PersonId;
use contracts::event::value::MatchReason;
use rust_decimal::Decimal;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{IdentifierKind, Vault, text};
use crate::crypto::{Aad, Key, Normalised, blind_index};
use crate::db::{DbError, SystemTx, TenantTx};

/// What a row says of one person. No `Debug`: it is who they are.
#[derive(Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// The id that another system knows them by. No address and no name.
    pub external: Option<(IdentifierKind, &'a str)>,
    /// Their e-mail address.
    pub email: Option<&'a str>,
    /// Their name, in whatever form.
    pub name: Option<&'a str>,
    /// What is taken in: `buddy-users` or another word of at most 63 letters.
    pub source: &'a str,
}

/// Why a piece of evidence was taken for a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkReason {
    /// Nobody was known by it: the person was made.
    FirstSeen,
    /// The other system's id was known.
    ExternalId,
    /// The e-mail address was known.
    Email,
    /// The e-mail address was known with this name.
    EmailAndName,
}

impl LinkReason {
    /// The word stored in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstSeen => "first_seen",
            Self::ExternalId => "external_id",
            Self::Email => "email",
            Self::EmailAndName => "email_and_name",
        }
    }
}

/// Somebody else whom the person may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggestion {
    /// The other person.
    pub other: PersonId,
    /// What speaks for it.
    pub reason: MatchReason,
    /// How much, from 0 to 1 and below the threshold of 0.9.
    pub score: Decimal,
}

/// The person behind a piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The person.
    pub person: PersonId,
    /// Why it is them.
    pub reason: LinkReason,
    /// How sure that is, from 0 to 1.
    pub score: Decimal,
    /// Whom else they may be, as far as that was not noticed before.
    pub suggestions: Vec<Suggestion>,
}

/// A weight in thousandths as a number from 0 to 1.
fn score(thousandths: u16) -> Decimal {
    Decimal::new(i64::from(thousandths), 3)
}

/// The fingerprint of an address, the same in every company of the installation and
/// worth nothing without its key. No `Debug`: it is one person's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// The key of fingerprints: derived for nothing else from a key of the installation
/// that the root key wraps, so that it stays when the root key changes.
async fn fingerprint_key(tx: &TenantTx) -> Result<Key, DbError> {
    let system = tx.db().company_keys(contracts::CompanyId::SYSTEM).await?;
    Ok(system.index().derive(&[b"attest/person-fingerprint/1"]))
}

fn fingerprint(key: &Key, email: &Normalised) -> Fingerprint {
    Fingerprint(blind_index(key, "email", email))
}

/// The fingerprints of a person's addresses.
pub async fn fingerprints(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<Fingerprint>, DbError> {
    store::find_fingerprints(tx, person).await
}

/// In how many companies somebody has each of these fingerprints, in their order; never
/// in which, and never who.
pub async fn claims(tx: &mut SystemTx, prints: &[Fingerprint]) -> Result<Vec<u64>, DbError> {
    store::count_claims(tx, prints).await
}

/// Gives at most `limit` addresses their fingerprint that have none yet, because they
/// came by the way of [`Vault::resolve`]; how many had none.
pub async fn add_fingerprints(tx: &mut TenantTx, limit: i64) -> Result<usize, DbError> {
    let key = fingerprint_key(tx).await?;
    let rows = store::find_without_fingerprint(tx, limit).await?;
    let people: Vec<PersonId> = rows.iter().map(|row| row.person).collect();
    let mut vault = Vault::new();
    vault.learn_keys(tx, &people).await?;
    let mut made = Vec::new();
    for row in &rows {
        let Some(own) = vault.keys.get(&row.person) else {
            continue;
        };
        let value = own.open(&super::identifier_aad(tx, row.id), &row.sealed)?;
        if let Some(email) = Normalised::email(&text(&value)) {
            made.push((row.id, row.person, fingerprint(&key, &email)));
        }
    }
    store::insert_fingerprints(tx, &made).await?;
    Ok(made.len())
}

/// The names of a person in clear, wiped from memory when dropped.
pub async fn open_names(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<Zeroizing<String>>, DbError> {
    let mut vault = Vault::new();
    vault.learn_keys(tx, &[person]).await?;
    let Some(key) = vault.keys.get(&person) else {
        return Ok(Vec::new());
    };
    let rows = store::find_names(tx, &[person]).await?;
    rows.into_iter()
        .map(|row| Ok(text(&key.open(&name_aad(tx, row.id), &row.sealed)?)))
        .collect()
}

fn name_aad(tx: &TenantTx, id: Uuid) -> Aad {
    Aad::cell("platform.person_name", "sealed", tx.company().uuid(), id)
}
