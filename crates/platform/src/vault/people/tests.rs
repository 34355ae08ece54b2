//! Who is behind a row. The names of the first tests are those of the complaints they answer.

mod at_once;
mod names;
mod prints;

use contracts::PersonId;
use contracts::event::value::MatchReason;
use rust_decimal::Decimal;

use super::{Evidence, LinkReason, Resolved};
use crate::db::Db;
use crate::testkit::TestDb;
use crate::vault::{IdentifierKind, Vault, find_person, open_names};
use crate::{AuditNote, TenantGrant};

/// Resolves rows in a transaction of its own.
async fn resolve(db: &Db, grant: &TenantGrant, rows: &[Evidence<'_>]) -> Vec<Option<Resolved>> {
    let mut tx = db.tenant(grant).await.unwrap();
    let found = Vault::new().resolve_people(&mut tx, rows).await.unwrap();
    tx.audit(AuditNote::new("test.resolve", "test", "people"));
    tx.commit().await.unwrap();
    found
}

async fn one(db: &Db, grant: &TenantGrant, row: Evidence<'_>) -> Resolved {
    resolve(db, grant, &[row]).await.pop().unwrap().unwrap()
}

fn kintell<'a>(id: &'a str, email: &'a str, name: &'a str) -> Evidence<'a> {
    Evidence {
        external: Some((IdentifierKind::Kintell, id)),
        ..known(email, name)
    }
}

fn buddy<'a>(id: &'a str, email: &'a str, name: &'a str) -> Evidence<'a> {
    Evidence {
        external: Some((IdentifierKind::Buddy, id)),
        ..known(email, name)
    }
}

fn known<'a>(email: &'a str, name: &'a str) -> Evidence<'a> {
    Evidence {
        external: None,
        email: Some(email).filter(|email| !email.is_empty()),
        name: Some(name).filter(|name| !name.is_empty()),
        source: "buddy-users",
    }
}

fn suggested(resolved: &Resolved) -> Vec<(PersonId, MatchReason, Decimal)> {
    let all = resolved.suggestions.iter();
    all.map(|one| (one.other, one.reason, one.score)).collect()
}

fn thousandths(score: i64) -> Decimal {
    Decimal::new(score, 3)
}

#[tokio::test]
async fn pain_5_the_same_person_by_every_way_in_is_one_person() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let first = one(
        test.db(),
        &acme,
        kintell("K-1", "olena@acme.example", "Olena Kovalenko"),
    )
    .await;
    assert_eq!(first.reason, LinkReason::FirstSeen);
    let ways = [
        kintell("K-1", "", ""),
        kintell(" K-1 ", "Olena@Acme.example ", "Kovalenko, Olena"),
        buddy("B-9", "OLENA@acme.example", "Olena Kovalenko"),
        buddy("B-9", "", ""),
        known("olena@acme.example", ""),
        known("olena@acme.example", "Olena Kovalénko"),
    ];
    let found = resolve(test.db(), &acme, &ways).await;
    for resolved in found.into_iter().flatten() {
        assert_eq!(resolved.person, first.person);
        assert!(resolved.suggestions.is_empty());
    }
    let mut tx = test.db().tenant(&acme).await.unwrap();
    let by_vault = find_person(&mut tx, IdentifierKind::Email, "olena@acme.example").await;
    assert_eq!(by_vault.unwrap(), Some(first.person));
    let names = open_names(&mut tx, first.person).await.unwrap();
    assert_eq!(names.len(), 1, "one name in one spelling");
}

#[tokio::test]
async fn pain_6_amelia_bedelia_is_not_amelia_earhart() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let bedelia = one(
        test.db(),
        &acme,
        buddy("B-1", "amelia@home.example", "Amelia Bedelia"),
    )
    .await;
    for row in [
        buddy("B-2", "amelia@sky.example", "Amelia Earhart"),
        known("earhart@sky.example", "Amelia"),
        kintell("K-2", "", "Amelia"),
    ] {
        let other = one(test.db(), &acme, row).await;
        assert_ne!(other.person, bedelia.person);
        assert_eq!(suggested(&other), [], "a first name is nobody's alone");
    }
    // Not even one address makes them one.
    let shared = one(
        test.db(),
        &acme,
        kintell("K-3", "amelia@home.example", "Amelia Earhart"),
    )
    .await;
    assert_ne!(shared.person, bedelia.person);
    let expected = (
        bedelia.person,
        MatchReason::EmailUnderTwoNames,
        thousandths(400),
    );
    assert_eq!(suggested(&shared)[0], expected);
}

#[tokio::test]
async fn pain_7_children_who_share_their_parents_address_are_as_many_as_they_are() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let family = "hansen@home.example";
    let rows = [
        buddy("B-1", family, "Anna Hansen"),
        buddy("B-2", family, "Ole Hansen"),
        buddy("B-3", family, ""),
        known(family, "Kari Hansen"),
    ];
    let found: Vec<Resolved> = resolve(test.db(), &acme, &rows)
        .await
        .into_iter()
        .flatten()
        .collect();
    let mut people: Vec<_> = found.iter().map(|one| one.person).collect();
    people.sort();
    people.dedup();
    assert_eq!(people.len(), 4);
    let with_anna = |reason, score| (found[0].person, reason, thousandths(score));
    assert_eq!(
        suggested(&found[1]),
        [with_anna(MatchReason::SameEmail, 400)]
    );
    assert_eq!(
        suggested(&found[2]),
        [with_anna(MatchReason::SameEmail, 600)]
    );
    assert_eq!(
        suggested(&found[3]),
        [with_anna(MatchReason::EmailUnderTwoNames, 400)]
    );

    // The same file again finds the same people and has nothing new to say.
    let again: Vec<Resolved> = resolve(test.db(), &acme, &rows)
        .await
        .into_iter()
        .flatten()
        .collect();
    for (first, second) in found.iter().zip(&again) {
        assert_eq!(first.person, second.person);
        assert!(second.suggestions.is_empty());
    }
}

