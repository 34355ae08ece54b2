//! JSON Schemas of events, in draft 7, which AsyncAPI tools read.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::event::envelope::{CONTENT_TYPE, Envelope, SOURCE_LENGTH, SOURCE_PATTERN, SPEC_VERSION};
use crate::event::payload::dataschema;
use crate::event::{EventType, upcast};

/// What a UUID looks like: draft 7 has no such format.
const UUID_PATTERN: &str =
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";
/// What a UUID v7 looks like, as events write it.
const V7_PATTERN: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

fn generator() -> SchemaGenerator {
    SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
}

/// The schema of a version's `data`; none for a version never published.
#[must_use]
pub fn data_schema(event_type: EventType, version: u32) -> Option<Value> {
    let mut generator = generator();
    let schema = if version == event_type.version() {
        event_type.current_schema(&mut generator)
    } else {
        (upcast::step_from(event_type, version)?.schema)(&mut generator)
    };
    let mut schema = schema.to_value();
    spell_out_uuids(&mut schema);
    Some(schema)
}

/// The schema of a version's whole event, envelope included; none for a
/// version never published.
#[must_use]
pub fn event_schema(event_type: EventType, version: u32) -> Option<Value> {
    let data = data_schema(event_type, version)?;
    let urn = dataschema(event_type, version);
    let mut schema: Schema = generator().into_root_schema_for::<Envelope<Value>>();
    schema.insert("$id".to_owned(), json!(urn));
    schema.insert(
        "title".to_owned(),
        json!(format!("{event_type} v{version}")),
    );
    if let Some(description) = data.get("description") {
        schema.insert("description".to_owned(), description.clone());
    }
    let mut event = schema.to_value();
    spell_out_uuids(&mut event);
    narrow(&mut event, "specversion", "const", json!(SPEC_VERSION));
    narrow(&mut event, "type", "const", json!(event_type));
    narrow(&mut event, "datacontenttype", "const", json!(CONTENT_TYPE));
    narrow(&mut event, "dataschema", "const", json!(urn));
    narrow(&mut event, "id", "pattern", json!(V7_PATTERN));
    narrow(&mut event, "source", "pattern", json!(SOURCE_PATTERN));
    narrow(&mut event, "source", "maxLength", json!(SOURCE_LENGTH));
    if let Some(slot) = event.pointer_mut("/properties/data") {
        *slot = data;
    }
    Some(event)
}

fn narrow(event: &mut Value, property: &str, keyword: &str, value: Value) {
    let property = event
        .pointer_mut("/properties")
        .and_then(|properties| properties.get_mut(property))
        .and_then(Value::as_object_mut);
    if let Some(property) = property {
        property.insert(keyword.to_owned(), value);
    }
}

fn spell_out_uuids(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if keywords
                .get("format")
                .is_some_and(|format| format == "uuid")
            {
                keywords.insert("pattern".to_owned(), json!(UUID_PATTERN));
            }
            keywords.values_mut().for_each(spell_out_uuids);
        }
        Value::Array(items) => items.iter_mut().for_each(spell_out_uuids),
        _ => {}
    }
}
