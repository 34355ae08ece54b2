use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use super::repository;
use crate::event::catalogue::{event_schema, file_name, versions};
use crate::event::{Event, EventType, upcast};

/// An event that must be refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    /// A part of the refusal's text.
    expect: String,
    /// Whether the schema refuses it as well; rules between fields it cannot
    /// express.
    schema: bool,
    event: Value,
}

/// Every JSON file of a folder, by name.
fn files(folder: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(repository(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn schema_accepts(event_type: EventType, version: u32, event: &Value) -> bool {
    jsonschema::draft7::options()
        .should_validate_formats(true)
        .build(&event_schema(event_type, version).unwrap())
        .unwrap()
        .is_valid(event)
}

/// The type and version that a vector's name begins with.
fn named(name: &str) -> EventType {
    *EventType::ALL
        .iter()
        .find(|event_type| {
            name.strip_prefix(event_type.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        })
        .unwrap_or_else(|| panic!("{name} is of no known type"))
}

#[test]
fn every_event_ever_published_is_still_read() {
    for (name, text) in files("fixtures/events") {
        let event = Event::from_json(text.as_bytes());
        let event = event.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(event.event_type(), named(&name), "{name}");
    }
}

#[test]
fn every_version_of_every_type_has_its_vector() {
    let present: BTreeSet<_> = files("fixtures/events")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let expected: BTreeSet<_> = versions()
        .map(|(event_type, version)| file_name(event_type, version))
        .collect();
    assert_eq!(present, expected);
}

#[test]
fn a_vector_of_a_current_version_is_written_back_as_it_was() {
    for (event_type, version) in versions().filter(|(kind, version)| kind.version() == *version) {
        let path = repository("fixtures/events").join(file_name(event_type, version));
        let text = fs::read_to_string(path).unwrap();
        let written = Event::from_json(text.as_bytes())
            .unwrap()
            .to_value()
            .unwrap();
        assert_eq!(
            written,
            serde_json::from_str::<Value>(&text).unwrap(),
            "{event_type}"
        );
    }
}

#[test]
fn a_vector_uses_every_field_of_its_version() {
    for (event_type, version) in versions() {
        let path = repository("fixtures/events").join(file_name(event_type, version));
        let event: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let schema = event_schema(event_type, version).unwrap();
        for field in schema["properties"]["data"]["properties"]
            .as_object()
            .unwrap()
            .keys()
        {
            assert!(
                event["data"].get(field).is_some(),
                "{event_type} v{version}: {field}"
            );
        }
    }
}

#[test]
fn every_vector_satisfies_the_schema_of_its_version() {
    for (event_type, version) in versions() {
        let path = repository("fixtures/events").join(file_name(event_type, version));
        let event = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert!(
            schema_accepts(event_type, version, &event),
            "{event_type} v{version}"
        );
    }
}

#[test]
fn every_event_to_refuse_is_refused_for_its_reason() {
    for (name, text) in files("fixtures/events/reject") {
        let refused: Refused = serde_json::from_str(&text).unwrap();
        let error = Event::from_value(refused.event)
            .expect_err(&name)
            .to_string();
        assert!(error.contains(&refused.expect), "{name}: {error}");
    }
}

#[test]
fn what_the_schema_can_express_it_refuses_too() {
    for (name, text) in files("fixtures/events/reject") {
        let refused: Refused = serde_json::from_str(&text).unwrap();
        let event_type = named(&name);
        let accepted = (1..=event_type.version())
            .any(|version| schema_accepts(event_type, version, &refused.event));
        assert_eq!(accepted, !refused.schema, "{name}");
    }
}

#[test]
fn every_type_has_events_to_refuse_and_one_with_raw_text_or_a_contact() {
    let names: Vec<_> = files("fixtures/events/reject")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for event_type in EventType::ALL {
        let own: Vec<_> = names
            .iter()
            .filter(|name| named(name) == *event_type)
            .collect();
        assert!(own.len() >= 3, "{event_type}: {own:?}");
        assert!(
            own.iter().any(|name| name.contains(".pii_")),
            "{event_type}: {own:?}"
        );
    }
}

#[test]
fn one_step_leads_from_every_old_version_to_the_next() {
    let old: Vec<_> = versions()
        .filter(|(kind, version)| *version < kind.version())
        .collect();
    let steps: Vec<_> = upcast::UPCASTERS
        .iter()
        .map(|step| (step.event_type, step.from))
        .collect();
    assert_eq!(steps, old);
}