#[tokio::test]
async fn pain_8_several_addresses_and_spellings_lead_to_one_person_or_to_the_review() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let first = one(
        test.db(),
        &acme,
        kintell("K-1", "oleksandra@home.example", "Oleksandra Shevchenko"),
    )
    .await;
    // The id decides, whatever address and spelling come with it, and both are kept.
    let survey = one(
        test.db(),
        &acme,
        kintell("K-1", "o.shevchenko@acme.example", "Oleksandra Shevchenco"),
    )
    .await;
    assert_eq!(
        (survey.person, survey.reason),
        (first.person, LinkReason::ExternalId)
    );
    let exit = one(
        test.db(),
        &acme,
        known("o.shevchenko@acme.example", "O. Shevchenko"),
    )
    .await;
    assert_eq!(
        (exit.person, exit.reason),
        (first.person, LinkReason::Email)
    );
    assert_eq!(exit.score, thousandths(990));
    // An unknown address with a known full name joins nobody and is looked at.
    let other = one(
        test.db(),
        &acme,
        known("oleksandra@mail.example", "Shevchenko Oleksandra"),
    )
    .await;
    assert_ne!(other.person, first.person);
    let expected = (
        first.person,
        MatchReason::SameNameAndMailbox,
        thousandths(750),
    );
    assert_eq!(suggested(&other), [expected]);
}

#[tokio::test]
async fn an_address_alone_never_joins_two_ids_of_one_system() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let first = one(test.db(), &acme, kintell("K-1", "a@acme.example", "")).await;
    let second = one(test.db(), &acme, kintell("K-2", "a@acme.example", "")).await;
    assert_ne!(first.person, second.person);
    let expected = (first.person, MatchReason::SameEmail, thousandths(600));
    assert_eq!(suggested(&second), [expected]);
    // Of another system one of them may have an id.
    let elsewhere = one(test.db(), &acme, buddy("B-1", "a@acme.example", "")).await;
    assert_eq!(elsewhere.person, first.person);
    assert_eq!(
        (elsewhere.reason, elsewhere.score),
        (LinkReason::Email, thousandths(950))
    );
}

#[tokio::test]
async fn an_id_of_one_beside_the_address_of_another_is_looked_at_once() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let first = one(test.db(), &acme, kintell("K-1", "a@acme.example", "")).await;
    let second = one(test.db(), &acme, known("b@acme.example", "")).await;
    let row = kintell("K-1", "b@acme.example", "");
    let found = one(test.db(), &acme, row).await;
    assert_eq!(found.person, first.person);
    let expected = (
        second.person,
        MatchReason::IdentifiersDisagree,
        thousandths(700),
    );
    assert_eq!(suggested(&found), [expected]);
    assert_eq!(suggested(&one(test.db(), &acme, row).await), []);
}

#[tokio::test]
async fn who_comes_without_an_id_and_an_address_is_nobody() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let rows = [
        known("", "Olena Kovalenko"),
        kintell("  ", " ", ""),
        Evidence::default(),
    ];
    assert_eq!(resolve(test.db(), &acme, &rows).await, [None, None, None]);
}

#[tokio::test]
async fn rows_of_one_batch_know_of_each_other() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let rows = [
        known("a@acme.example", "Olena Kovalenko"),
        kintell("K-1", "a@acme.example", "Kovalenko Olena"),
        kintell("K-1", "b@acme.example", ""),
        known("b@acme.example", ""),
        kintell("K-2", "", "Olena Kovalenko"),
    ];
    let found: Vec<Resolved> = resolve(test.db(), &acme, &rows)
        .await
        .into_iter()
        .flatten()
        .collect();
    assert!(found[..4].iter().all(|one| one.person == found[0].person));
    assert_eq!(
        suggested(&found[4]),
        [(found[0].person, MatchReason::SameName, thousandths(500))]
    );
}

#[tokio::test]
async fn a_name_that_many_have_says_nothing() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let ids: Vec<String> = (0..9).map(|number| format!("K-{number}")).collect();
    let rows: Vec<_> = ids.iter().map(|id| kintell(id, "", "Ole Hansen")).collect();
    let found: Vec<Resolved> = resolve(test.db(), &acme, &rows)
        .await
        .into_iter()
        .flatten()
        .collect();
    let counts: Vec<usize> = found.iter().map(|one| one.suggestions.len()).collect();
    assert_eq!(counts, [0, 1, 2, 3, 4, 5, 0, 0, 0]);
}

#[tokio::test]
async fn the_same_people_of_another_company_are_other_people() {
    let test = TestDb::new().await;
    let row = kintell("K-1", "a@acme.example", "Olena Kovalenko");
    let here = one(test.db(), &test.grant("acme"), row).await;
    let there = one(test.db(), &test.grant("globex"), row).await;
    assert_ne!(here.person, there.person);
    assert!(there.suggestions.is_empty());
}
