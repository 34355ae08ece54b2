//! Fields of a JSON object by their names in the catalogue, however the sender writes and nests them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Cells, text};
use crate::source::{Shape, Source};

/// An object's members under names in snake case. Those of an object within stand there too, under their own names and
/// with the outer name before them; what stands further out comes first.
pub(super) struct Flat<'a>(BTreeMap<String, &'a Value>);

impl<'a> Flat<'a> {
    pub(super) fn of(object: &'a Map<String, Value>) -> Self {
        let mut flat = BTreeMap::new();
        for (name, value) in object {
            flat.entry(snake(name)).or_insert(value);
        }
        for (outer, value) in object {
            let Some(inner) = value.as_object() else {
                continue;
            };
            for (name, value) in inner {
                let name = snake(name);
                let whole = format!("{}_{name}", snake(outer));
                flat.entry(whole).or_insert(value);
                flat.entry(name).or_insert(value);
            }
        }
        Self(flat)
    }

    /// The text of the first of these names that has a plain value.
    pub(super) fn text(&self, names: &[&str]) -> String {
        let values = names.iter().filter_map(|name| self.0.get(*name));
        let mut texts = values
            .filter(|value| !value.is_object())
            .map(|value| text(Some(value)));
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// All fields of a source that are there, by their names or other words for them.
    pub(super) fn cells(&self, source: Source) -> Cells {
        let fields = source.fields().iter().map(|field| {
            let names = std::iter::once(field.name).chain(field.words.iter().copied());
            let mut texts = names
                .filter_map(|name| self.0.get(name))
                .filter(|value| field.shape == Shape::Json || !value.is_object())
                .map(|value| text(Some(value)));
            let text = texts.find(|text| !text.is_empty());
            (field.name, text.unwrap_or_default())
        });
        Cells(fields.collect())
    }
}

/// A name in snake case, as the catalogue has them.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if c == '-' || c == ' ' || c == '.' {
            snake.push('_');
            after_small = false;
            continue;
        }
        if c.is_uppercase() && after_small {
            snake.push('_');
        }
        after_small = c.is_lowercase() || c.is_ascii_digit();
        snake.extend(c.to_lowercase());
    }
    snake
}
