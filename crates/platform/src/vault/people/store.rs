//! The SQL of looking people up. Only ciphertext and keyed fingerprints pass here.

use std::collections::{HashMap, HashSet};

use contracts::PersonId;
use jiff_sqlx::ToSqlx;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::plan::{COMMON, NewLink, NewName, Print};
use super::{Fingerprint, score};
use crate::db::{DbError, SystemTx, TenantTx};

/// Who is known by which of these.
pub(super) async fn find_people(
    tx: &mut TenantTx,
    prints: Vec<Print>,
) -> Result<HashMap<Print, PersonId>, DbError> {
    let company = tx.company().uuid();
    let kinds: Vec<String> = prints.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    let values = bytes(prints.iter().map(|(_, print)| print));
    let rows = sqlx::query!(
        r#"select wanted.place as "place!", found.person_id
         from unnest($2::text[], $3::bytea[]) with ordinality as wanted (kind, fingerprint, place)
         cross join lateral (
             select person_id from platform.person_identifier
             where company_id = $1 and kind = wanted.kind and fingerprint = wanted.fingerprint
             limit 1
         ) as found"#,
        company,
        &kinds,
        &values,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look people up"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((*at(&prints, row.place)?, row.person_id.into())))
        .collect())
}

/// Who has which full name, one more of them than make it a common one.
pub(super) async fn find_named(
    tx: &mut TenantTx,
    prints: Vec<[u8; 32]>,
) -> Result<HashMap<[u8; 32], Vec<PersonId>>, DbError> {
    if prints.is_empty() {
        return Ok(HashMap::new());
    }
    let company = tx.company().uuid();
    let values = bytes(prints.iter());
    let most = i64::try_from(COMMON + 1).unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        r#"select wanted.place as "place!", found.person_id
         from unnest($2::bytea[]) with ordinality as wanted (fingerprint, place)
         cross join lateral (
             select person_id from platform.person_name
             where company_id = $1 and fingerprint = wanted.fingerprint
             order by id limit $3
         ) as found"#,
        company,
        &values,
        most,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look names up"))?;
    let mut named: HashMap<[u8; 32], Vec<PersonId>> = HashMap::new();
    for row in rows {
        if let Some(print) = at(&prints, row.place) {
            named.entry(*print).or_default().push(row.person_id.into());
        }
    }
    Ok(named)
}

fn at<T>(items: &[T], place: i64) -> Option<&T> {
    items.get(usize::try_from(place).ok()?.checked_sub(1)?)
}

fn bytes<'a>(prints: impl Iterator<Item = &'a [u8; 32]>) -> Vec<Vec<u8>> {
    prints.map(|print| print.to_vec()).collect()
}

fn uuids(people: &[PersonId]) -> Vec<Uuid> {
    people.iter().map(|person| person.uuid()).collect()
}

/// Who has an id of which system.
pub(super) async fn find_systems(
    tx: &mut TenantTx,
    people: &[PersonId],
) -> Result<HashSet<(PersonId, String)>, DbError> {
    if people.is_empty() {
        return Ok(HashSet::new());
    }
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select distinct person_id, kind from platform.person_identifier
         where company_id = $1 and person_id = any($2) and kind like 'external:%'",
        company,
        &uuids(people),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find the systems that know people"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.person_id.into(), row.kind))
        .collect())
}

/// Something sealed of a person.
pub(super) struct SealedRow {
    pub(super) id: Uuid,
    pub(super) person: PersonId,
    pub(super) sealed: Vec<u8>,
}

/// The names of people, sealed.
pub(super) async fn find_names(
    tx: &mut TenantTx,
    people: &[PersonId],
) -> Result<Vec<SealedRow>, DbError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let company = tx.company().uuid();
    sqlx::query_as!(
        SealedRow,
        "select id, person_id as person, sealed from platform.person_name
         where company_id = $1 and person_id = any($2) order by id",
        company,
        &uuids(people),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find people's names"))
}

/// The addresses of people, sealed.
pub(super) async fn find_addresses(
    tx: &mut TenantTx,
    people: &[PersonId],
) -> Result<Vec<SealedRow>, DbError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let company = tx.company().uuid();
    sqlx::query_as!(
        SealedRow,
        "select id, person_id as person, sealed from platform.person_identifier
         where company_id = $1 and person_id = any($2) and kind = 'email' order by id",
        company,
        &uuids(people),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find people's addresses"))
}

/// Keys of people to be made, column by column.
#[derive(Default)]
pub(super) struct KeyRows {
    people: Vec<Uuid>,
    keys: Vec<Vec<u8>>,
    versions: Vec<i32>,
}

