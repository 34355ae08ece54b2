//! What every answer carries, and what nothing that leaves the system may say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::browser::Browser;
use crate::house::{House, look, wait_for};
use crate::ledger::{company_id, settled};
use crate::sheet;

const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", "default-src 'none'"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=()"),
    ("x-request-id", "-"),
];

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (house, logins) = House::seeded().await;
    let server = house.serve().await;
    let manager = server
        .signed_in(&logins, "tomasz@acme.example", "acme")
        .await;
    let document = server.browser().get("/openapi.json").await.json();
    let described = document["paths"].as_object().unwrap().keys().cloned();
    let page = manager.read("/c/acme").await;
    let assets = page
        .split('"')
        .filter(|word| word.starts_with("/assets/"))
        .map(ToOwned::to_owned);
    let others = [
        "/openapi.json",
        "/docs/api",
        "/docs/api.css",
        "/nowhere",
        "/assets/nothing.js",
    ]
    .map(ToOwned::to_owned);
    let paths: Vec<String> = described.chain(assets).chain(others).collect();
    assert!(
        paths
            .iter()
            .filter(|path| path.starts_with("/assets/"))
            .count()
            > 1,
        "{page}"
    );
    for path in paths {
        let path = path.replace("{slug}", "acme").replace("{company}", "acme");
        for (who, browser) in [("nobody", &server.browser()), ("a manager", &manager)] {
            let answer = browser.send("GET", &path, &[], b"").await.unwrap();
            for (name, part) in HEADERS {
                let value = answer.headers.get(name);
                let there = value.is_some_and(|value| value.contains(part));
                assert!(there, "{path} for {who}: {name} is {value:?}");
            }
            let public = path.starts_with("/assets/")
                || path.starts_with("/docs/")
                || path == "/openapi.json";
            let kept = &answer.headers["cache-control"];
            assert!(
                public || kept.contains("no-store") || kept.contains("private"),
                "{path}: {kept}"
            );
            let csp = &answer.headers["content-security-policy"];
            assert!(!csp.contains("unsafe"), "{path}: {csp}");
        }
    }
}

/// Words that no system but the vault may know in clear, drawn for this run.
struct Canaries(BTreeMap<&'static str, String>);

impl Canaries {
    fn drawn() -> Self {
        let draw = |kind: &'static str| (kind, format!("canary{:032x}", rand::random::<u128>()));
        Self(
            [
                "participant",
                "volunteer",
                "text",
                "rejected",
                "column",
                "file",
                "discord",
            ]
            .map(draw)
            .into(),
        )
    }

    fn file(&self) -> Vec<u8> {
        let word = |kind: &str| &self.0[kind];
        format!(
            "{}C-1,Language Connect,{p}@example.org,{v}@acme.example.org,2026-03-01T10:00:00Z,30,4,We met {t} there,B1\n\
             C-2,Language Connect,{r},{v}@acme.example.org,2026-03-01T10:00:00Z,30,4,\"{r}, {t}\",B1\n",
            sheet::HEADER,
            p = word("participant"),
            v = word("volunteer"),
            t = word("text"),
            r = word("rejected"),
        )
        .into_bytes()
    }

    /// Which of them are in a text, in clear or as hexadecimal digits or base64 of the bytes.
    fn in_text(&self, text: &str) -> Vec<&'static str> {
        let text = text.to_lowercase();
        let found = |(_, word): &(&&'static str, &String)| {
            text.contains(word.as_str()) || text.contains(&hex::encode(word))
        };
        self.0.iter().filter(found).map(|(kind, _)| *kind).collect()
    }

    /// As [`Self::in_text`], over every file below a directory.
    fn in_files(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(self.in_files(&path));
            } else if !self
                .in_text(&String::from_utf8_lossy(&fs::read(&path).unwrap()))
                .is_empty()
            {
                found.push(path.display().to_string());
            }
        }
        found
    }
}

