//! Who the people of rows are. An address makes a person known; a system's id must have been told of by a users file.

use std::collections::{HashMap, HashSet};

use contracts::PersonId;
use platform::vault::{Evidence, IdentifierKind, Vault};
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

/// The persons of rows of a users file, by the rows' places; whom else they may be is told.
async fn identify(
    tx: &mut TenantTx,
    vault: &mut Vault,
    rows: &[&PreparedRecord],
) -> Result<HashMap<usize, PersonId>, DbError> {
    let places: Vec<usize> = (0..rows.len())
        .filter(|place| rows[*place].draft.identity.is_some())
        .collect();
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let evidence: Vec<Evidence<'_>> = places
        .iter()
        .filter_map(|place| {
            let draft = &rows[*place].draft;
            Some(of_identity(
                draft.identity.as_ref()?,
                draft.data.source().as_str(),
            ))
        })
        .collect();
    let origin = |index: usize| rows[places[index]].origin.event_source();
    let found = crate::person::resolve(tx, vault, &evidence, origin).await?;
    let known = places.iter().copied().zip(found);
    Ok(known
        .filter_map(|(place, found)| Some((place, found?.person)))
        .collect())
}

fn of_identity<'a>(who: &'a Identity, source: &'a str) -> Evidence<'a> {
    Evidence {
        external: who.id.as_ref().map(|(kind, id)| (*kind, id.as_str())),
        email: Some(&who.email),
        name: who.name.as_deref(),
        source,
    }
}