impl KeyRows {
    pub(super) fn push(&mut self, person: PersonId, key: Vec<u8>, version: u32) {
        self.people.push(person.uuid());
        self.keys.push(key);
        self.versions
            .push(i32::try_from(version).unwrap_or(i32::MAX));
    }
}

/// Identifiers to be stored, column by column.
#[derive(Default)]
pub(super) struct LinkRows {
    ids: Vec<Uuid>,
    people: Vec<Uuid>,
    kinds: Vec<String>,
    prints: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
    reasons: Vec<String>,
    scores: Vec<Decimal>,
    sources: Vec<String>,
    keys: Vec<Print>,
}

impl LinkRows {
    pub(super) fn push(&mut self, id: Uuid, link: &NewLink, sealed: Vec<u8>, source: String) {
        self.ids.push(id);
        self.people.push(link.person.uuid());
        self.kinds.push(link.print.0.to_owned());
        self.prints.push(link.print.1.to_vec());
        self.sealed.push(sealed);
        self.reasons.push(link.reason.to_owned());
        self.scores.push(score(link.score));
        self.sources.push(source);
        self.keys.push(link.print);
    }
}

/// Makes people, each with one identifier, which decides whether they are made; those who were.
pub(super) async fn insert_people(
    tx: &mut TenantTx,
    keys: KeyRows,
    links: LinkRows,
) -> Result<HashSet<PersonId>, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    // In one order for everybody, or two who make the same people wait for each other.
    let made = sqlx::query_scalar!(
        "with named as (
             insert into platform.person_identifier
                 (company_id, id, person_id, kind, fingerprint, sealed, reason, score, source, created_at)
             select $1, n.id, n.person_id, n.kind, n.fingerprint, n.sealed, n.reason, n.score, n.source, $2
             from unnest($3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::bytea[], $8::text[], $9::numeric[], $10::text[])
                 as n (id, person_id, kind, fingerprint, sealed, reason, score, source)
             order by n.kind, n.fingerprint
             on conflict (company_id, kind, fingerprint) do nothing
             returning person_id
         )
         insert into platform.person (company_id, id, wrapped_key, key_version, created_at)
         select $1, k.person_id, k.wrapped_key, k.key_version, $2
         from unnest($11::uuid[], $12::bytea[], $13::int[]) as k (person_id, wrapped_key, key_version)
         join named using (person_id)
         returning id",
        company,
        now.to_sqlx(),
        &links.ids,
        &links.people,
        &links.kinds,
        &links.prints,
        &links.sealed,
        &links.reasons,
        &links.scores,
        &links.sources,
        &keys.people,
        &keys.keys,
        &keys.versions,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("make people"))?;
    Ok(made.into_iter().map(PersonId::new).collect())
}

/// Stores identifiers of people who are there; those that nobody had.
pub(super) async fn insert_links(
    tx: &mut TenantTx,
    links: LinkRows,
) -> Result<HashSet<Print>, DbError> {
    if links.ids.is_empty() {
        return Ok(HashSet::new());
    }
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let stored = sqlx::query_scalar!(
        "insert into platform.person_identifier
             (company_id, id, person_id, kind, fingerprint, sealed, reason, score, source, created_at)
         select $1, n.id, n.person_id, n.kind, n.fingerprint, n.sealed, n.reason, n.score, n.source, $2
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::bytea[], $8::text[], $9::numeric[], $10::text[])
             as n (id, person_id, kind, fingerprint, sealed, reason, score, source)
         order by n.kind, n.fingerprint
         on conflict (company_id, kind, fingerprint) do nothing
         returning id",
        company,
        now.to_sqlx(),
        &links.ids,
        &links.people,
        &links.kinds,
        &links.prints,
        &links.sealed,
        &links.reasons,
        &links.scores,
        &links.sources,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("link identifiers"))?;
    let stored: HashSet<Uuid> = stored.into_iter().collect();
    let links = links.ids.into_iter().zip(links.keys);
    Ok(links
        .filter(|(id, _)| stored.contains(id))
        .map(|(_, print)| print)
        .collect())
}

/// Names to be stored, column by column.
#[derive(Default)]
pub(super) struct NameRows {
    ids: Vec<Uuid>,
    people: Vec<Uuid>,
    prints: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
    sources: Vec<String>,
}

