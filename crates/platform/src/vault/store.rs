//! The vault's SQL. Only ciphertext and keyed fingerprints pass here.

use std::collections::{HashMap, HashSet};

use contracts::{PersonId, TextId};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::{IdentifierKind, Linked};
use crate::crypto::CompanyKeys;
use crate::db::{DbError, TenantTx};

pub(super) async fn find_persons(
    tx: &mut TenantTx,
    kind: IdentifierKind,
    prints: impl Iterator<Item = [u8; 32]>,
) -> Result<HashMap<[u8; 32], PersonId>, DbError> {
    let company = tx.company().uuid();
    let prints: Vec<Vec<u8>> = prints.map(|print| print.to_vec()).collect();
    // One look at the index for each value, whatever the planner believes about the table: with `= any(…)` and
    // statistics from before a bulk load it reads all of a company's identifiers.
    let rows = sqlx::query!(
        r#"select wanted.fingerprint as "fingerprint!", found.person_id
         from unnest($3::bytea[]) as wanted (fingerprint)
         cross join lateral (
             select person_id from platform.person_identifier
             where company_id = $1 and kind = $2 and fingerprint = wanted.fingerprint
             limit 1
         ) as found"#,
        company,
        kind.as_str(),
        &prints,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look persons up"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.fingerprint.try_into().ok()?, row.person_id.into())))
        .collect())
}

/// Persons to be made, each with its first identifier, column by column.
#[derive(Default)]
pub(super) struct NewPersons {
    persons: Vec<Uuid>,
    keys: Vec<Vec<u8>>,
    versions: Vec<i32>,
    identifiers: Vec<Uuid>,
    prints: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
}

impl NewPersons {
    pub(super) fn push(
        &mut self,
        person: Uuid,
        key: Vec<u8>,
        version: u32,
        identifier: Uuid,
        print: [u8; 32],
        sealed: Vec<u8>,
    ) {
        self.persons.push(person);
        self.keys.push(key);
        self.versions
            .push(i32::try_from(version).unwrap_or(i32::MAX));
        self.identifiers.push(identifier);
        self.prints.push(print.to_vec());
        self.sealed.push(sealed);
    }
}

/// What became of persons to be made.
pub(super) struct Made {
    /// Those that another transaction had made first.
    pub(super) lost: HashSet<PersonId>,
}

pub(super) async fn insert_persons(
    tx: &mut TenantTx,
    kind: IdentifierKind,
    new: NewPersons,
) -> Result<Made, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    // The identifiers decide who is made; foreign keys are checked at the statement's end.
    let made = sqlx::query_scalar!(
        "with new as (
             select * from unnest($3::uuid[], $4::bytea[], $5::int[], $6::uuid[], $7::bytea[], $8::bytea[])
                 as n (person_id, wrapped_key, key_version, identifier_id, fingerprint, sealed)
         ), named as (
             insert into platform.person_identifier (company_id, id, person_id, kind, fingerprint, sealed, created_at)
             select $1, identifier_id, person_id, $2, fingerprint, sealed, $9 from new
             on conflict (company_id, kind, fingerprint) do nothing
             returning person_id
         )
         insert into platform.person (company_id, id, wrapped_key, key_version, created_at)
         select $1, person_id, new.wrapped_key, new.key_version, $9 from new join named using (person_id)
         returning id",
        company,
        kind.as_str(),
        &new.persons,
        &new.keys,
        &new.versions,
        &new.identifiers,
        &new.prints,
        &new.sealed,
        now.to_sqlx(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("make persons"))?;
    let made: HashSet<Uuid> = made.into_iter().collect();
    let lost = new
        .persons
        .into_iter()
        .filter(|person| !made.contains(person))
        .map(PersonId::new)
        .collect();
    Ok(Made { lost })
}

