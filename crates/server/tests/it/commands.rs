//! What the operator does at the command line.

use std::fs;

use serde_json::{Value, json};

use crate::house::{House, tell};
use crate::ledger::{company_id, settled};
use crate::sheet::{self, Row};

const SESSIONS: u32 = 30;

/// Takes thirty sessions of acme's in; created and unchanged.
async fn import(house: &House) -> (Value, Value) {
    let rows: Vec<Row> = (0..SESSIONS).map(Row::of).collect();
    let file = house.file("sessions.csv", sheet::file(&rows));
    let said = house
        .done(&[
            "import",
            "kintell-sessions",
            &file,
            "--company",
            "acme",
            "--json",
        ])
        .await;
    let counts: Value = serde_json::from_str(&said).unwrap();
    (counts["created"].clone(), counts["unchanged"].clone())
}

/// What an import of known sessions gives if their texts and people can be read.
fn all_known() -> (Value, Value) {
    (json!(0), json!(SESSIONS))
}

fn all_new() -> (Value, Value) {
    (json!(SESSIONS), json!(0))
}

#[tokio::test]
async fn a_file_is_inspected_without_database_or_data_directory() {
    let house = House::private();
    let rows: Vec<Row> = (0..SESSIONS).map(Row::of).collect();
    let file = house.file("sessions.csv", sheet::file(&rows));
    let said = house.done(&["inspect", &file, "--json"]).await;
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found["source"], "kintell-sessions");
    assert_eq!(
        (&found["rows"], &found["header_row"]),
        (&json!(SESSIONS), &json!(0))
    );
    assert_eq!(found["mapping"][0]["field"], "session_id");
    let said = house.done(&["inspect", &file]).await;
    assert!(said.contains("Encoding    utf-8"), "{said}");
    let refused = house
        .refused(&["inspect", &file, "--source", "payroll"])
        .await;
    assert!(refused.contains("kintell-sessions"), "{refused}");
    assert!(!house.data_dir().exists());
}

#[tokio::test]
async fn a_reset_without_a_terminal_needs_the_word() {
    let (house, _) = House::seeded().await;
    import(&house).await;
    let said = house.refused(&["db", "reset"]).await;
    assert!(said.contains("--yes"), "{said}");
    assert_eq!(house.look("select count(*) from identity.company").await, 3);
    house.done(&["db", "reset", "--yes"]).await;
    assert_eq!(house.look("select count(*) from identity.company").await, 0);
    assert_eq!(
        house
            .look("select count(*) from ingest.kintell_session")
            .await,
        0
    );
    // What was reset can be begun anew.
    fs::remove_file(house.data_dir().join("demo-logins.json")).unwrap();
    house.seed().await;
    assert_eq!(import(&house).await, all_new());
    house.done(&["audit", "verify"]).await;
}

#[tokio::test]
async fn a_dump_of_an_outside_database_is_restored_into_an_empty_one() {
    let (house, _) = House::seeded().await;
    import(&house).await;
    let dump = house.dir().join("dump").display().to_string();
    house.done(&["db", "dump", &dump]).await;
    let other = House::empty().await;
    other.done(&["db", "restore", &dump]).await;
    let acme = company_id(&house, "acme").await;
    assert_eq!(other.rows(&acme, &[]).await, house.rows(&acme, &[]).await);
    assert_eq!(import(&other).await, all_known());
    other.done(&["audit", "verify"]).await;
    let again = other.refused(&["db", "restore", &dump]).await;
    assert!(again.len() > 40, "{again}");
    assert_eq!(import(&other).await, all_known());
}

#[tokio::test]
async fn a_private_database_is_dumped_restored_and_rekeyed() {
    let house = House::private();
    house.seed().await;
    assert_eq!(import(&house).await, all_new());
    let dump = house.dir().join("dump").display().to_string();
    house.done(&["db", "dump", &dump]).await;
    let keys = house.data_dir().join("keys");
    let first_keys = fs::read(keys.join("root.json")).unwrap();
    house.done(&["keys", "rotate", "--company", "acme"]).await;
    assert_eq!(import(&house).await, all_known());
    house.done(&["keys", "rotate"]).await;
    assert_ne!(fs::read(keys.join("root.json")).unwrap(), first_keys);
    assert_eq!(import(&house).await, all_known());
    house.done(&["audit", "verify"]).await;

    let other = House::private();
    let foreign = other.refused(&["db", "restore", "/nowhere/dump"]).await;
    assert!(foreign.contains("/nowhere/dump"), "{foreign}");
    fs::create_dir_all(other.data_dir()).unwrap();
    copy(&keys, &other.data_dir().join("keys"));
    other.done(&["db", "restore", &dump]).await;
    assert_eq!(import(&other).await, all_known());
    other.done(&["audit", "verify"]).await;
}

