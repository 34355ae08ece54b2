//! Looking people up and writing down what is new, a batch in a few statements.

use std::collections::{BTreeSet, HashMap, HashSet};

use contracts::PersonId;

use super::name::Name;
use super::plan::{Clue, Known, NewLink, NewName, Plan, Print, plan};
use super::store::{self, LinkRows, NameRows};
use super::{Evidence, Resolved, Suggestion, fingerprint, fingerprint_key, name_aad, score};
use crate::crypto::{CompanyKeys, Normalised, PersonKey};
use crate::db::{DbError, TenantTx};
use crate::vault::{IdentifierKind, Vault, identifier_aad, text};

/// How often people may be made by somebody else while they are looked up.
const ROUNDS: usize = 5;

impl Vault {
    /// The people behind rows, in their order; the unknown are made. A row without an
    /// external id and an address gives nobody: a name alone is nobody's.
    ///
    /// Not for a vault that follows an uncommitted transaction: links to people of that
    /// one would have nobody to lead to yet.
    pub async fn resolve_people(
        &mut self,
        tx: &mut TenantTx,
        evidence: &[Evidence<'_>],
    ) -> Result<Vec<Option<Resolved>>, DbError> {
        let company = tx.db().company_keys(tx.company()).await?;
        let clues: Vec<Clue> = evidence
            .iter()
            .map(|one| Clue::read(company.index(), one))
            .collect();
        let mut resolved: Vec<Option<Resolved>> = vec![None; clues.len()];
        let mut rows: Vec<usize> = (0..clues.len()).collect();
        for _ in 0..ROUNDS {
            let known = self.learn(tx, &clues, &rows).await?;
            let clock = tx.clock().clone();
            let mut new_id = || PersonId::new(clock.new_id());
            let plan = plan(known, company.index(), &clues, &rows, &mut new_id);
            let again = self
                .write(tx, &company, &clues, plan, &mut resolved)
                .await?;
            if again.is_empty() {
                return Ok(resolved);
            }
            rows = again.into_iter().collect();
        }
        Err(DbError::Schema(
            "people changed too often while they were looked up".to_owned(),
        ))
    }

    /// What is known of those whom the rows lead to.
    async fn learn(
        &mut self,
        tx: &mut TenantTx,
        clues: &[Clue],
        rows: &[usize],
    ) -> Result<Known, DbError> {
        let asked = || rows.iter().filter_map(|row| clues.get(*row));
        let prints: BTreeSet<Print> = asked().flat_map(Clue::prints).collect();
        let people = store::find_people(tx, prints.into_iter().collect()).await?;
        let full: BTreeSet<[u8; 32]> = asked().filter_map(|clue| clue.full).collect();
        let named = store::find_named(tx, full.into_iter().collect()).await?;
        let by_address: BTreeSet<PersonId> = asked()
            .flat_map(|clue| {
                clue.email
                    .as_ref()
                    .map(|email| email.0)
                    .into_iter()
                    .chain(clue.both)
            })
            .filter_map(|print| people.get(&print).copied())
            .collect();
        let by_address: Vec<PersonId> = by_address.into_iter().collect();
        let namesakes: BTreeSet<PersonId> = named.values().flatten().copied().collect();
        let namesakes: Vec<PersonId> = namesakes.into_iter().collect();
        let systems = store::find_systems(tx, &by_address).await?;
        let sealed_names = store::find_names(tx, &by_address).await?;
        let sealed_addresses = store::find_addresses(tx, &namesakes).await?;
        let both: Vec<PersonId> = sealed_names
            .iter()
            .chain(&sealed_addresses)
            .map(|row| row.person)
            .collect();
        self.learn_keys(tx, &both).await?;
        let mut known = Known {
            people,
            systems,
            named,
            ..Known::default()
        };
        for row in sealed_names {
            if let Some(key) = self.keys.get(&row.person) {
                let opened = text(&key.open(&name_aad(tx, row.id), &row.sealed)?);
                known
                    .names
                    .entry(row.person)
                    .or_default()
                    .extend(Name::read(&opened));
            }
        }
        for row in sealed_addresses {
            if let Some(key) = self.keys.get(&row.person) {
                let opened = text(&key.open(&identifier_aad(tx, row.id), &row.sealed)?);
                known.addresses.entry(row.person).or_default().push(opened);
            }
        }
        Ok(known)
    }

    /// Writes a plan down; the rows that somebody else was faster with.
    async fn write(
        &mut self,
        tx: &mut TenantTx,
        company: &CompanyKeys,
        clues: &[Clue],
        plan: Plan,
        resolved: &mut [Option<Resolved>],
    ) -> Result<BTreeSet<usize>, DbError> {
        let mut again = BTreeSet::new();
        let lost = self.make_people(tx, company, clues, &plan.made).await?;
        again.extend(
            plan.answers
                .iter()
                .filter(|answer| lost.contains(&answer.person))
                .map(|answer| answer.row),
        );
        let links: Vec<&NewLink> = plan
            .links
            .iter()
            .filter(|link| !lost.contains(&link.person))
            .collect();
        let names: Vec<&NewName> = plan
            .names
            .iter()
            .filter(|name| !lost.contains(&name.person))
            .collect();
        let people: Vec<PersonId> = links
            .iter()
            .map(|link| link.person)
            .chain(names.iter().map(|name| name.person))
            .collect();
        self.learn_keys(tx, &people).await?;
        let rows = self.seal_links(tx, clues, &links)?;
        let new: HashSet<Print> = store::insert_links(tx, rows).await?;
        again.extend(
            links
                .iter()
                .filter(|link| link.reason != "seen_beside" && !new.contains(&link.print))
                .map(|link| link.row),
        );
        let rows = self.seal_names(tx, clues, &names)?;
        store::insert_names(tx, rows).await?;
        self.add_new_fingerprints(tx, plan.made.iter().chain(&plan.links))
            .await?;
        settle(&plan, &lost, &new, resolved);
        Ok(again)
    }

    /// Makes people with what they are found by; those whom somebody else had made.
    async fn make_people(
        &mut self,
        tx: &mut TenantTx,
        company: &CompanyKeys,
        clues: &[Clue],
        made: &[NewLink],
    ) -> Result<HashSet<PersonId>, DbError> {
        if made.is_empty() {
            return Ok(HashSet::new());
        }
        let mut keys = store::KeyRows::default();
        for link in made {
            let key = PersonKey::generate()?;
            let (version, wrapped) = company.wrap_person(link.person.uuid(), &key)?;
            keys.push(link.person, wrapped, version);
            self.keys.insert(link.person, key);
        }
        let links: Vec<&NewLink> = made.iter().collect();
        let rows = self.seal_links(tx, clues, &links)?;
        let won = store::insert_people(tx, keys, rows).await?;
        let lost: HashSet<PersonId> = made
            .iter()
            .map(|link| link.person)
            .filter(|person| !won.contains(person))
            .collect();
        self.keys.retain(|person, _| !lost.contains(person));
        Ok(lost)
    }

    fn seal_links(
        &self,
        tx: &TenantTx,
        clues: &[Clue],
        links: &[&NewLink],
    ) -> Result<LinkRows, DbError> {
        let mut rows = LinkRows::default();
        for link in links {
            let Some(key) = self.keys.get(&link.person) else {
                continue;
            };
            let id = tx.clock().new_id();
            let sealed = key.seal(&identifier_aad(tx, id), link.value.as_bytes())?;
            rows.push(id, link, sealed, source(clues, link.row));
        }
        Ok(rows)
    }

    fn seal_names(
        &self,
        tx: &TenantTx,
        clues: &[Clue],
        names: &[&NewName],
    ) -> Result<NameRows, DbError> {
        let mut rows = NameRows::default();
        for name in names {
            let Some(key) = self.keys.get(&name.person) else {
                continue;
            };
            let id = tx.clock().new_id();
            let sealed = key.seal(&name_aad(tx, id), name.value.as_bytes())?;
            rows.push(id, name, sealed, source(clues, name.row));
        }
        Ok(rows)
    }

    /// Gives the addresses of a plan their fingerprint, where they were stored.
    async fn add_new_fingerprints(
        &self,
        tx: &mut TenantTx,
        links: impl Iterator<Item = &NewLink>,
    ) -> Result<(), DbError> {
        let email = IdentifierKind::Email.as_str();
        let emails: HashMap<[u8; 32], &NewLink> = links
            .filter(|link| link.print.0 == email)
            .map(|link| (link.print.1, link))
            .collect();
        if emails.is_empty() {
            return Ok(());
        }
        let key = fingerprint_key(tx).await?;
        let prints = emails.keys().copied().collect();
        let mut rows = Vec::new();
        for (id, person, print) in store::find_ids_of_emails(tx, prints).await? {
            let value = emails
                .get(&print)
                .and_then(|link| Normalised::email(&link.value));
            rows.extend(value.map(|value| (id, person, fingerprint(&key, &value))));
        }
        store::insert_fingerprints(tx, &rows).await
    }
}

fn source(clues: &[Clue], row: usize) -> String {
    let source = clues.get(row).map(|clue| clue.source.as_str());
    source
        .filter(|source| !source.is_empty())
        .unwrap_or("unknown")
        .to_owned()
}

/// Puts down the answers of those rows that are settled, with the suggestions that are new.
fn settle(
    plan: &Plan,
    lost: &HashSet<PersonId>,
    new: &HashSet<Print>,
    resolved: &mut [Option<Resolved>],
) {
    for answer in plan
        .answers
        .iter()
        .filter(|answer| !lost.contains(&answer.person))
    {
        if let Some(place) = resolved.get_mut(answer.row) {
            let before = place.take().map(|before| before.suggestions);
            *place = Some(Resolved {
                person: answer.person,
                reason: answer.reason,
                score: score(answer.score),
                suggestions: before.unwrap_or_default(),
            });
        }
    }
    for draft in &plan.drafts {
        let is_new = draft.unless_known.is_none_or(|print| new.contains(&print));
        let place = resolved.get_mut(draft.row).and_then(Option::as_mut);
        let stands = is_new && !lost.contains(&draft.other);
        if let Some(place) = place.filter(|place| stands && place.person != draft.other) {
            place.suggestions.push(Suggestion {
                other: draft.other,
                reason: draft.reason,
                score: score(draft.score),
            });
        }
    }
}
