//! Files that are none: through HTTP and through the command line, each is told what
//! to do, and what was stored before stays as it was.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::browser::Browser;
use crate::house::{BOOKKEEPING, House, Server};
use crate::ledger::{company_id, settled};
use crate::sheet::{self, Row};

/// What must come of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// Refused as a whole, by this code.
    Refused(&'static str),
    /// Taken in, but for so many rows, the first of which has this code.
    Rejected(u64, &'static str),
    /// Read as it is meant: it says what is known.
    Known,
}

fn known() -> Vec<Row> {
    let text = "Blåbær på fjellet, sa læreren".to_owned();
    let told = Row { text, ..Row::of(8) };
    [Row::of(7), told, Row::of(10)].to_vec()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn with_line(line: &str) -> Vec<u8> {
    [&sheet::file(&known()), line.as_bytes()].concat()
}

fn long_row() -> String {
    let text = "x".repeat(10 << 20);
    format!(
        "K-9,Language Connect,a@example.org,b@acme.example.org,2026-03-01T10:00:00Z,30,4,{text},B1\n"
    )
}

fn files() -> Vec<(&'static str, Vec<u8>, Fate)> {
    let text = String::from_utf8(sheet::file(&known())).unwrap();
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let wide = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes);
    let bomb = [sheet::HEADER.as_bytes(), &vec![b'\n'; 16 << 20]].concat();
    vec![
        ("empty", Vec::new(), Fate::Refused("file_empty")),
        ("blank", b"\n\r\n\n".to_vec(), Fate::Refused("file_empty")),
        (
            "header",
            b"name,city\nOla,Oslo\n".to_vec(),
            Fate::Refused("header_missing_columns"),
        ),
        ("bomb", gzip(&bomb), Fate::Refused("gzip_bomb")),
        (
            "cut",
            gzip(text.as_bytes())[..80].to_vec(),
            Fate::Refused("gzip_broken"),
        ),
        ("latin", latin, Fate::Known),
        ("utf16", wide.collect(), Fate::Known),
        (
            "nul",
            with_line("K-9\0,x\n"),
            Fate::Refused("file_nul_bytes"),
        ),
        (
            "workbook",
            b"PK\x03\x04 and more".to_vec(),
            Fate::Refused("archive_broken"),
        ),
        (
            "columns",
            vec!["column"; 1_000_000].join(",").into_bytes(),
            Fate::Refused("header_too_many_columns"),
        ),
        (
            "formulas",
            with_line(&"=1+1,=2,=3,=4,=5,=6,=7,=8,=9\n".repeat(3)),
            Fate::Rejected(3, "E011"),
        ),
        ("long", with_line(&long_row()), Fate::Rejected(1, "E008")),
    ]
}

struct Trial {
    house: House,
    server: Server,
    manager: Browser,
    company: String,
}

impl Trial {
    /// Three sessions are known.
    async fn new() -> Self {
        let (house, logins) = House::seeded().await;
        let server = house.serve().await;
        let manager = server
            .signed_in(&logins, "tomasz@acme.example", "acme")
            .await;
        let import = manager.import(&sheet::file(&known()), "known").await;
        assert_eq!(import["created"], 3);
        let company = company_id(&house, "acme").await;
        settled(&house, &company).await;
        Self {
            house,
            server,
            manager,
            company,
        }
    }

    async fn stored(&self) -> String {
        self.house.rows(&self.company, &BOOKKEEPING).await
    }
}

/// The counts add up to what the fate says.
fn check_counts(name: &str, import: &Value, fate: Fate) {
    let count = |count: &str| import[count].as_u64().unwrap();
    let (expected_in, rejected) = match fate {
        Fate::Refused(_) => (0, 0),
        Fate::Rejected(rejected, _) => (3 + rejected, rejected),
        Fate::Known => (3, 0),
    };
    assert_eq!(count("rows_in"), expected_in, "{name}: {import}");
    assert_eq!(count("rejected"), rejected, "{name}: {import}");
    assert_eq!(
        (count("created"), count("updated")),
        (0, 0),
        "{name}: {import}"
    );
    assert_eq!(
        count("unchanged"),
        expected_in - rejected,
        "{name}: {import}"
    );
    if let Fate::Refused(code) = fate {
        assert_eq!(
            (&import["state"], &import["problem"]["code"]),
            (&"failed".into(), &code.into()),
            "{name}"
        );
        assert!(
            import["problem"]["detail"].as_str().unwrap().len() > 40,
            "{name}: {import}"
        );
    } else {
        assert_eq!(import["state"], "committed", "{name}: {import}");
    }
}

async fn check_rejected_rows(manager: &Browser, import: &Value, code: &str) {
    let path = format!("/v1/imports/{}/errors", import["id"].as_str().unwrap());
    let rows = manager.get(&path).await.expect(200).json();
    let errors = rows["rows"][0]["errors"].as_array().unwrap();
    assert!(
        errors.iter().any(|error| error["code"] == code),
        "{code}: {rows}"
    );
    for error in errors {
        assert!(
            !error["reason"].as_str().unwrap().is_empty()
                && !error["advice"].as_str().unwrap().is_empty()
        );
    }
    let csv = manager.read(&format!("{path}.csv")).await;
    let runs = |cell: &str| cell.trim_matches('"').starts_with(['=', '+', '-', '@']);
    assert!(
        !csv.lines().flat_map(|line| line.split(',')).any(runs),
        "a spreadsheet would run a cell of {csv}"
    );
}

#[tokio::test]
async fn a_bad_upload_is_told_what_to_do_and_leaves_no_trace() {
    let trial = Trial::new().await;
    let before = trial.stored().await;
    for (name, bytes, fate) in files() {
        let import = trial.manager.import(&bytes, name).await;
        check_counts(name, &import, fate);
        if let Fate::Rejected(_, code) = fate {
            check_rejected_rows(&trial.manager, &import, code).await;
        }
        let page = format!("/c/acme/imports/{}", import["id"].as_str().unwrap());
        trial.manager.get(&page).await.expect(200);
    }
    settled(&trial.house, &trial.company).await;
    assert_eq!(trial.stored().await, before);
    assert!(trial.server.stop().await);
}

#[tokio::test]
async fn a_bad_file_on_the_command_line_gives_one_object_and_the_right_status() {
    let trial = Trial::new().await;
    let before = trial.stored().await;
    for (name, bytes, fate) in files() {
        let file = trial.house.file(name, &bytes);
        let said = trial
            .house
            .run(&[
                "import",
                "kintell-sessions",
                &file,
                "--company",
                "acme",
                "--json",
            ])
            .await;
        assert_eq!(said.out.lines().count(), 1, "{name}: {}", said.out);
        let outcome: Value = serde_json::from_str(&said.out).unwrap();
        check_counts(name, &outcome, fate);
        let refused = matches!(fate, Fate::Refused(_));
        assert_eq!(said.ok, !refused, "{name}: {}", said.err);
        if refused {
            assert!(
                said.err
                    .contains(outcome["problem"]["detail"].as_str().unwrap()),
                "{name}: {}",
                said.err
            );
        }
    }
    for (arguments, word) in [
        (["/nowhere/at-all.csv", "--company", "acme"], "cannot read"),
        (
            [
                &trial.house.file("good", sheet::file(&known())),
                "--company",
                "nowhere",
            ],
            "nowhere",
        ),
    ] {
        let said = trial
            .house
            .refused(&[&["import", "kintell-sessions"], &arguments[..]].concat())
            .await;
        assert!(said.contains(word), "{said}");
    }
    settled(&trial.house, &trial.company).await;
    assert_eq!(trial.stored().await, before);
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_however_it_comes() {
    let (mut house, logins) = House::seeded().await;
    house.set("ATTEST_INGEST__MAX_UPLOAD_BYTES", "20000");
    let server = house.serve().await;
    let manager = server
        .signed_in(&logins, "tomasz@acme.example", "acme")
        .await;
    let rows: Vec<Row> = (1..=400).map(Row::of).collect();
    let large = sheet::file(&rows);
    let answer = manager.upload(&large, "large").await.unwrap().expect(413);
    assert!(answer.text.contains("20000"), "{}", answer.text);
    let file = house.file("large.csv", &large);
    let said = house
        .refused(&[
            "import",
            "kintell-sessions",
            &file,
            "--company",
            "acme",
            "--json",
        ])
        .await;
    assert!(said.contains("20000"), "{said}");
    let packed = gzip(&large);
    assert!(packed.len() < 20_000);
    let import = manager.import(&packed, "packed").await;
    assert_eq!(import["problem"]["code"], "file_too_large");
    assert_eq!(
        house
            .look("select count(*) from ingest.kintell_session")
            .await,
        0
    );
    assert_eq!(house.look("select count(*) from ingest.import").await, 1);
    let small = manager.import(&sheet::file(&rows[..5]), "small").await;
    assert_eq!(small["created"], 5);
}
