use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{HEADER, House, counts, file, row};
use crate::query::State;
use crate::{Config, Error, import_file};

/// The file is refused as a whole, says so, and leaves nothing behind.
async fn refused(house: &House, bytes: impl AsRef<[u8]>) -> String {
    let outcome = house.import(bytes).await;
    assert_eq!((outcome.state, counts(&outcome)), (State::Failed, [0; 5]));
    let problem = outcome.problem.unwrap();
    assert!(problem.detail.len() > 40, "{}", problem.detail);
    assert_eq!(house.spooled(), 0);
    problem.code
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn files_that_are_none_are_refused_and_what_was_stored_stays() {
    let house = House::new().await;
    house.import(file(&[row("K-1", 60, "5", "Good")])).await;
    let bomb = gzip(&[HEADER.as_bytes(), &vec![b'\n'; 64 << 20]].concat());
    let columns = vec!["column"; 1_000_000].join(",");
    let nul = [HEADER.as_bytes(), b"K-1\0,x\n"].concat();
    for (bytes, code) in [
        (Vec::new(), "file_empty"),
        (b"\n\n\n".to_vec(), "file_empty"),
        (b"name,city\nOla,Oslo\n".to_vec(), "header_missing_columns"),
        (row("K-1", 60, "5", "").into_bytes(), "header_missing"),
        (bomb, "gzip_bomb"),
        (
            gzip(&file(&[row("K-1", 60, "5", "")]))[..60].to_vec(),
            "gzip_broken",
        ),
        (nul, "file_nul_bytes"),
        (columns.into_bytes(), "header_too_many_columns"),
        (b"PK\x03\x04 and so on".to_vec(), "archive_broken"),
        (b"%PDF-1.7".to_vec(), "file_not_csv"),
    ] {
        assert_eq!(refused(&house, bytes).await, code);
    }
    assert_eq!(
        house
            .count("select count(*) from ingest.kintell_session")
            .await,
        1
    );
    let again = house.import(file(&[row("K-1", 60, "5", "Good")])).await;
    assert_eq!(counts(&again), [1, 0, 0, 1, 0]);
}

#[tokio::test]
async fn a_header_without_rows_is_no_success_without_a_warning() {
    let house = House::new().await;
    let outcome = house.import(HEADER).await;
    assert_eq!(
        (outcome.state, counts(&outcome)),
        (State::Committed, [0; 5])
    );
    assert_eq!(outcome.warnings[0].code, "file_without_rows");
}

#[tokio::test]
async fn latin_1_utf_16_and_gzip_are_read_as_they_are_meant() {
    let house = House::new().await;
    let text = String::from_utf8(file(&[row("K-1", 60, "5", "Blåbær og rømme")])).unwrap();
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    assert_eq!(counts(&house.import(&latin).await), [1, 1, 0, 0, 0]);
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(counts(&house.import(utf16).await), [1, 0, 0, 1, 0]);
    assert_eq!(
        counts(&house.import(gzip(text.as_bytes())).await),
        [1, 0, 0, 1, 0]
    );
}

#[tokio::test]
async fn a_row_of_ten_megabytes_is_refused_and_its_neighbours_are_not() {
    let house = House::new().await;
    let long = row("K-2", 60, "5", &"x".repeat(10 << 20));
    let outcome = house
        .import(file(&[
            row("K-1", 60, "5", ""),
            long,
            row("K-3", 60, "5", ""),
        ]))
        .await;
    assert_eq!(counts(&outcome), [3, 2, 0, 0, 1]);
    let rejected = house.rejected(outcome.import_id).await;
    assert_eq!(rejected[0].errors[0].code.as_str(), "E008");
}

#[tokio::test]
async fn a_formula_in_every_cell_gives_row_errors_and_nothing_that_runs() {
    let house = House::new().await;
    let formulas = "=1+1,=2,=3,=4,=5,=6,=7,=8,=9\n".repeat(3);
    let outcome = house.import(format!("{HEADER}{formulas}")).await;
    assert_eq!(counts(&outcome), [3, 0, 0, 0, 3]);
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused_before_anything_is_stored() {
    let house = House::new().await;
    let config = Config {
        max_upload_bytes: 1_000_000,
        ..house.config.clone()
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let file = Cursor::new(HEADER).chain(std::io::repeat(b'x').take(2 << 30));
    let upload = super::upload(crate::query::Options::default());
    let result = import_file(
        house.test.db(),
        &house.grant,
        &config,
        upload,
        file,
        |_| {},
        &stop,
    )
    .await;
    assert!(matches!(result, Err(Error::TooLarge { limit: 1_000_000 })));
    assert_eq!(house.spooled(), 0);
    assert_eq!(house.count("select count(*) from ingest.import").await, 0);
}

#[tokio::test]
async fn a_packed_file_that_unpacks_over_the_limit_is_refused() {
    let house = House::new().await;
    let config = Config {
        max_upload_bytes: 1_000_000,
        ..house.config.clone()
    };
    // Digits that pack badly enough to be no bomb.
    let noise: Vec<String> = (0_u64..200_000)
        .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).to_string())
        .collect();
    let packed = gzip(format!("{HEADER}{}", noise.join("\n")).as_bytes());
    let stop = tokio_util::sync::CancellationToken::new();
    let upload = super::upload(crate::query::Options::default());
    let outcome = import_file(
        house.test.db(),
        &house.grant,
        &config,
        upload,
        Cursor::new(packed),
        |_| {},
        &stop,
    )
    .await;
    let problem = outcome.unwrap().problem.unwrap();
    assert_eq!(
        (problem.code.as_str(), problem.status),
        ("file_too_large", 413)
    );
}
