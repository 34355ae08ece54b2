//! The catalogue for readers, in Markdown.

use serde_json::Value;

use super::fields::{Field, fields};
use super::{data_schema, versions};
use crate::event::EventType;

const INTRODUCTION: &str = "\
<!-- Generated from crates/contracts; `cargo xtask generate` renews it. -->

# Events

What the parts of Attest tell each other. Every event is a CloudEvents 1.0
envelope in JSON with `companyid`, `correlationid` and, when another event
caused it, `causationid`; `dataschema` names the type and the version,
`id` is a UUID v7 and what receivers know a repeated event by. Events of one
company and one subject are consumed in order, each at least once.

No event carries raw text or anything that leads to a person: fields named
`…TextId` hold the vault's id of what was written, and people are ids.
Unknown fields and values out of range are refused by publisher and consumer.

A published version is never edited. The schemas are in
[schemas/events](schemas/events), the AsyncAPI document is
[asyncapi.json](asyncapi.json), and `fixtures/events` holds one event of every
version, which must be readable for ever.
";

pub(super) fn document() -> String {
    let mut text = format!(
        "{INTRODUCTION}\n\
         | Type | Version | Subject | Published by | Meant for |\n\
         |---|---|---|---|---|\n"
    );
    for event_type in EventType::ALL {
        text.push_str(&overview(*event_type));
    }
    for (event_type, version) in versions() {
        if let Some(schema) = data_schema(event_type, version) {
            text.push_str(&section(event_type, version, &schema));
        }
    }
    text
}

fn overview(event_type: EventType) -> String {
    let field = event_type.subject_field();
    format!(
        "| [{event_type}](#{}) | {} | {field} | {} | {} |\n",
        anchor(event_type, event_type.version()),
        event_type.version(),
        event_type.publisher(),
        event_type.consumers().join(", "),
    )
}

/// The anchor that renderers make of a section's heading.
fn anchor(event_type: EventType, version: u32) -> String {
    format!("{}-v{version}", event_type.as_str().replace('.', ""))
}

fn section(event_type: EventType, version: u32, schema: &Value) -> String {
    let meaning = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let rows: String = fields(schema).iter().map(row).collect();
    let fate = if version < event_type.version() {
        let next = version + 1;
        format!("\nRead for ever, lifted to v{next}, no longer published.\n")
    } else {
        String::new()
    };
    format!(
        "\n## {event_type} v{version}\n\n{meaning}\n{fate}\n\
         | Field | Holds | Required | Meaning |\n|---|---|---|---|\n{rows}"
    )
}

fn row(field: &Field) -> String {
    let Field {
        name,
        holds,
        required,
        meaning,
    } = field;
    let required = if *required { "yes" } else { "no" };
    format!("| `{name}` | {holds} | {required} | {meaning} |\n")
}
