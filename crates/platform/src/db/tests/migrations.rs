//! Each migration is applied over the data of all steps before it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::db::{Administrator, lint, migrator};
use crate::testkit::TestDb;

/// A database without any migration, removed when the test ends well.
struct Empty {
    administrator: Administrator,
    name: String,
    admin: PgConnection,
    owner: PgConnection,
}

impl Empty {
    async fn new(test: &TestDb) -> Self {
        let name = format!("attest_test_{}_steps", test.clock().new_id().simple());
        test.administrator().create_database(&name).await.unwrap();
        let administrator = Administrator::new(test.options().database(&name));
        administrator.restrict_database().await.unwrap();
        let admin = administrator.connect_target().await.unwrap();
        let owner = administrator.connect_owner(test.keyring()).await.unwrap();
        Self {
            administrator,
            name,
            admin,
            owner,
        }
    }

    async fn remove(self) {
        self.admin.close().await.unwrap();
        self.owner.close().await.unwrap();
        self.administrator.drop_database(&self.name).await.unwrap();
    }

    /// How many rows each table has.
    async fn counts(&mut self) -> BTreeMap<String, i64> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select c.oid::regclass::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'",
        )
        .fetch_all(&mut self.admin)
        .await
        .unwrap();
        let mut counts = BTreeMap::new();
        for table in tables {
            let statement = AssertSqlSafe(format!("select count(*) from {table}"));
            let count = sqlx::query_scalar(statement)
                .fetch_one(&mut self.admin)
                .await
                .unwrap();
            counts.insert(table, count);
        }
        counts
    }
}

fn sample(version: i64) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations/samples")
        .join(format!("{version}.sql"));
    std::fs::read_to_string(&file)
        .unwrap_or_else(|_| panic!("migration {version} has no sample data in migrations/samples"))
}

#[tokio::test]
async fn every_step_keeps_the_data_of_the_steps_before_it() {
    let test = TestDb::new().await;
    let mut database = Empty::new(&test).await;
    for migration in migrator().iter() {
        let before = database.counts().await;
        sqlx::raw_sql(migration.sql.clone())
            .execute(&mut database.owner)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", migration.description));
        let mut after = database.counts().await;
        after.retain(|table, _| before.contains_key(table));
        assert_eq!(after, before, "{} keeps every row", migration.description);
        sqlx::raw_sql(AssertSqlSafe(sample(migration.version)))
            .execute(&mut database.admin)
            .await
            .unwrap_or_else(|error| panic!("sample {}: {error}", migration.version));
    }
    assert_eq!(lint(&mut database.admin).await.unwrap(), []);
    let empty: Vec<_> = database
        .counts()
        .await
        .into_iter()
        .filter(|(_, count)| *count == 0)
        .map(|(table, _)| table)
        .collect();
    assert_eq!(empty, Vec::<String>::new(), "every table has sample data");
    database.remove().await;
}

#[tokio::test]
async fn what_is_migrated_already_is_left_alone() {
    let test = TestDb::new().await;
    let administrator = test.administrator();
    assert_eq!(administrator.migrate(test.keyring()).await.unwrap(), 0);
    administrator.check_schema(test.keyring()).await.unwrap();
}

#[tokio::test]
async fn a_migration_that_was_changed_or_is_unknown_is_refused() {
    let test = TestDb::new().await;
    let mut admin = test.administrator().connect_target().await.unwrap();
    for spoil in [
        "update platform.schema_migration set checksum = 'x' where version = (select min(version) from platform.schema_migration)",
        "insert into platform.schema_migration (version, description, success, checksum, execution_time) values (99991231000000, 'later', true, 'x', 0)",
    ] {
        let other = TestDb::new().await;
        let mut conn = other.administrator().connect_target().await.unwrap();
        sqlx::raw_sql(spoil).execute(&mut conn).await.unwrap();
        assert!(
            other
                .administrator()
                .migrate(other.keyring())
                .await
                .is_err(),
            "{spoil}"
        );
    }
    assert_eq!(lint(&mut admin).await.unwrap(), []);
}
