//! `kill -9` of the server at random points of uploads, imports and consumption.

use std::time::{Duration, Instant};

use sqlx::Connection;

use crate::browser::Browser;
use crate::house::{House, Logins, tell};
use crate::ledger::{broken_rules, company_id, settled};
use crate::sheet::{self, Row};

/// How long a job belongs to a process that does not say anything.
const LEASE: Duration = Duration::from_secs(30);
const KILLS: u32 = 20;
/// New sessions of a file; as many more are known from the file before.
const NEW: u32 = 200;

/// Numbers that look random and follow from a seed (`SplitMix64`).
struct Random(u64);

impl Random {
    /// A seed of its own for every run; `ATTEST_TEST_SEED` repeats one.
    fn new() -> Self {
        let given = std::env::var("ATTEST_TEST_SEED").ok();
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let seed = given.map_or(u64::from(now.subsec_nanos()), |seed| seed.parse().unwrap());
        eprintln!("ATTEST_TEST_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        longest * u32::try_from(self.next() % 1_000).unwrap() / 1_000
    }
}

/// The rows of a file: half of them known from the file before, and some told twice,
/// the second time with a longer session. In whatever order files are taken in, the
/// same sessions come of them.
fn rows(number: u32) -> Vec<Row> {
    let mut rows: Vec<Row> = (number * NEW..(number + 2) * NEW).map(Row::of).collect();
    let longer = |row: &Row| Row {
        minutes: row.minutes + 5,
        ..row.clone()
    };
    rows.extend(
        (number * NEW..(number + 2) * NEW)
            .step_by(50)
            .map(Row::of)
            .map(|row| longer(&row)),
    );
    rows
}

/// A file with one row that is refused.
fn file(number: u32) -> Vec<u8> {
    let mut file = sheet::file(&rows(number));
    file.extend(
        format!(
            "X-{number},Language Connect,nobody,m@acme.example.org,2026-01-01T10:00:00Z,30,4,,B1\n"
        )
        .bytes(),
    );
    file
}

/// What a client has sent and what it was told.
#[derive(Default)]
struct Client {
    sent: u32,
    /// Numbers of files without an answer so far.
    open: Vec<u32>,
    acknowledged: Vec<String>,
}

impl Client {
    /// Sends what was not answered, under the keys of the first time.
    async fn send(&mut self, browser: &Browser) {
        while let Some(number) = self.open.first() {
            let key = format!("upload-{number}");
            let Ok(answer) = browser.upload(&file(*number), &key).await else {
                return;
            };
            let import = answer.expect(202).json();
            self.acknowledged
                .push(import["id"].as_str().unwrap().to_owned());
            self.open.remove(0);
        }
    }

    fn add_file(&mut self) {
        self.open.push(self.sent);
        self.sent += 1;
    }
}

struct Trial {
    house: House,
    manager: Browser,
    client: Client,
    company: String,
}

impl Trial {
    async fn new() -> Self {
        let (house, logins) = House::seeded().await;
        let server = house.serve().await;
        let manager = sign_in(&server, &logins).await;
        assert!(server.stop().await);
        Self {
            company: company_id(&house, "acme").await,
            house,
            manager,
            client: Client::default(),
        }
    }

    /// One file without a kill; how long it takes from upload to the last figure.
    async fn undisturbed(&mut self) -> Duration {
        let server = self.house.serve().await;
        let begun = Instant::now();
        self.client.add_file();
        self.client
            .send(&self.manager.clone().at(&server.address))
            .await;
        settled(&self.house, &self.company).await;
        let took = begun.elapsed();
        assert!(server.stop().await);
        took
    }

    /// One more file, and a kill after a while.
    async fn killed(&mut self, after: Duration) {
        let server = self.house.serve().await;
        let browser = self.manager.clone().at(&server.address);
        self.client.add_file();
        // The moment of the kill is what is random here; nothing is waited for.
        tokio::select! {
            biased;
            () = tokio::time::sleep(after) => {}
            () = async {
                self.client.send(&browser).await;
                std::future::pending::<()>().await;
            } => {}
        }
        server.kill().await;
        // As if the dead one's leases had run out, which takes half a minute.
        let mut conn = self.house.administer().await;
        tell(
            &mut conn,
            "update platform.job set lease_until = now() - interval '1 second' where state = 'running'",
        )
        .await;
    }

    /// What is sent again until it is acknowledged, and the rest of the work.
    async fn finish(&mut self) {
        let server = self.house.serve().await;
        let browser = self.manager.clone().at(&server.address);
        self.client.send(&browser).await;
        assert!(self.client.open.is_empty());
        settled(&self.house, &self.company).await;
        self.check_figures(&browser).await;
        assert!(server.stop().await);
    }

    async fn check_figures(&self, browser: &Browser) {
        let all: Vec<Row> = (0..self.client.sent).flat_map(rows).collect();
        for (month, expected) in sheet::months(&all) {
            let told = browser
                .get(&format!("/v1/metrics/acme/{month}"))
                .await
                .expect(200);
            let told = told.json();
            assert_eq!(told["pending"], false);
            assert!(
                expected.agrees(&told["figures"]),
                "{month}: {expected:?} {told}"
            );
        }
    }

