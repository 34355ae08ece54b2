//! What one company was handed – cursors, entity tags, idempotency keys – in the
//! hands of another.

use std::collections::BTreeSet;

use serde_json::json;

use crate::browser::Browser;
use crate::house::{House, Logins, Server};
use crate::ledger::{company_id, settled};
use crate::sheet::{self, Row};

/// Two companies with the same sixty sessions.
struct Twins {
    house: House,
    _server: Server,
    acme: Browser,
    globex: Browser,
}

impl Twins {
    async fn new() -> Self {
        let (house, logins) = House::seeded().await;
        let server = house.serve().await;
        let acme = filled(&house, &server, &logins, "tomasz@acme.example", "acme").await;
        let globex = filled(&house, &server, &logins, "katja@globex.example", "globex").await;
        Self {
            house,
            _server: server,
            acme,
            globex,
        }
    }
}

fn rows() -> Vec<Row> {
    (1..=60).map(Row::of).collect()
}

async fn filled(
    house: &House,
    server: &Server,
    logins: &Logins,
    email: &str,
    company: &str,
) -> Browser {
    let manager = server.signed_in(logins, email, company).await;
    // The same key in both companies: neither knows of the other's.
    let import = manager.import(&sheet::file(&rows()), "the same key").await;
    assert_eq!(import["created"], 60);
    settled(house, &company_id(house, company).await).await;
    manager
}

async fn lineage(manager: &Browser, company: &str) -> String {
    let told = manager
        .get(&format!("/v1/metrics/{company}/2026-YTD"))
        .await;
    let figures = told.expect(200).json()["figures"].clone();
    let hours = figures
        .as_array()
        .unwrap()
        .iter()
        .find(|figure| figure["metric"] == "hours");
    hours.unwrap()["lineage"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_same_file_under_the_same_key_is_an_import_of_each_company() {
    let twins = Twins::new().await;
    let imports = twins
        .house
        .look("select count(distinct (company_id, id)) from ingest.import")
        .await;
    assert_eq!(imports, 2);
    // No id of a person, a session or a text is shared, though the addresses are.
    let shared = "select count(*) from (
        select participant_id from ingest.kintell_session group by 1 having count(distinct company_id) > 1
        union all select volunteer_id from ingest.kintell_session group by 1 having count(distinct company_id) > 1
        union all select id from ingest.kintell_session group by 1 having count(distinct company_id) > 1
        union all select feedback_text_id from ingest.kintell_session where feedback_text_id is not null
            group by 1 having count(distinct company_id) > 1) as shared";
    assert_eq!(twins.house.look(shared).await, 0);
    // Nor does a keyed hash tell that they say the same.
    let same = "select count(*) from (select content_hash from ingest.kintell_session group by 1 having count(*) > 1) as same";
    assert_eq!(twins.house.look(same).await, 0);
}

#[tokio::test]
async fn a_cursor_of_another_company_or_figure_opens_nothing() {
    let twins = Twins::new().await;
    let (of_acme, of_globex) = (
        lineage(&twins.acme, "acme").await,
        lineage(&twins.globex, "globex").await,
    );
    let first = twins
        .acme
        .get(&format!("{of_acme}?limit=40"))
        .await
        .expect(200)
        .json();
    let cursor = first["next"].as_str().unwrap();
    let second = twins
        .acme
        .get(&format!("{of_acme}?limit=40&cursor={cursor}"))
        .await
        .expect(200)
        .json();
    let ids = |page: &serde_json::Value| -> BTreeSet<String> {
        let sessions = page["sessions"].as_array().unwrap().iter();
        sessions
            .map(|session| session["session"].to_string())
            .collect()
    };
    assert_eq!((ids(&first).len(), ids(&second).len()), (40, 20));
    assert!(ids(&first).is_disjoint(&ids(&second)));
    twins
        .globex
        .get(&format!("{of_globex}?limit=40&cursor={cursor}"))
        .await
        .expect(400);
    let other =
        twins.acme.get("/v1/metrics/acme/2026-04").await.json()["figures"][0]["lineage"].clone();
    twins
        .acme
        .get(&format!("{}?cursor={cursor}", other.as_str().unwrap()))
        .await
        .expect(400);
}

#[tokio::test]
async fn an_entity_tag_of_another_company_matches_nothing() {
    let twins = Twins::new().await;
    let path = "/v1/metrics/acme/2026-YTD";
    let tag = twins.acme.get(path).await.expect(200).headers["etag"].clone();
    let ask = async |browser: &Browser, path: &str| {
        let headers = [("if-none-match", tag.as_str())];
        browser
            .send("GET", path, &headers, b"")
            .await
            .unwrap()
            .status
    };
    assert_eq!(ask(&twins.acme, path).await, 304);
    assert_eq!(ask(&twins.globex, "/v1/metrics/globex/2026-YTD").await, 200);
    assert_eq!(ask(&twins.globex, path).await, 404);
}

#[tokio::test]
async fn one_key_has_one_effect_however_many_come_at_once() {
    let twins = Twins::new().await;
    let file = sheet::file(&(61..=90).map(Row::of).collect::<Vec<_>>());
    let uploads = (0..12).map(|_| {
        let (manager, file) = (twins.acme.clone(), file.clone());
        tokio::spawn(async move {
            manager
                .upload(&file, "at once")
                .await
                .unwrap()
                .expect(202)
                .text
        })
    });
    let mut answers = BTreeSet::new();
    for upload in uploads.collect::<Vec<_>>() {
        answers.insert(upload.await.unwrap());
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let import: serde_json::Value = serde_json::from_str(answers.first().unwrap()).unwrap();
    let import = twins.acme.ended(import["id"].as_str().unwrap()).await;
    assert_eq!(import["created"], 30);
    let listed = twins.acme.get("/v1/imports").await.expect(200).json();
    assert_eq!(listed["imports"].as_array().unwrap().len(), 2);
    // Another file under that key is no repetition.
    let other = sheet::file(&[Row::of(1_000)]);
    let refused = twins
        .acme
        .upload(&other, "at once")
        .await
        .unwrap()
        .expect(422)
        .json();
    assert_ne!(refused["code"], json!(null));
    let waiting = twins
        .house
        .look("select count(*) from ingest.import where state <> 'committed'")
        .await;
    assert_eq!(waiting, 0);
}