impl NameRows {
    pub(super) fn push(&mut self, id: Uuid, name: &NewName, sealed: Vec<u8>, source: String) {
        self.ids.push(id);
        self.people.push(name.person.uuid());
        self.prints.push(name.print.to_vec());
        self.sealed.push(sealed);
        self.sources.push(source);
    }
}

/// Stores names; one that the person has stays as it is.
pub(super) async fn insert_names(tx: &mut TenantTx, names: NameRows) -> Result<(), DbError> {
    if names.ids.is_empty() {
        return Ok(());
    }
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    sqlx::query!(
        "insert into platform.person_name (company_id, id, person_id, fingerprint, sealed, source, created_at)
         select $1, n.id, n.person_id, n.fingerprint, n.sealed, n.source, $2
         from unnest($3::uuid[], $4::uuid[], $5::bytea[], $6::bytea[], $7::text[])
             as n (id, person_id, fingerprint, sealed, source)
         order by n.person_id, n.fingerprint
         on conflict (company_id, person_id, fingerprint) do nothing",
        company,
        now.to_sqlx(),
        &names.ids,
        &names.people,
        &names.prints,
        &names.sealed,
        &names.sources,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store names"))?;
    Ok(())
}

/// The ids of addresses, with whose they are.
pub(super) async fn find_ids_of_emails(
    tx: &mut TenantTx,
    prints: Vec<[u8; 32]>,
) -> Result<Vec<(Uuid, PersonId, [u8; 32])>, DbError> {
    let company = tx.company().uuid();
    let values = bytes(prints.iter());
    let rows = sqlx::query!(
        "select id, person_id, fingerprint from platform.person_identifier
         where company_id = $1 and kind = 'email' and fingerprint = any($2)",
        company,
        &values,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find addresses"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some((
                row.id,
                row.person_id.into(),
                row.fingerprint.try_into().ok()?,
            ))
        })
        .collect())
}

/// Stores fingerprints of addresses.
pub(super) async fn insert_fingerprints(
    tx: &mut TenantTx,
    rows: &[(Uuid, PersonId, Fingerprint)],
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let company = tx.company().uuid();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.0).collect();
    let people: Vec<Uuid> = rows.iter().map(|row| row.1.uuid()).collect();
    let prints = bytes(rows.iter().map(|row| &row.2.0));
    sqlx::query!(
        "insert into platform.person_fingerprint (company_id, identifier_id, person_id, fingerprint)
         select $1, f.* from unnest($2::uuid[], $3::uuid[], $4::bytea[]) as f (id, person_id, fingerprint) order by f.id
         on conflict (company_id, identifier_id) do nothing",
        company,
        &ids,
        &people,
        &prints,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store fingerprints"))?;
    Ok(())
}

/// Addresses that have no fingerprint yet, of people whose key is there.
pub(super) async fn find_without_fingerprint(
    tx: &mut TenantTx,
    limit: i64,
) -> Result<Vec<SealedRow>, DbError> {
    let company = tx.company().uuid();
    sqlx::query_as!(
        SealedRow,
        "select i.id, i.person_id as person, i.sealed from platform.person_identifier as i
         join platform.person as p on p.company_id = i.company_id and p.id = i.person_id and p.wrapped_key is not null
         where i.company_id = $1 and i.kind = 'email' and not exists (
             select from platform.person_fingerprint as f where f.company_id = i.company_id and f.identifier_id = i.id
         )
         order by i.id limit $2",
        company,
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find addresses without a fingerprint"))
}

/// The fingerprints of a person's addresses.
pub(super) async fn find_fingerprints(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<Fingerprint>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query_scalar!(
        "select fingerprint from platform.person_fingerprint where company_id = $1 and person_id = $2 order by identifier_id",
        company,
        person.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("find a person's fingerprints"))?;
    Ok(rows
        .into_iter()
        .filter_map(|print| Some(Fingerprint(print.try_into().ok()?)))
        .collect())
}

/// In how many companies somebody has each of these.
pub(super) async fn count_claims(
    tx: &mut SystemTx,
    prints: &[Fingerprint],
) -> Result<Vec<u64>, DbError> {
    let values = bytes(prints.iter().map(|print| &print.0));
    let rows = sqlx::query_scalar!(
        r#"select (
             select count(distinct f.company_id) from platform.person_fingerprint as f where f.fingerprint = wanted.fingerprint
         ) as "companies!"
         from unnest($1::bytea[]) with ordinality as wanted (fingerprint, place) order by wanted.place"#,
        &values,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("count companies of people"))?;
    Ok(rows
        .into_iter()
        .map(|count| u64::try_from(count).unwrap_or_default())
        .collect())
}
