//! One datum on its whole way: from a row of a file to a figure on a page, and back.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::house::House;
use crate::ledger::{broken_rules, company_id, settled};
use crate::sheet::{self, Row};

const FAULTY: &str =
    "X-1,Language Connect,nobody,mentor1@acme.example.org,2026-03-01T10:00:00Z,30,4,,B1\n";

/// Forty sessions, and one row that is refused.
fn rows() -> Vec<Row> {
    (1..=40).map(Row::of).collect()
}

fn file() -> Vec<u8> {
    [sheet::file(&rows()).as_slice(), FAULTY.as_bytes()].concat()
}

fn counts(import: &Value) -> [u64; 5] {
    ["rows_in", "created", "updated", "unchanged", "rejected"]
        .map(|count| import[count].as_u64().unwrap())
}

struct Walk {
    house: House,
    manager: Browser,
    company: String,
    import: Value,
}

impl Walk {
    /// Uploads the file and lets everything come of it.
    async fn begin(house: House, manager: Browser) -> Self {
        let import = manager.import(&file(), "first").await;
        let company = company_id(&house, "acme").await;
        settled(&house, &company).await;
        Self {
            house,
            manager,
            company,
            import,
        }
    }

    fn import_id(&self) -> &str {
        self.import["id"].as_str().unwrap()
    }

    async fn figures(&self, period: &str) -> Value {
        let told = self
            .manager
            .get(&format!("/v1/metrics/acme/{period}"))
            .await;
        told.expect(200).json()
    }

    async fn check_import(&self) {
        assert_eq!(self.import["state"], "committed");
        assert_eq!(counts(&self.import), [41, 40, 0, 0, 1]);
        let path = format!("/v1/imports/{}/errors", self.import_id());
        let errors = self.manager.get(&path).await.expect(200).json();
        let error = &errors["rows"][0]["errors"][0];
        assert_eq!(
            (&error["code"], &error["line"]),
            (&json!("E001"), &json!(42))
        );
        let csv = self.manager.read(&format!("{path}.csv")).await;
        assert!(csv.contains("X-1") && csv.contains("E001"), "{csv}");
    }

    async fn check_books(&self) {
        let mut conn = self.house.administer().await;
        assert_eq!(
            broken_rules(&mut conn, &self.company).await,
            Vec::<&str>::new()
        );
        self.house.done(&["audit", "verify"]).await;
    }

    /// The learner of one session, as the journey knows them.
    async fn check_profile(&self) {
        let statement =
            "select participant_id from ingest.kintell_session where external_id = 'K-3'";
        let person = self.house.look(statement).await;
        let path = format!("/v1/profile/{}", person.as_str().unwrap());
        let profile = self.manager.get(&path).await.expect(200).json();
        assert_eq!(profile["roles"], json!(["participant"]));
        assert_eq!(profile["enrolments"][0]["programme"], "language");
        // Learner 3 has session 3 in April and session 40 in January.
        assert_eq!(profile["firstSeenAt"], "2026-01-14T10:00:00Z");
        assert_eq!(profile["lastActiveAt"], "2026-04-14T10:00:00Z");
        assert!(!profile.to_string().contains("learner3"), "{profile}");
    }

    async fn check_figures(&self) {
        let months = sheet::months(&rows());
        assert_eq!(months.len(), 10);
        for (month, expected) in &months {
            let told = self.figures(month).await;
            assert!(
                expected.agrees(&told["figures"]),
                "{month}: {expected:?} {told}"
            );
        }
    }

    /// From every figure of a month back to the rows of the file.
    async fn check_way_back(&self) {
        let figures = self.figures("2026-04").await;
        for figure in figures["figures"].as_array().unwrap() {
            let path = figure["lineage"].as_str().unwrap();
            let lineage = self.manager.get(path).await.expect(200).json();
            assert_eq!(lineage["value"], figure["value"]);
            assert_eq!(lineage["stale"], false);
            let sessions = lineage["sessions"].as_array().unwrap();
            assert_eq!(figure["sample_size"], sessions.len());
            for session in sessions {
                let origin = &session["origin"];
                assert_eq!(origin["import"], self.import_id());
                let row = usize::try_from(origin["row"].as_u64().unwrap()).unwrap();
                let row = &rows()[row - 1];
                assert_eq!(row.month, "2026-04");
                assert_eq!(session["minutes"], row.minutes);
            }
        }
    }

