//! The AsyncAPI 3 document: <https://www.asyncapi.com/docs/reference/specification/v3.0.0>.

use serde_json::{Map, Value, json};

use super::{file_name, versions};
use crate::event::EventType;

/// The dialect of the schemas, as AsyncAPI names it.
const SCHEMA_FORMAT: &str = "application/schema+json;version=draft-07";

pub(super) fn document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Attest events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the parts of Attest tell each other: CloudEvents 1.0 in JSON, \
                at least once, in order by subject. Events carry ids and figures, never raw text \
                and nothing that leads to a person.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": by_type(channel),
        "operations": operations(),
        "components": { "messages": messages() },
    })
}

fn by_type(entry: fn(EventType) -> Value) -> Map<String, Value> {
    EventType::ALL
        .iter()
        .map(|event_type| (event_type.to_string(), entry(*event_type)))
        .collect()
}

fn channel(event_type: EventType) -> Value {
    let messages: Map<_, _> = (1..=event_type.version())
        .map(|version| {
            let message = format!("#/components/messages/{event_type}.v{version}");
            (format!("v{version}"), json!({ "$ref": message }))
        })
        .collect();
    json!({ "address": event_type, "messages": messages })
}

fn operations() -> Map<String, Value> {
    let mut operations = Map::new();
    for event_type in EventType::ALL {
        let newest = event_type.version();
        let publisher = event_type.publisher().split(' ').next().unwrap_or_default();
        operations.insert(
            format!("{publisher}.send.{event_type}"),
            operation(*event_type, "send", newest..=newest),
        );
        for consumer in event_type.consumers() {
            operations.insert(
                format!("{consumer}.receive.{event_type}"),
                operation(*event_type, "receive", 1..=newest),
            );
        }
    }
    operations
}

fn operation(
    event_type: EventType,
    action: &str,
    versions: std::ops::RangeInclusive<u32>,
) -> Value {
    let channel = format!("#/channels/{event_type}");
    let messages: Vec<_> = versions
        .map(|version| json!({ "$ref": format!("{channel}/messages/v{version}") }))
        .collect();
    json!({ "action": action, "channel": { "$ref": channel }, "messages": messages })
}

fn messages() -> Map<String, Value> {
    versions()
        .map(|(event_type, version)| {
            let file = file_name(event_type, version);
            let message = json!({
                "name": event_type,
                "title": format!("{event_type} v{version}"),
                "contentType": "application/cloudevents+json",
                "payload": {
                    "schemaFormat": SCHEMA_FORMAT,
                    "schema": { "$ref": format!("./schemas/events/{file}") },
                },
            });
            (format!("{event_type}.v{version}"), message)
        })
        .collect()
}
