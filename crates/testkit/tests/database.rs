//! The kit itself works.
#![expect(clippy::disallowed_methods, reason = "a test reads tables as they are")]

use platform::AuditNote;
use testkit::TestDb;

#[tokio::test]
async fn a_test_has_a_database_of_its_own() {
    let (one, other) = (TestDb::new().await, TestDb::new().await);
    one.company("acme").await;
    let count = async |test: &TestDb| {
        let mut tx = test.db().system("test").await.unwrap();
        sqlx::query_scalar::<_, i64>("select count(*) from identity.company")
            .fetch_one(tx.conn())
            .await
            .unwrap()
    };
    assert_eq!(count(&one).await, 1);
    assert_eq!(count(&other).await, 0);
}

#[tokio::test]
async fn a_transaction_sees_its_company_only() {
    let test = TestDb::new().await;
    let (acme, globex) = (test.company("acme").await, test.company("globex").await);
    let mut tx = test.db().tenant(&acme).await.unwrap();
    tx.audit(AuditNote::new("test.run", "test", "one"));
    tx.commit().await.unwrap();
    for (grant, expected) in [(acme, 1), (globex, 0)] {
        let mut tx = test.db().tenant(&grant).await.unwrap();
        let count: i64 = sqlx::query_scalar("select count(*) from platform.audit_entry")
            .fetch_one(tx.conn())
            .await
            .unwrap();
        assert_eq!(count, expected);
    }
}