    async fn check_books(&self) {
        let mut conn = self.house.administer().await;
        assert_eq!(
            broken_rules(&mut conn, &self.company).await,
            Vec::<&str>::new()
        );
        let imports = "select jsonb_agg('imp_' || replace(id::text, '-', '')) from ingest.import";
        let stored = self.house.look(imports).await;
        let stored = stored.as_array().unwrap();
        assert_eq!(
            stored.len(),
            self.client.sent as usize,
            "one import for each key"
        );
        for id in &self.client.acknowledged {
            assert!(
                stored.iter().any(|stored| stored == id),
                "{id} was acknowledged"
            );
        }
        let sessions = "select count(distinct external_id) from ingest.kintell_session";
        assert_eq!(
            self.house.look(sessions).await,
            (self.client.sent + 1) * NEW
        );
        self.house.done(&["audit", "verify"]).await;
    }
}

async fn sign_in(server: &crate::house::Server, logins: &Logins) -> Browser {
    server
        .signed_in(logins, "tomasz@acme.example", "acme")
        .await
}

#[tokio::test]
async fn twenty_kills_lose_nothing_and_double_nothing() {
    let mut random = Random::new();
    let mut trial = Trial::new().await;
    let took = trial.undisturbed().await;
    for _ in 0..KILLS {
        let after = random.up_to(took);
        trial.killed(after).await;
    }
    let cut_off = "select count(*) from platform.job where attempts > 1 or state <> 'succeeded'";
    let cut_off = trial.house.look(cut_off).await;
    eprintln!("{cut_off} jobs were cut off");
    assert!(cut_off.as_i64().unwrap() > 0, "no kill hit a job");
    trial.finish().await;
    trial.check_books().await;
}

/// What a superuser could do to the books, and no kill may.
const TAMPERS: [&str; 14] = [
    "delete from platform.outbox where position = 40",
    "delete from platform.outbox where position = (select max(position) from platform.outbox)",
    "update platform.outbox set event_id = (select event_id from platform.outbox where position = 41) where position = 40",
    "delete from platform.inbox where ctid = (select min(ctid) from platform.inbox where consumer = 'insight.metrics')",
    "delete from platform.audit_entry where action = 'import.batch'",
    "update platform.audit_entry set details = replace(details, '\"created\"', '\"updated\"') where action = 'import.batch'",
    "update ingest.import set created = created - 1, unchanged = unchanged + 1",
    "delete from ingest.kintell_session where external_id = 'K-7'",
    "delete from ingest.import_rejection",
    "delete from insight.session_fact where ctid = (select min(ctid) from insight.session_fact)",
    "update insight.session_fact set duration_minutes = duration_minutes + 1",
    "update profile.session_fact set volunteer_id = participant_id",
    "delete from profile.rating_fact where ctid = (select min(ctid) from profile.rating_fact)",
    "delete from platform.sealed_text where ctid = (select min(ctid) from platform.sealed_text)",
];

#[tokio::test]
async fn the_books_show_every_loss_and_every_doubling() {
    let mut trial = Trial::new().await;
    trial.undisturbed().await;
    let mut conn = trial.house.administer().await;
    assert_eq!(
        broken_rules(&mut conn, &trial.company).await,
        Vec::<&str>::new()
    );
    for tamper in TAMPERS {
        let mut tx = conn.begin().await.unwrap();
        tell(
            &mut tx,
            &format!("set local session_replication_role = replica; {tamper}"),
        )
        .await;
        let broken = broken_rules(&mut tx, &trial.company).await;
        assert!(!broken.is_empty(), "unnoticed: {tamper}");
        tx.rollback().await.unwrap();
    }
    trial.check_books().await;
}

#[tokio::test]
async fn a_private_database_outlives_the_kills_of_its_server() {
    let mut random = Random::new();
    let house = House::private();
    let logins = house.seed().await;
    let mut client = Client::default();
    for _ in 0..3 {
        let server = house.serve().await;
        let browser = sign_in(&server, &logins).await;
        client.add_file();
        let after = random.up_to(Duration::from_millis(400));
        tokio::select! {
            biased;
            () = tokio::time::sleep(after) => {}
            () = client.send(&browser) => {}
        }
        server.kill().await;
    }
    // The dead one's database may still be ending; nothing of it is in the way, its leases neither.
    let begun = Instant::now();
    let server = house.serve().await;
    let browser = sign_in(&server, &logins).await;
    client.send(&browser).await;
    let imports = browser.get("/v1/imports").await.expect(200).json();
    assert_eq!(
        imports["imports"].as_array().unwrap().len(),
        client.sent as usize
    );
    for id in &client.acknowledged {
        assert!(
            imports.to_string().contains(id.as_str()),
            "{id} was acknowledged"
        );
        let import = browser.ended(id).await;
        assert_eq!(import["state"], "committed", "{import}");
    }
    assert!(
        begun.elapsed() < LEASE,
        "what was cut off waited for a lease of the dead"
    );
    house.done(&["audit", "verify"]).await;
    assert!(server.stop().await);
}
