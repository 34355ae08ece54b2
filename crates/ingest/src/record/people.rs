//! Who the people of rows are. An address makes a person known; a system's id must have been told of by a users file.

use std::collections::{HashMap, HashSet};

use contracts::PersonId;
use platform::vault::{IdentifierKind, Vault};
use platform::{DbError, TenantTx};

use super::draft::{Identity, PersonRef, Place};
use super::prepare::PreparedRecord;
use crate::sheet::row_error::{ErrorCode, RowError};

/// The people of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct People {
    pub(super) person: Option<PersonId>,
    pub(super) other: Option<PersonId>,
    pub(super) among: Vec<PersonId>,
}

type Known<'a> = HashMap<(IdentifierKind, &'a str), PersonId>;

/// The people of each row, or whom nobody knows.
pub(super) async fn find_people(
    tx: &mut TenantTx,
    vault: &mut Vault,
    rows: &[&PreparedRecord],
) -> Result<Vec<Result<People, Vec<RowError>>>, DbError> {
    let refs = || rows.iter().flat_map(|row| &row.draft.people);
    let mut known = Known::new();
    for kind in [IdentifierKind::Email, IdentifierKind::Buddy] {
        let values: HashSet<&str> = refs()
            .filter(|person| person.kind == kind)
            .map(|person| person.value.as_str())
            .collect();
        let mut values: Vec<&str> = values.into_iter().collect();
        values.sort_unstable();
        let found = look_up(tx, vault, kind, &values).await?;
        known.extend(
            values
                .into_iter()
                .zip(found)
                .filter_map(|(value, person)| Some(((kind, value), person?))),
        );
    }
    let mut identified = identify(tx, vault, rows).await?;
    let people = rows.iter().enumerate().map(|(index, row)| {
        let mut people = of_row(row, &known)?;
        if let Some(person) = identified.remove(&index) {
            people.person = Some(person);
        }
        Ok(people)
    });
    Ok(people.collect())
}

async fn look_up(
    tx: &mut TenantTx,
    vault: &mut Vault,
    kind: IdentifierKind,
    values: &[&str],
) -> Result<Vec<Option<PersonId>>, DbError> {
    match kind {
        _ if values.is_empty() => Ok(Vec::new()),
        IdentifierKind::Email => vault.resolve(tx, kind, values).await,
        _ => platform::vault::find_people(tx, kind, values).await,
    }
}

fn of_row(row: &PreparedRecord, known: &Known<'_>) -> Result<People, Vec<RowError>> {
    let mut people = People::default();
    let mut errors = Vec::new();
    for named in &row.draft.people {
        match known.get(&(named.kind, named.value.as_str())) {
            None => errors.push(unknown(row, named)),
            Some(person) => match named.place {
                Place::Person => people.person = Some(*person),
                Place::Other => people.other = Some(*person),
                Place::Among => people.among.push(*person),
            },
        }
    }
    if errors.is_empty() {
        Ok(people)
    } else {
        Err(errors)
    }
}

fn unknown(row: &PreparedRecord, named: &PersonRef) -> RowError {
    RowError::of_cell(
        row.origin.line(),
        named.column,
        ErrorCode::UnknownPerson,
        &named.value,
        "Nobody is known by this id".into(),
    )
}

/// The persons of rows of a users file, by the rows' places: by the system's id, then by the address. An address alone
/// never makes one person of two who have different ids.
async fn identify(
    tx: &mut TenantTx,
    vault: &mut Vault,
    rows: &[&PreparedRecord],
) -> Result<HashMap<usize, PersonId>, DbError> {
    let identities: Vec<(usize, &Identity)> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| Some((index, row.draft.identity.as_ref()?)))
        .collect();
    let Some((_, first)) = identities.first() else {
        return Ok(HashMap::new());
    };
    let emails: Vec<&str> = identities.iter().map(|(_, who)| &*who.email).collect();
    let persons = match &first.id {
        None => vault.resolve(tx, IdentifierKind::Email, &emails).await?,
        Some((kind, _)) => by_id(tx, vault, *kind, &identities, &emails).await?,
    };
    let mut identified = HashMap::new();
    let mut names = Vec::new();
    for ((index, who), person) in identities.into_iter().zip(persons) {
        let Some(person) = person else { continue };
        identified.insert(index, person);
        let name = who.name.as_deref();
        names.extend(name.map(|name| (person, IdentifierKind::DisplayName, name)));
    }
    vault.link_all(tx, &names).await?;
    Ok(identified)
}

async fn by_id(
    tx: &mut TenantTx,
    vault: &mut Vault,
    kind: IdentifierKind,
    identities: &[(usize, &Identity)],
    emails: &[&str],
) -> Result<Vec<Option<PersonId>>, DbError> {
    let id_of = |who: &Identity| who.id.as_ref().map(|(_, id)| id.clone());
    let ids: Vec<String> = identities
        .iter()
        .map(|(_, who)| id_of(who).unwrap_or_default())
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut persons = platform::vault::find_people(tx, kind, &ids).await?;
    let addressed = platform::vault::find_people(tx, IdentifierKind::Email, emails).await?;
    let candidates: Vec<PersonId> = addressed.iter().copied().flatten().collect();
    let mut taken = platform::vault::people_with(tx, kind, &candidates).await?;
    let mut links: Vec<(PersonId, IdentifierKind, &str)> = Vec::new();
    let mut new: Vec<usize> = Vec::new();
    for place in 0..identities.len() {
        match (persons[place], addressed[place]) {
            (Some(person), None) => links.push((person, IdentifierKind::Email, emails[place])),
            (Some(_), Some(_)) => {}
            (None, Some(person)) if taken.insert(person) => {
                persons[place] = Some(person);
                links.push((person, kind, ids[place]));
            }
            (None, _) => new.push(place),
        }
    }
    let new_ids: Vec<&str> = new.iter().map(|place| ids[*place]).collect();
    let made = vault.resolve(tx, kind, &new_ids).await?;
    for (place, person) in new.into_iter().zip(made) {
        persons[place] = person;
        if let (Some(person), None) = (person, addressed[place]) {
            links.push((person, IdentifierKind::Email, emails[place]));
        }
    }
    vault.link_all(tx, &links).await?;
    Ok(persons)
}
