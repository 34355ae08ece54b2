#![expect(
    clippy::disallowed_methods,
    reason = "tests write statements that no product code may"
)]

use contracts::{PersonId, TextId};

use super::{
    IdentifierKind, Linked, NewText, Vault, find_person, link, open_identifiers, open_text,
};
use crate::TenantGrant;
use crate::db::Db;
use crate::testkit::TestDb;

/// The person of a Kintell id, made if need be, in a transaction of its own.
async fn resolve(db: &Db, grant: &TenantGrant, values: &[&str]) -> Vec<PersonId> {
    let mut tx = db.tenant(grant).await.unwrap();
    let persons = Vault::new()
        .resolve(&mut tx, IdentifierKind::Kintell, values)
        .await
        .unwrap();
    tx.commit_bookkeeping().await.unwrap();
    persons.into_iter().flatten().collect()
}

async fn put(db: &Db, grant: &TenantGrant, person: PersonId, text: &str) -> TextId {
    let mut tx = db.tenant(grant).await.unwrap();
    let text = NewText {
        person,
        kind: "session_feedback",
        text,
    };
    let ids = Vault::new().put_texts(&mut tx, &[text]).await.unwrap();
    tx.commit_bookkeeping().await.unwrap();
    ids[0]
}

async fn open(db: &Db, grant: &TenantGrant, id: TextId) -> Option<String> {
    let mut tx = db.tenant(grant).await.unwrap();
    open_text(&mut tx, id)
        .await
        .unwrap()
        .map(|text| text.to_string())
}

#[tokio::test]
async fn one_identifier_is_one_person_however_often_it_is_asked_for() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let first = resolve(test.db(), &acme, &["k-1", "k-2", "k-1"]).await;
    assert_eq!(first[0], first[2]);
    assert_ne!(first[0], first[1]);
    assert_eq!(
        resolve(test.db(), &acme, &["k-2", "k-1"]).await,
        [first[1], first[0]]
    );
    assert_ne!(
        resolve(test.db(), &test.grant("globex"), &["k-1"]).await[0],
        first[0]
    );
    let mut tx = test.db().tenant(&acme).await.unwrap();
    let nobody = find_person(&mut tx, IdentifierKind::Buddy, "k-1")
        .await
        .unwrap();
    assert_eq!(nobody, None, "an id of another system is another id");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_make_the_same_persons_at_once_agree_on_them() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let ids: Vec<String> = (0..200).map(|number| format!("k-{number}")).collect();
    let tasks = (0..6).map(|task| {
        let (db, mut ids) = (test.db().clone(), ids.clone());
        ids.rotate_left(task * 31);
        tokio::spawn(async move {
            let values: Vec<&str> = ids.iter().map(String::as_str).collect();
            let mut made = resolve(&db, &acme, &values).await;
            made.rotate_right(task * 31);
            made
        })
    });
    let mut answers = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers[0].len(), 200);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let mut admin = test.administrator().connect_target().await.unwrap();
    let persons: i64 = sqlx::query_scalar("select count(*) from platform.person")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(persons, 200, "nobody was made in vain");
}

#[tokio::test]
async fn what_lies_in_the_database_is_ciphertext() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let person = resolve(test.db(), &acme, &["canary-id"]).await[0];
    let words = put(test.db(), &acme, person, "canary-words").await;
    let mut admin = test.administrator().connect_target().await.unwrap();
    let stored: Vec<Vec<u8>> = sqlx::query_scalar(
        "select sealed from platform.sealed_text union all select sealed from platform.person_identifier
         union all select fingerprint from platform.person_identifier",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert_eq!(stored.len(), 3);
    assert!(
        stored
            .iter()
            .all(|bytes| !bytes.windows(6).any(|window| window == b"canary"))
    );
    assert_eq!(
        open(test.db(), &acme, words).await.as_deref(),
        Some("canary-words")
    );
    assert_eq!(open(test.db(), &test.grant("globex"), words).await, None);
}

#[tokio::test]
async fn a_text_moved_to_another_row_cannot_be_opened() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let person = resolve(test.db(), &acme, &["k-1"]).await[0];
    let (one, two) = (
        put(test.db(), &acme, person, "one").await,
        put(test.db(), &acme, person, "two").await,
    );
    let mut admin = test.administrator().connect_target().await.unwrap();
    sqlx::query("update platform.sealed_text set sealed = (select sealed from platform.sealed_text where id = $1) where id = $2")
        .bind(one.uuid())
        .bind(two.uuid())
        .execute(&mut admin)
        .await
        .unwrap();
    let mut tx = test.db().tenant(&acme).await.unwrap();
    assert!(open_text(&mut tx, two).await.is_err());
    assert!(open_text(&mut tx, one).await.is_ok());
}