/// Everything that is stored, as text; bytes as hexadecimal digits.
async fn everything_stored(house: &House) -> String {
    let mut conn = house.administer().await;
    let tables = "select jsonb_agg(format('%I.%I', table_schema, table_name)) from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')";
    let tables = look(&mut conn, tables).await;
    let mut all = String::new();
    for table in tables.as_array().unwrap() {
        let rows = format!(
            "select string_agg(t::text, ' ') from {} as t",
            table.as_str().unwrap()
        );
        all.push_str(look(&mut conn, &rows).await.as_str().unwrap_or_default());
    }
    all
}

/// A whole flow with the canaries: taken in, refused, looked at, mapped, failed.
async fn flow(house: &House, manager: &Browser, canaries: &Canaries) {
    let path = format!(
        "/v1/imports?source=kintell-sessions&file_name={}.csv",
        canaries.0["file"]
    );
    let headers = [("content-type", "text/csv")];
    let accepted = manager
        .send("POST", &path, &headers, &canaries.file())
        .await
        .unwrap()
        .expect(202)
        .json();
    let import = manager.ended(accepted["id"].as_str().unwrap()).await;
    assert_eq!(
        (&import["created"], &import["rejected"]),
        (&1.into(), &1.into()),
        "{import}"
    );
    let id = import["id"].as_str().unwrap();
    // Whoever may see refused rows sees them: the canaries went in.
    let errors = manager.read(&format!("/v1/imports/{id}/errors.csv")).await;
    assert!(canaries.in_text(&errors).contains(&"rejected"), "{errors}");
    manager.read(&format!("/c/acme/imports/{id}")).await;
    let wrong = format!("session_id,{}\n1,2\n", canaries.0["column"]);
    assert_eq!(
        manager.import(wrong.as_bytes(), "wrong").await["state"],
        "failed"
    );
    let person = house
        .look("select participant_id from ingest.kintell_session")
        .await;
    let mapping = serde_json::json!({
        "profileId": person, "provider": "discord", "externalId": canaries.0["discord"],
    });
    wait_for("the profile is there", async || {
        let answer = manager.json("POST", "/v1/profile/mapping", &mapping).await;
        (answer.status == 201).then_some(())
    })
    .await;
    for query in [
        "/v1/imports?cursor=",
        "/c/acme?period=",
        "/nowhere?email=",
        "/v1/profile/",
    ] {
        manager
            .get(&format!("{query}{}", canaries.0["participant"]))
            .await;
    }
}

#[tokio::test]
async fn addresses_and_texts_of_people_stay_in_the_vault() {
    let (mut house, logins) = House::seeded().await;
    house.set("ATTEST_LOG__FILTER", "debug");
    let server = house.serve().await;
    let manager = server
        .signed_in(&logins, "tomasz@acme.example", "acme")
        .await;
    let canaries = Canaries::drawn();
    flow(&house, &manager, &canaries).await;
    settled(&house, &company_id(&house, "acme").await).await;
    let metrics = server.browser().read("/metrics").await;
    assert_eq!(canaries.in_text(&metrics), Vec::<&str>::new(), "metrics");
    let stored = everything_stored(&house).await;
    assert!(stored.contains("kintell.session.completed") && stored.contains("import.batch"));
    assert_eq!(canaries.in_text(&stored), Vec::<&str>::new(), "tables");
    let dump = house.dir().join("dump");
    house.done(&["db", "dump", dump.to_str().unwrap()]).await;
    let log = server.log_text();
    assert!(log.contains("/v1/imports"), "{log}");
    assert!(server.stop().await);
    assert_eq!(
        canaries.in_files(house.dir()),
        Vec::<String>::new(),
        "files: log, dump, data directory"
    );
    // The search finds what is there.
    house.file("planted", canaries.file());
    assert_eq!(canaries.in_files(house.dir()).len(), 1);
    assert_eq!(canaries.in_text(&hex::encode(canaries.file())).len(), 4);
    let password = logins.password("tomasz@acme.example");
    assert!(
        !log.contains(password) && !log.contains("tomasz@acme.example"),
        "a login is in the log"
    );
}
