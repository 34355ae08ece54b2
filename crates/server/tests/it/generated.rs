//! The description of the API, which is committed for whoever writes a client.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::house::House;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

#[tokio::test]
async fn the_committed_openapi_document_is_the_one_that_is_served() {
    let house = House::new().await;
    let server = house.serve().await;
    let text = server.browser().read("/openapi.json").await;
    let document: Value = serde_json::from_str(&text).unwrap();
    let text = serde_json::to_string_pretty(&sorted(document)).unwrap() + "\n";
    if std::env::var("UPDATE_GENERATED").is_ok_and(|value| value == "1") {
        std::fs::write(Path::new(FILE), &text).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == text,
        "docs/openapi.json is out of date: run `cargo xtask generate`"
    );
}

/// With the members of every object in order, however the program was built.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.into_iter().collect();
            members
                .into_iter()
                .map(|(name, member)| (name, sorted(member)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}