pub(super) async fn insert_identifier(
    tx: &mut TenantTx,
    id: Uuid,
    person: PersonId,
    kind: IdentifierKind,
    print: [u8; 32],
    sealed: Vec<u8>,
) -> Result<Linked, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let inserted = sqlx::query_scalar!(
        "insert into platform.person_identifier (company_id, id, person_id, kind, fingerprint, sealed, created_at, reason, source)
         values ($1, $2, $3, $4, $5, $6, $7, 'by_hand', 'request')
         on conflict (company_id, kind, fingerprint) do nothing
         returning id",
        company,
        id,
        person.uuid(),
        kind.as_str(),
        &print[..],
        sealed,
        now.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("link an identifier"))?;
    if let Some(id) = inserted {
        return Ok(Linked::Now(id));
    }
    let row = sqlx::query!(
        "select id, person_id from platform.person_identifier where company_id = $1 and kind = $2 and fingerprint = $3",
        company,
        kind.as_str(),
        &print[..],
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("link an identifier"))?;
    Ok(if row.person_id == person.uuid() {
        Linked::Before(row.id)
    } else {
        Linked::Another(row.person_id.into())
    })
}

/// Identifiers to be linked, column by column.
#[derive(Default)]
pub(super) struct NewIdentifiers {
    ids: Vec<Uuid>,
    persons: Vec<Uuid>,
    kinds: Vec<String>,
    prints: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
}

impl NewIdentifiers {
    pub(super) fn push(
        &mut self,
        id: Uuid,
        person: PersonId,
        kind: IdentifierKind,
        print: [u8; 32],
        sealed: Vec<u8>,
    ) {
        self.ids.push(id);
        self.persons.push(person.uuid());
        self.kinds.push(kind.as_str().to_owned());
        self.prints.push(print.to_vec());
        self.sealed.push(sealed);
    }
}

/// Adds identifiers; those by which somebody is known already stay as they are.
pub(super) async fn insert_identifiers(
    tx: &mut TenantTx,
    new: NewIdentifiers,
) -> Result<(), DbError> {
    if new.ids.is_empty() {
        return Ok(());
    }
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    // In one order for everybody, or two who link the same values wait for each other.
    sqlx::query!(
        "insert into platform.person_identifier (company_id, id, person_id, kind, fingerprint, sealed, created_at)
         select $1, n.id, n.person_id, n.kind, n.fingerprint, n.sealed, $7
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::bytea[])
             as n (id, person_id, kind, fingerprint, sealed)
         order by n.kind, n.fingerprint
         on conflict (company_id, kind, fingerprint) do nothing",
        company,
        &new.ids,
        &new.persons,
        &new.kinds,
        &new.prints,
        &new.sealed,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("link identifiers"))?;
    Ok(())
}

pub(super) async fn find_persons_with(
    tx: &mut TenantTx,
    kind: IdentifierKind,
    persons: &[PersonId],
) -> Result<HashSet<PersonId>, DbError> {
    if persons.is_empty() {
        return Ok(HashSet::new());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = persons.iter().map(|person| person.uuid()).collect();
    let found = sqlx::query_scalar!(
        "select distinct person_id from platform.person_identifier
         where company_id = $1 and person_id = any($3) and kind = $2",
        company,
        kind.as_str(),
        &ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for persons with an identifier"))?;
    Ok(found.into_iter().map(PersonId::new).collect())
}

pub(super) async fn find_person_keys(
    tx: &mut TenantTx,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, u32, Vec<u8>)>, DbError> {
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = persons.iter().map(|person| person.uuid()).collect();
    let rows = sqlx::query!(
        r#"select wanted.id as "id!", found.key_version, found.wrapped_key as "wrapped_key!"
         from unnest($2::uuid[]) as wanted (id)
         cross join lateral (
             select key_version, wrapped_key from platform.person
             where company_id = $1 and id = wanted.id and wrapped_key is not null
             limit 1
         ) as found"#,
        company,
        &ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read persons' keys"))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                row.id.into(),
                u32::try_from(row.key_version).unwrap_or_default(),
                row.wrapped_key,
            )
        })
        .collect())
}

/// An identifier as it is stored.
pub(super) struct SealedIdentifier {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) sealed: Vec<u8>,
}