#[tokio::test]
async fn an_identifier_belongs_to_the_first_it_was_linked_to() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let persons = resolve(test.db(), &acme, &["k-1", "k-2"]).await;
    let mut tx = test.db().tenant(&acme).await.unwrap();
    let kind = IdentifierKind::Email;
    let linked = link(&mut tx, persons[0], kind, "Kari@Example.org")
        .await
        .unwrap();
    let Linked::Now(id) = linked else {
        panic!("{linked:?}")
    };
    assert_eq!(
        link(&mut tx, persons[0], kind, " kari@example.org ")
            .await
            .unwrap(),
        Linked::Before(id)
    );
    assert_eq!(
        link(&mut tx, persons[1], kind, "kari@example.org")
            .await
            .unwrap(),
        Linked::Another(persons[0])
    );
    let known = open_identifiers(&mut tx, persons[0]).await.unwrap();
    assert_eq!(known.len(), 2);
}

#[tokio::test]
async fn a_process_with_old_keys_in_memory_reads_what_was_wrapped_by_newer_ones() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let (other, _) = test.another_process();
    let person = resolve(test.db(), &acme, &["k-1"]).await[0];
    let words = put(test.db(), &acme, person, "words").await;
    assert_eq!(
        open(&other, &acme, words).await.as_deref(),
        Some("words"),
        "the other has the keys now"
    );
    assert_eq!(test.db().rotate_company_key(&acme).await.unwrap(), 1);
    assert_eq!(open(&other, &acme, words).await.as_deref(), Some("words"));
    // What is made by a key that is old meanwhile can be read too.
    let (stale, _) = test.another_process();
    stale.company_keys(acme.company()).await.unwrap();
    test.db().rotate_company_key(&acme).await.unwrap();
    let late = resolve(&stale, &acme, &["k-2"]).await[0];
    let late = put(&stale, &acme, late, "late").await;
    assert_eq!(open(test.db(), &acme, late).await.as_deref(), Some("late"));
    other.close().await;
    stale.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_at_once_and_writers_meanwhile_lose_nothing() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let (other, _) = test.another_process();
    resolve(test.db(), &acme, &["k-0"]).await;
    let writer = {
        let db = test.db().clone();
        tokio::spawn(async move {
            let mut texts = Vec::new();
            for number in 1..40 {
                let person = resolve(&db, &acme, &[&format!("k-{number}")]).await[0];
                texts.push(put(&db, &acme, person, &number.to_string()).await);
            }
            texts
        })
    };
    for _ in 0..3 {
        let (one, two) = tokio::join!(
            test.db().rotate_company_key(&acme),
            other.rotate_company_key(&acme)
        );
        one.unwrap();
        two.unwrap();
    }
    let texts = writer.await.unwrap();
    for (number, text) in (1..40).zip(texts) {
        assert_eq!(open(&other, &acme, text).await, Some(number.to_string()));
    }
    let (fresh, _) = test.another_process();
    let mut tx = fresh.tenant(&acme).await.unwrap();
    let zero = find_person(&mut tx, IdentifierKind::Kintell, "k-0")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(open_identifiers(&mut tx, zero).await.unwrap().len(), 1);
    drop(tx);
    fresh.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_person_whose_key_is_destroyed_is_unreadable() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let person = resolve(test.db(), &acme, &["k-1"]).await[0];
    let words = put(test.db(), &acme, person, "words").await;
    let mut admin = test.administrator().connect_target().await.unwrap();
    sqlx::query("update platform.person set wrapped_key = null, erased_at = now()")
        .execute(&mut admin)
        .await
        .unwrap();
    assert_eq!(open(test.db(), &acme, words).await, None);
    let mut tx = test.db().tenant(&acme).await.unwrap();
    assert!(open_identifiers(&mut tx, person).await.unwrap().is_empty());
    let again = NewText {
        person,
        kind: "session_feedback",
        text: "more",
    };
    assert!(Vault::new().put_texts(&mut tx, &[again]).await.is_err());
}