    /// The pages say what the API says.
    async fn check_pages(&self) {
        let april = &sheet::months(&rows())["2026-04"];
        let page = self.manager.read("/c/acme?period=2026-04").await;
        for number in [april.sessions, april.participants, april.volunteers] {
            assert!(
                page.contains(&format!("<bdi>{number}</bdi>")),
                "{number}: {page}"
            );
        }
        assert!(
            page.contains(&format!("<bdi>{:.1}</bdi>", april.hours)),
            "{page}"
        );
        let figures = self.figures("2026-04").await;
        let hours = &figures["figures"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["metric"] == "hours")
            .unwrap()["id"];
        let why = self
            .manager
            .read(&format!("/c/acme/why/{}", hours.as_str().unwrap()))
            .await;
        let lines = rows()
            .iter()
            .enumerate()
            .filter(|(_, row)| row.month == "2026-04")
            .map(|(at, _)| at + 2)
            .collect::<Vec<_>>();
        for line in lines {
            assert!(
                why.contains(&format!("<td class=\"n\">{line}</td>")),
                "line {line}: {why}"
            );
        }
        assert!(why.contains("sessions.csv") && why.contains(self.import_id()));
        let import = self
            .manager
            .read(&format!("/c/acme/imports/{}", self.import_id()))
            .await;
        assert!(
            import.contains("sessions.csv") && import.contains("E001"),
            "{import}"
        );
    }

    /// What is stored of sessions, people and figures.
    async fn stored(&self) -> Value {
        let statement = "select jsonb_build_array(
            (select md5(string_agg(s::text, '' order by s.id)) from ingest.kintell_session as s),
            (select md5(string_agg(t::text, '' order by t.id)) from platform.sealed_text as t),
            (select md5(string_agg(p::text, '' order by p.id)) from profile.profile as p),
            (select md5(string_agg(f::text, '' order by f.id)) from insight.figure as f),
            (select count(*) from platform.person),
            (select count(*) from platform.outbox where type like 'kintell.%'))";
        self.house.look(statement).await
    }

    async fn check_second_upload(&self) {
        let before = self.stored().await;
        let again = self.manager.import(&file(), "second").await;
        assert_eq!(counts(&again), [41, 0, 0, 40, 1]);
        settled(&self.house, &self.company).await;
        assert_eq!(self.stored().await, before);
        let repeated = self.manager.import(&file(), "first").await;
        assert_eq!(
            repeated["id"], self.import["id"],
            "the same key is the same upload"
        );
    }
}

#[tokio::test]
async fn a_row_becomes_a_figure_and_the_figure_leads_back_to_the_row() {
    let (house, logins) = House::seeded().await;
    let server = house.serve().await;
    let manager = server
        .signed_in(&logins, "tomasz@acme.example", "acme")
        .await;
    let walk = Walk::begin(house, manager).await;
    walk.check_import().await;
    walk.check_profile().await;
    walk.check_figures().await;
    walk.check_way_back().await;
    walk.check_pages().await;
    walk.check_books().await;
    walk.check_second_upload().await;
    walk.check_books().await;
    assert!(server.stop().await);
}

#[tokio::test]
async fn another_company_sees_nothing_of_it() {
    let (house, logins) = House::seeded().await;
    let server = house.serve().await;
    let manager = server
        .signed_in(&logins, "tomasz@acme.example", "acme")
        .await;
    let walk = Walk::begin(house, manager).await;
    let figures = walk.figures("2026-04").await;
    let stranger = server
        .signed_in(&logins, "jonas@globex.example", "globex")
        .await;
    let lineage = figures["figures"][0]["lineage"].as_str().unwrap();
    for path in [
        lineage,
        "/v1/metrics/acme/2026-04",
        &format!("/v1/imports/{}", walk.import_id()),
        "/c/acme",
    ] {
        stranger.get(path).await.expect(404);
    }
    let own = stranger
        .get("/v1/metrics/globex/2026-04")
        .await
        .expect(200)
        .json();
    assert_eq!(own["figures"], json!([]));
    assert_eq!(
        stranger.get("/v1/imports").await.expect(200).json()["imports"],
        json!([])
    );
}
