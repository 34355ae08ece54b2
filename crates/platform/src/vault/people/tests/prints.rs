//! Fingerprints that count companies and name nobody.

#![expect(
    clippy::disallowed_methods,
    reason = "tests write statements that no product code may"
)]

use super::{kintell, known, one, resolve};
use crate::TenantGrant;
use crate::db::Db;
use crate::testkit::TestDb;
use crate::vault::{Fingerprint, IdentifierKind, Vault, add_fingerprints, claims, fingerprints};

async fn prints(db: &Db, grant: &TenantGrant, person: contracts::PersonId) -> Vec<Fingerprint> {
    let mut tx = db.tenant(grant).await.unwrap();
    fingerprints(&mut tx, person).await.unwrap()
}

async fn count(db: &Db, prints: &[Fingerprint]) -> Vec<u64> {
    let mut tx = db.system("test").await.unwrap();
    claims(&mut tx, prints).await.unwrap()
}

#[tokio::test]
async fn a_person_of_two_companies_is_counted_in_two_and_found_in_none() {
    let test = TestDb::new().await;
    let (acme, globex) = (test.grant("acme"), test.grant("globex"));
    let row = known("olena@home.example", "");
    let here = one(test.db(), &acme, row).await;
    let there = one(test.db(), &globex, kintell("K-1", "Olena@Home.example", "")).await;
    let alone = one(test.db(), &acme, known("ivan@home.example", "")).await;
    let of_here = prints(test.db(), &acme, here.person).await;
    let elsewhere = prints(test.db(), &globex, there.person).await;
    assert!(of_here == elsewhere && of_here.len() == 1);
    let of_alone = prints(test.db(), &acme, alone.person).await;
    assert_eq!(count(test.db(), &[of_alone[0], of_here[0]]).await, [1, 2]);
    // A company sees its own people's only.
    assert!(prints(test.db(), &globex, here.person).await.is_empty());
}

#[tokio::test]
async fn a_fingerprint_is_none_that_a_company_could_compute() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let found = one(test.db(), &acme, known("olena@home.example", "")).await;
    let mut tx = test.db().tenant(&acme).await.unwrap();
    let (own, wide): (Vec<u8>, Vec<u8>) = sqlx::query_as(
        "select i.fingerprint, f.fingerprint from platform.person_identifier i
         join platform.person_fingerprint f on f.identifier_id = i.id where i.person_id = $1",
    )
    .bind(found.person.uuid())
    .fetch_one(tx.conn())
    .await
    .unwrap();
    assert_ne!(own, wide);
}

#[tokio::test]
async fn addresses_that_came_the_fast_way_get_theirs_later_once() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let mut tx = test.db().tenant(&acme).await.unwrap();
    let emails = ["a@home.example", "b@home.example", "c@home.example"];
    let people = Vault::new()
        .resolve(&mut tx, IdentifierKind::Email, &emails)
        .await
        .unwrap();
    tx.commit_bookkeeping().await.unwrap();
    for expected in [2, 1, 0] {
        let mut tx = test.db().tenant(&acme).await.unwrap();
        assert_eq!(add_fingerprints(&mut tx, 2).await.unwrap(), expected);
        tx.commit_bookkeeping().await.unwrap();
    }
    let person = people[0].unwrap();
    assert_eq!(
        count(test.db(), &prints(test.db(), &acme, person).await).await,
        [1]
    );
    let again = resolve(
        test.db(),
        &test.grant("globex"),
        &[known("a@home.example", "")],
    )
    .await;
    assert!(again[0].is_some());
    assert_eq!(
        count(test.db(), &prints(test.db(), &acme, person).await).await,
        [2]
    );
}

#[tokio::test]
async fn fingerprints_and_names_go_with_the_persons_key() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let found = one(
        test.db(),
        &acme,
        known("olena@home.example", "Olena Kovalenko"),
    )
    .await;
    let other = one(test.db(), &acme, known("ivan@home.example", "Ivan Franko")).await;
    let wide = prints(test.db(), &acme, found.person).await;
    let mut tx = test.db().tenant(&acme).await.unwrap();
    sqlx::query("update platform.person set wrapped_key = null, erased_at = now() where id = $1")
        .bind(found.person.uuid())
        .execute(tx.conn())
        .await
        .unwrap();
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from platform.person_name) + (select count(*) from platform.person_fingerprint)",
    )
    .fetch_one(tx.conn())
    .await
    .unwrap();
    tx.commit_bookkeeping().await.unwrap();
    assert_eq!(left, 2, "those of the other person");
    assert_eq!(count(test.db(), &wide).await, [0]);
    assert_eq!(prints(test.db(), &acme, other.person).await.len(), 1);
}

#[tokio::test]
async fn every_link_says_why_how_sure_and_from_where() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    one(test.db(), &acme, known("olena@home.example", "")).await;
    one(test.db(), &acme, kintell("K-1", "olena@home.example", "")).await;
    let mut tx = test.db().tenant(&acme).await.unwrap();
    let links: Vec<(String, String, String, String)> = sqlx::query_as(
        "select kind, reason, score::text, source from platform.person_identifier order by kind",
    )
    .fetch_all(tx.conn())
    .await
    .unwrap();
    let expected = [
        ("email", "first_seen", "1.000", "buddy-users"),
        ("external:kintell", "email", "0.950", "buddy-users"),
    ];
    let words = |(a, b, c, d): (&str, &str, &str, &str)| {
        (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())
    };
    assert_eq!(links, expected.map(words));
}
