//! Who is made by several at once, and who stands in a large batch.

use std::collections::BTreeSet;

use contracts::PersonId;

use super::{Evidence, buddy, kintell, known, resolve};
use crate::testkit::TestDb;

#[tokio::test(flavor = "multi_thread")]
async fn those_who_make_the_same_people_at_once_agree_on_them() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let texts: Vec<(String, String)> = (0..150)
        .map(|number| (format!("K-{number}"), format!("p{number}@acme.example")))
        .collect();
    let tasks = (0..6_usize).map(|task| {
        let (db, mut texts) = (test.db().clone(), texts.clone());
        texts.rotate_left(task * 23);
        tokio::spawn(async move {
            let rows: Vec<Evidence<'_>> = texts
                .iter()
                .map(|(id, email)| match task % 3 {
                    0 => kintell(id, email, ""),
                    1 => kintell(id, "", ""),
                    _ => known(email, ""),
                })
                .collect();
            let found = resolve(&db, &acme, &rows).await;
            let mut people: Vec<PersonId> =
                found.into_iter().flatten().map(|one| one.person).collect();
            people.rotate_right(task * 23);
            (task % 3, people)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut by_way: [BTreeSet<Vec<PersonId>>; 3] = Default::default();
    for task in tasks {
        let (way, people) = task.await.unwrap();
        assert_eq!(people.len(), 150);
        by_way[way].insert(people);
    }
    // Whoever asks by the id gets the person of the id, and all agree on who that is.
    let by_id: BTreeSet<_> = by_way[0].union(&by_way[1]).cloned().collect();
    assert_eq!(by_id.len(), 1);
    assert_eq!(by_way[2].len(), 1);
}

#[tokio::test]
async fn two_thousand_rows_are_one_batch() {
    let test = TestDb::new().await;
    let acme = test.grant("acme");
    let texts: Vec<[String; 3]> = (0..2_000)
        .map(|number| {
            [
                format!("B-{number}"),
                format!("person{number}@acme.example"),
                format!("Name{number} Family{number}"),
            ]
        })
        .collect();
    let rows: Vec<_> = texts
        .iter()
        .map(|[id, email, name]| buddy(id, email, name))
        .collect();
    let first = resolve(test.db(), &acme, &rows).await;
    let people: BTreeSet<_> = first.iter().flatten().map(|one| one.person).collect();
    assert_eq!(people.len(), 2_000);
    let second = resolve(test.db(), &acme, &rows).await;
    let same = first.iter().flatten().zip(second.iter().flatten());
    assert!(
        same.clone()
            .all(|(a, b)| a.person == b.person && b.suggestions.is_empty())
    );
    assert_eq!(same.count(), 2_000);
}
