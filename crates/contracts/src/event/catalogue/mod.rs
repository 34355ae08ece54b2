//! The catalogue of events as files: JSON Schemas, an AsyncAPI document and a
//! table for readers. They are generated here, committed, and compared by a
//! test.

mod asyncapi;
mod fields;
mod schema;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::EventType;

pub use schema::{data_schema, event_schema};

/// Where the schemas lie, from the root of the repository.
const SCHEMAS: &str = "docs/schemas/events";

/// Every generated file: its path from the root of the repository and its
/// text.
#[must_use]
pub fn generated_files() -> Vec<(PathBuf, String)> {
    let mut files: Vec<_> = versions()
        .filter_map(|(event_type, version)| {
            let schema = event_schema(event_type, version)?;
            let name = format!("{SCHEMAS}/{}", file_name(event_type, version));
            Some((name.into(), json(schema)))
        })
        .collect();
    files.push(("docs/asyncapi.json".into(), json(asyncapi::document())));
    files.push(("docs/events.md".into(), table::document()));
    files
}

/// Every version of every type that was ever published.
pub(super) fn versions() -> impl Iterator<Item = (EventType, u32)> {
    EventType::ALL
        .iter()
        .flat_map(|event_type| (1..=event_type.version()).map(|version| (*event_type, version)))
}

/// The file that bears a version's schema or vector.
pub(super) fn file_name(event_type: EventType, version: u32) -> String {
    format!("{event_type}.v{version}.json")
}

/// Indented text with sorted keys, whatever order the JSON library keeps.
fn json(value: Value) -> String {
    format!("{:#}\n", sorted(value))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> = map
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