pub(super) async fn find_identifiers(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<SealedIdentifier>, DbError> {
    let company = tx.company().uuid();
    sqlx::query_as!(
        SealedIdentifier,
        "select id, kind, sealed from platform.person_identifier where company_id = $1 and person_id = $2 order by kind, id",
        company,
        person.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read a person's identifiers"))
}

/// Texts to be stored, column by column.
#[derive(Default)]
pub(super) struct NewTexts {
    ids: Vec<Uuid>,
    persons: Vec<Uuid>,
    kinds: Vec<String>,
    sealed: Vec<Vec<u8>>,
}

impl NewTexts {
    pub(super) fn push(&mut self, id: Uuid, person: PersonId, kind: &str, sealed: Vec<u8>) {
        self.ids.push(id);
        self.persons.push(person.uuid());
        self.kinds.push(kind.to_owned());
        self.sealed.push(sealed);
    }

    pub(super) fn ids(&self) -> Vec<TextId> {
        self.ids.iter().copied().map(TextId::new).collect()
    }
}

pub(super) async fn insert_texts(tx: &mut TenantTx, new: NewTexts) -> Result<(), DbError> {
    if new.ids.is_empty() {
        return Ok(());
    }
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    sqlx::query!(
        "insert into platform.sealed_text (company_id, id, person_id, kind, sealed, created_at)
         select $1, n.id, n.person_id, n.kind, n.sealed, $6
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bytea[]) as n (id, person_id, kind, sealed)",
        company,
        &new.ids,
        &new.persons,
        &new.kinds,
        &new.sealed,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store texts"))?;
    Ok(())
}

pub(super) async fn delete_texts(tx: &mut TenantTx, texts: &[TextId]) -> Result<(), DbError> {
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = texts.iter().map(|text| text.uuid()).collect();
    sqlx::query!(
        "delete from platform.sealed_text where company_id = $1 and id = any($2)",
        company,
        &ids,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("delete texts"))?;
    Ok(())
}

pub(super) async fn find_text(
    tx: &mut TenantTx,
    id: TextId,
) -> Result<Option<(PersonId, Vec<u8>)>, DbError> {
    let company = tx.company().uuid();
    let row = sqlx::query!(
        "select person_id, sealed from platform.sealed_text where company_id = $1 and id = $2",
        company,
        id.uuid()
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("read a text"))?;
    Ok(row.map(|row| (row.person_id.into(), row.sealed)))
}

/// Wraps every person's key by the company's newest data key, a thousand at a time; how many.
pub(crate) async fn rewrap_persons(
    tx: &mut TenantTx,
    company: &CompanyKeys,
) -> Result<u64, DbError> {
    let active = i32::try_from(company.active()).unwrap_or(i32::MAX);
    let owner = tx.company().uuid();
    let mut count = 0;
    loop {
        let rows = sqlx::query!(
            r#"select id, key_version, wrapped_key as "wrapped_key!" from platform.person
             where company_id = $1 and key_version <> $2 and wrapped_key is not null order by id limit 1000 for update"#,
            owner,
            active,
        )
        .fetch_all(tx.conn())
        .await
        .map_err(DbError::during("wrap persons' keys anew"))?;
        if rows.is_empty() {
            return Ok(count);
        }
        let (mut ids, mut wrapped) = (Vec::new(), Vec::new());
        for row in rows {
            let key = company.unwrap_person(
                row.id,
                u32::try_from(row.key_version).unwrap_or_default(),
                &row.wrapped_key,
            )?;
            ids.push(row.id);
            wrapped.push(company.wrap_person(row.id, &key)?.1);
        }
        let done = sqlx::query!(
            "update platform.person as p set wrapped_key = n.wrapped_key, key_version = $4
             from unnest($2::uuid[], $3::bytea[]) as n (id, wrapped_key)
             where p.company_id = $1 and p.id = n.id",
            owner,
            &ids,
            &wrapped,
            active,
        )
        .execute(tx.conn())
        .await
        .map_err(DbError::during("wrap persons' keys anew"))?;
        count += done.rows_affected();
    }
}