/// Copies a directory of files, with their rights.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn a_second_server_on_a_data_directory_is_refused_and_commands_share_the_first() {
    let house = House::private();
    let server = house.serve().await;
    let said = house.refused(&["serve", "--listen", "127.0.0.1:0"]).await;
    assert!(
        said.contains("another") || said.contains("already"),
        "{said}"
    );
    let logins = house.seed().await;
    assert_eq!(import(&house).await, all_new());
    let manager = server
        .signed_in(&logins, "tomasz@acme.example", "acme")
        .await;
    let imports = manager.get("/v1/imports").await.expect(200).json();
    assert_eq!(imports["imports"][0]["created"], SESSIONS);
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_demo_creates_its_rows_once() {
    let house = House::private();
    let first: Value =
        serde_json::from_str(&house.done(&["demo", "--once", "--json"]).await).unwrap();
    let rows = &first["import"];
    let count = |name: &str| rows[name].as_u64().unwrap();
    assert_eq!(count("rows_in"), 2_430);
    assert_eq!(count("created"), 2_337);
    assert_eq!(
        count("rows_in"),
        count("created") + count("updated") + count("unchanged") + count("rejected")
    );
    assert_eq!(first["events"]["dead"], 0);
    assert_eq!(first["events"]["published"], first["events"]["consumed"]);
    assert_eq!(first["audit"]["verified"], true);
    assert!(first["ready_seconds"].as_f64().unwrap() > 0.0);
    assert!(
        first["figures"]["acme"]["2026-03"]["sessions"].is_string(),
        "{first}"
    );
    let second: Value =
        serde_json::from_str(&house.done(&["demo", "--once", "--json"]).await).unwrap();
    assert_eq!(second["import"]["created"], 0);
    assert_eq!(second["import"]["rejected"], rows["rejected"]);
    assert_eq!(second["figures"], first["figures"]);
}

#[tokio::test]
async fn an_export_of_the_audit_log_is_verified_without_a_server() {
    let (mut house, _) = House::seeded().await;
    import(&house).await;
    let export = house.dir().join("export").display().to_string();
    house
        .done(&["audit", "export", "--company", "acme", &export])
        .await;
    house.set("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
    let said = house.done(&["audit", "verify", "--export", &export]).await;
    assert!(said.contains("entries are sound"), "{said}");
    let text = fs::read_to_string(&export).unwrap();
    let forged = text.replacen("import.batch", "import.botch", 1);
    assert_ne!(forged, text);
    let forged = house.file("forged", forged);
    let said = house
        .refused(&["audit", "verify", "--export", &forged])
        .await;
    assert!(said.contains("entry "), "{said}");
}

#[tokio::test]
async fn a_tampered_audit_entry_is_named() {
    let (house, _) = House::seeded().await;
    import(&house).await;
    house.done(&["audit", "verify"]).await;
    let acme = company_id(&house, "acme").await;
    let mut conn = house.administer().await;
    let statement = format!(
        "set session_replication_role = replica;
         update platform.audit_entry set actor = 'operator2' where company_id = '{acme}' and seq = 3"
    );
    tell(&mut conn, &statement).await;
    let said = house.refused(&["audit", "verify"]).await;
    assert!(said.contains("entry 3"), "{said}");
}

#[tokio::test]
async fn the_doctor_finds_nothing_and_then_what_was_broken() {
    let (mut house, _) = House::seeded().await;
    let said = house.run(&["doctor"]).await;
    assert!(
        !said.ok && said.out.contains("look Witness") && said.out.contains("look Consumers"),
        "{}",
        said.out
    );
    let witness = house.dir().join("elsewhere").display().to_string();
    house.set("ATTEST_AUDIT__WITNESS_DIR", &witness);
    let server = house.serve().await;
    settled_events(&house).await;
    assert!(server.stop().await);
    let well = house.done(&["doctor"]).await;
    assert!(!well.contains("look "), "{well}");
    let mut conn = house.administer().await;
    tell(
        &mut conn,
        "alter table profile.profile no force row level security",
    )
    .await;
    let said = house.run(&["doctor"]).await;
    assert!(
        !said.ok && said.out.contains("profile.profile"),
        "{}",
        said.out
    );
}

async fn settled_events(house: &House) {
    for company in ["acme", "globex", "initech"] {
        settled(house, &company_id(house, company).await).await;
    }
}

#[tokio::test]
async fn the_configuration_is_shown_without_its_secrets() {
    let mut house = House::new().await;
    house.set(
        "DATABASE_URL",
        "postgres://someone:hunter2@db.example/attest",
    );
    house.set(
        "ATTEST_KEYS__ROOT",
        "v1:c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHMhISE=",
    );
    let said = house.done(&["config"]).await;
    assert!(
        said.contains("database.url") && said.contains("(secret)"),
        "{said}"
    );
    assert!(
        !said.contains("hunter2") && !said.contains("c2VjcmV0"),
        "{said}"
    );
    house.set("ATTEST_SERVER__LISEN", "127.0.0.1:1");
    let said = house.refused(&["config"]).await;
    assert!(said.contains("lisen"), "{said}");
}

#[tokio::test]
async fn what_cannot_work_says_so_before_anything_is_changed() {
    let (mut house, _) = House::seeded().await;
    let said = house
        .refused(&["flags", "set", "no.such-flag", "open", "--company", "acme"])
        .await;
    assert!(said.contains("no.such-flag"), "{said}");
    house.done(&["flags", "list", "--company", "acme"]).await;
    let said = house.refused(&["demo", "--once"]).await;
    assert!(said.contains("DATABASE_URL"), "{said}");
    house.unset("ATTEST_KEYS__ROOT");
    for command in [&["serve"][..], &["db", "migrate"], &["db", "seed"]] {
        let said = house.refused(command).await;
        assert!(said.contains("ATTEST_KEYS__ROOT"), "{said}");
    }
    house.set("ATTEST_KEYS__ROOT", "v1:AAAA");
    let said = house.refused(&["db", "migrate"]).await;
    assert!(
        said.contains("keys.root") && !said.contains("AAAA"),
        "{said}"
    );
    assert_eq!(house.look("select count(*) from identity.company").await, 3);
}
