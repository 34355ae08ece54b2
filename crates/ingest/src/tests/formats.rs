//! The same data as a workbook, as JSON and in an archive comes to the same as from text.

use serde_json::{Value, json};

use super::{House, counts};
use crate::query::Source;

const USERS: &[u8] = include_bytes!("../../../../fixtures/buddy/acme-users.csv");
const WORKBOOK: &[u8] = include_bytes!("../../tests/data/users.xlsx");

/// The rows of a CSV file as objects.
fn objects(csv: &[u8]) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(csv);
    let names = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let members = names.iter().zip(row.iter());
            members
                .map(|(name, cell)| (name.to_owned(), json!(cell)))
                .collect()
        })
        .collect()
}

#[tokio::test]
async fn an_export_as_json_or_as_a_workbook_is_taken_in_like_its_csv() {
    let house = House::new().await;
    let export = json!({
        "export": { "id": 7 },
        "matches": [{ "match_id": "m", "participant_id": "p", "buddy_id": "b", "matched_at": "2025-01-01", "status": "active" }],
        "users": objects(USERS),
    });
    let lines: Vec<String> = objects(USERS).iter().map(Value::to_string).collect();
    let first = house
        .import_source(Source::BuddyUsers, export.to_string().as_bytes())
        .await;
    assert_eq!(counts(&first), [28, 24, 0, 0, 4], "{:?}", first.problem);
    for bytes in [USERS, lines.join("\n").as_bytes(), WORKBOOK] {
        let again = house.import_source(Source::BuddyUsers, bytes).await;
        assert_eq!(counts(&again), [28, 0, 0, 24, 4], "{:?}", again.problem);
    }
}
