//! The list of tables, which is committed for people to read.

use crate::db::describe;
use crate::testkit::TestDb;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/database.md");

#[tokio::test]
async fn the_committed_list_of_tables_is_the_migrated_schemas() {
    let test = TestDb::new().await;
    let mut conn = test.administrator().connect_target().await.unwrap();
    let document = describe(&mut conn).await.unwrap();
    if std::env::var("UPDATE_GENERATED").is_ok_and(|value| value == "1") {
        std::fs::write(FILE, &document).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == document,
        "docs/database.md is out of date: run `cargo xtask generate`"
    );
}
