//! No company reaches another's rows, in any table.

use sqlx::PgConnection;
use uuid::Uuid;

use super::lab::Lab;
use crate::TenantGrant;
use crate::db::DbError;
use crate::testkit::TestDb;

#[tokio::test]
async fn no_role_reaches_what_its_context_does_not_show() {
    let mut lab = Lab::new().await;
    assert!(lab.tables.len() > 20, "the catalogue lists the tables");
    assert_eq!(lab.isolation_violations().await, Vec::<String>::new());
}

#[tokio::test]
async fn every_table_of_companies_has_a_policy_that_the_oracle_tries() {
    let mut lab = Lab::new().await;
    let owned: Vec<String> = sqlx::query_scalar(
        "select attrelid::regclass::text from pg_attribute join pg_class on pg_class.oid = attrelid
         where attname = 'company_id' and relkind in ('r', 'p') order by 1",
    )
    .fetch_all(&mut lab.conn)
    .await
    .unwrap();
    let tried: Vec<_> = lab
        .tables
        .iter()
        .filter(|table| table.tenant)
        .map(|table| table.name.clone())
        .collect();
    assert_eq!(owned, tried);
}

async fn insert_person(test: &TestDb, grant: &TenantGrant, id: Uuid) -> Result<(), sqlx::Error> {
    let mut tx = test.db().tenant(grant).await.unwrap();
    sqlx::query(
        "insert into platform.person (company_id, id, wrapped_key, key_version, created_at) values ($1, $2, 'x', 1, now())",
    )
    .bind(grant.company().uuid())
    .bind(id)
    .execute(tx.conn())
    .await?;
    tx.commit_bookkeeping().await.map_err(|error| match error {
        DbError::Statement { source, .. } => source,
        other => panic!("{other}"),
    })
}

async fn insert_text(conn: &mut PgConnection, company: Uuid, person: Uuid) -> Option<String> {
    let inserted = sqlx::query(
        "insert into platform.sealed_text (company_id, id, person_id, kind, sealed, created_at)
         values ($1, gen_random_uuid(), $2, 'k', 'x', now())",
    )
    .bind(company)
    .bind(person)
    .execute(conn)
    .await;
    let error = inserted.err()?;
    Some(error.as_database_error()?.code()?.into_owned())
}

#[tokio::test]
async fn a_foreign_key_answers_the_same_for_anothers_row_and_for_none() {
    let test = TestDb::new().await;
    let (acme, globex) = (test.grant("acme"), test.grant("globex"));
    let (theirs, nobodys) = (Uuid::from_u128(7), Uuid::from_u128(8));
    insert_person(&test, &globex, theirs).await.unwrap();
    let mut codes = Vec::new();
    for person in [theirs, nobodys] {
        let mut tx = test.db().tenant(&acme).await.unwrap();
        assert_eq!(
            insert_text(tx.conn(), acme.company().uuid(), person).await,
            None
        );
        codes.push(look_for_keys(tx.conn()).await);
    }
    assert_eq!(codes, [Some("23503".to_owned()), Some("23503".to_owned())]);
}

/// Checks the foreign keys that wait for the commit; the error's code.
async fn look_for_keys(conn: &mut PgConnection) -> Option<String> {
    let done = sqlx::query("set constraints all immediate")
        .execute(conn)
        .await;
    Some(done.unwrap_err().as_database_error()?.code()?.into_owned())
}

#[tokio::test]
async fn a_unique_key_does_not_tell_that_another_company_has_it() {
    let test = TestDb::new().await;
    let id = Uuid::from_u128(7);
    for company in ["globex", "acme"] {
        insert_person(&test, &test.grant(company), id)
            .await
            .unwrap();
    }
    let again = insert_person(&test, &test.grant("acme"), id)
        .await
        .unwrap_err();
    assert!(again.as_database_error().unwrap().is_unique_violation());
}
