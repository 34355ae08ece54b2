use std::collections::BTreeSet;
use std::fs;

use super::repository;
use crate::event::catalogue::{data_schema, generated_files, versions};

/// Compares the committed files; with `UPDATE_GENERATED=1` it writes them.
#[test]
fn the_committed_catalogue_is_up_to_date() {
    let update = std::env::var_os("UPDATE_GENERATED").is_some_and(|value| value == "1");
    for (path, text) in generated_files() {
        let place = repository(path.to_str().unwrap());
        if update {
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        } else {
            let committed = fs::read_to_string(place).unwrap_or_default();
            assert_eq!(
                committed,
                text,
                "{}: run `cargo xtask generate`",
                path.display()
            );
        }
    }
}

#[test]
fn no_schema_is_left_over() {
    let known: BTreeSet<_> = generated_files()
        .into_iter()
        .map(|(path, _)| path.file_name().unwrap().to_owned())
        .collect();
    let present = fs::read_dir(repository("docs/schemas/events"));
    for file in present.into_iter().flatten() {
        let name = file.unwrap().file_name();
        assert!(known.contains(&name), "{}", name.display());
    }
}

#[test]
fn every_version_has_a_schema_and_every_field_a_meaning() {
    for (event_type, version) in versions() {
        let schema = data_schema(event_type, version).unwrap();
        assert_eq!(
            schema["additionalProperties"], false,
            "{event_type} v{version}"
        );
        assert!(schema["description"].is_string(), "{event_type} v{version}");
        for (name, field) in schema["properties"].as_object().unwrap() {
            assert!(
                field["description"].is_string(),
                "{event_type} v{version}: {name}"
            );
        }
    }
    assert_eq!(
        data_schema(crate::event::EventType::BuddyMatchCreated, 2),
        None
    );
}
