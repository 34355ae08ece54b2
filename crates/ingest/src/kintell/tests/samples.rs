//! The sample files hold what their README says.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;

use super::super::mapping::{Mapper, SessionRow};
use super::super::scan::scan;
use super::{MappingOptions, options};
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Row;
use crate::sheet::row_error::ErrorCode;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(name)
}

/// The README's row of counts and header set for a file, as this code finds them, and the codes in order.
fn describe(name: &str) -> (String, Vec<ErrorCode>) {
    let bytes = fs::read(fixture("kintell").join(name)).unwrap();
    assert!(bytes.len() < 1 << 20);
    let scan = scan(bytes.as_slice(), Limits::default(), None).unwrap();
    let rating_scale = scan.ratings.scale(None).unwrap();
    let mut reader =
        SheetReader::open_as(bytes.as_slice(), Limits::default(), Some(scan.encoding)).unwrap();
    let mapper = Mapper::new(
        reader.header(),
        MappingOptions {
            rating_scale,
            ..options(None)
        },
    )
    .unwrap();
    let mut known: HashMap<String, SessionRow> = HashMap::new();
    let (mut updated, mut unchanged, mut rejected, mut codes) = (0, 0, 0, Vec::new());
    while let Some(row) = reader.next_row().unwrap() {
        let outcome = match row {
            Row::Record(record) => mapper.map(record),
            Row::Broken(_, error) => Err(vec![error]),
        };
        match outcome {
            Ok(session) => {
                let session = SessionRow { line: 0, ..session };
                match known.insert(session.external_id.clone(), session.clone()) {
                    Some(before) if before == session => unchanged += 1,
                    Some(_) => updated += 1,
                    None => {}
                }
            }
            Err(errors) => {
                rejected += 1;
                codes.extend(errors.iter().map(|error| error.code));
            }
        }
    }
    let created = known.len() as u64;
    assert_eq!(scan.rows, created + updated + unchanged + rejected);
    let set = scan.header_set.as_str();
    (
        format!(
            "| `{name}` | `{set}` | FORM | {} | {created} | {updated} | {unchanged} | {rejected} |",
            scan.rows
        ),
        codes,
    )
}

#[test]
fn the_samples_hold_what_their_readme_says() {
    let readme = fs::read_to_string(fixture("README.md")).unwrap();
    let mut codes = BTreeSet::new();
    for name in [
        "acme-sessions.csv",
        "globex-language.csv",
        "initech-mentorship.csv",
    ] {
        let (counts, found) = describe(name);
        let (start, end) = counts.split_once("FORM").unwrap();
        let line = readme
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{counts}"));
        assert!(line.ends_with(end), "{counts}\n{line}");
        let listed: Vec<ErrorCode> = listed_codes(&readme, name);
        assert_eq!(sorted(found.clone()), sorted(listed), "{name}");
        codes.extend(found);
    }
    // Codes behind these are of other sources.
    let missing: Vec<ErrorCode> = ErrorCode::ALL
        .into_iter()
        .filter(|code| *code <= ErrorCode::UnclosedQuote)
        .filter(|code| !codes.contains(code))
        .collect();
    assert_eq!(missing, [ErrorCode::RowTooLarge]);
}

fn sorted(mut codes: Vec<ErrorCode>) -> Vec<ErrorCode> {
    codes.sort_unstable();
    codes
}

/// The codes in the README's table of wrong rows; a line "X001, X002" stands for two rows.
fn listed_codes(readme: &str, name: &str) -> Vec<ErrorCode> {
    let (_, table) = readme.split_once("| File | Row | Codes |").unwrap();
    let mut current = "";
    let mut codes = Vec::new();
    for line in table.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, file, row, listed, _] = cells.as_slice() else {
            continue;
        };
        if !file.is_empty() {
            current = file;
        }
        if current.trim_matches('`') == name {
            let rows = row.split(':').next().unwrap().matches('X').count().max(1);
            let listed = listed
                .split(' ')
                .filter_map(|code| code.parse::<ErrorCode>().ok());
            codes.extend(listed.collect::<Vec<_>>().repeat(rows));
        }
    }
    codes
}
