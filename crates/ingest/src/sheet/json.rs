//! JSON as tables: an array of objects, objects line by line, or an object whose members are such arrays.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

use super::file_error::FileError;
use super::table::{MAX_TABLE, Table};
use super::workbook::choose;
use crate::source::Source;

/// Whether the text begins like JSON: an object or an array, and not a cell in brackets.
pub(crate) fn begins_like_json(text: &[u8]) -> bool {
    let mut bytes = without_mark(text)
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace());
    matches!(
        (bytes.next(), bytes.next()),
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b']'))
    )
}

fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

/// How the objects lie in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One array or object.
    Document,
    /// One object a line.
    Lines,
}

/// Reads the wanted entity, or the one that looks most like a table we know.
pub(crate) fn read(
    text: &[u8],
    entity: Option<&str>,
    wanted: Option<Source>,
) -> Result<(Table, Layout), FileError> {
    let text = without_mark(text);
    let mut parser = serde_json::Deserializer::from_slice(text);
    let document = TablesSeed(String::new())
        .deserialize(&mut parser)
        .and_then(|tables| parser.end().map(|()| tables));
    match document {
        Ok(tables) if !tables.is_empty() => Ok((pick(tables, entity, wanted)?, Layout::Document)),
        Err(error) if error.to_string().contains(TOO_LARGE) => {
            Err(FileError::TableTooLarge { limit: MAX_TABLE })
        }
        _ => Ok((read_lines(text)?, Layout::Lines)),
    }
}

fn pick(
    mut tables: Vec<Rows>,
    entity: Option<&str>,
    wanted: Option<Source>,
) -> Result<Table, FileError> {
    if let ([_], None) = (tables.as_slice(), entity)
        && let Some(only) = tables.pop()
    {
        return only.into_table();
    }
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let name = choose(&names, entity, wanted, |name| {
        match tables.iter().find(|table| table.name == name) {
            Some(table) => table.beginning(),
            None => Ok(Table::default()),
        }
    })?;
    match tables.into_iter().find(|table| table.name == name) {
        Some(found) => {
            let mut table = found.into_table()?;
            table.siblings = names;
            Ok(table)
        }
        None => Err(FileError::Empty),
    }
}

fn read_lines(text: &[u8]) -> Result<Table, FileError> {
    let mut rows = Rows::default();
    for object in serde_json::Deserializer::from_slice(text).into_iter::<Object>() {
        let object = object.map_err(|_| FileError::JsonBroken)?;
        rows.push(object)
            .map_err(|()| FileError::TableTooLarge { limit: MAX_TABLE })?;
    }
    if rows.cells.is_empty() {
        return Err(FileError::JsonBroken);
    }
    rows.into_table()
}

const TOO_LARGE: &str = "more rows than memory is given for";

/// Rows of one entity, by the order in which their members first appeared.
#[derive(Default)]
struct Rows {
    name: String,
    columns: Vec<String>,
    places: HashMap<String, usize>,
    cells: Vec<Vec<String>>,
    size: usize,
}

impl Rows {
    fn push(&mut self, object: Object) -> Result<(), ()> {
        let mut row = Vec::new();
        for (key, cell) in object.0 {
            let place = if let Some(place) = self.places.get(&key) {
                *place
            } else {
                self.places.insert(key.clone(), self.columns.len());
                self.columns.push(key);
                self.columns.len() - 1
            };
            if row.len() <= place {
                row.resize(place + 1, String::new());
            }
            self.size += cell.len() + size_of::<String>();
            row[place] = cell;
        }
        self.cells.push(row);
        if self.size > MAX_TABLE {
            Err(())
        } else {
            Ok(())
        }
    }

    fn beginning(&self) -> Result<Table, FileError> {
        const LOOK: usize = 60;
        self.table(LOOK)
    }

    fn into_table(self) -> Result<Table, FileError> {
        self.table(usize::MAX)
    }

    /// The members' names are the first row.
    fn table(&self, rows: usize) -> Result<Table, FileError> {
        let mut table = if self.name.is_empty() {
            Table::default()
        } else {
            Table::named(self.name.clone())
        };
        table.push(1, self.columns.iter().map(String::as_str))?;
        for (line, row) in (2..).zip(self.cells.iter().take(rows)) {
            table.push(line, row.iter().map(String::as_str))?;
        }
        Ok(table)
    }
}

/// The members of an object in their order, as texts: lists and objects stay JSON. What is no object has none.
struct Object(Vec<(String, String)>);

/// Scalars have nothing to look into.
macro_rules! pass_over_scalars {
    ($nothing:expr) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($nothing)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
}

struct Members;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Members)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            members.push((key, text));
        }
        Ok(Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Object, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object(Vec::new()))
    }

    pass_over_scalars!(Object(Vec::new()));
}

/// Every array of objects in a value, by the name of the member that holds it.
struct TablesSeed(String);

impl<'de> DeserializeSeed<'de> for TablesSeed {
    type Value = Vec<Rows>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TablesSeed {
    type Value = Vec<Rows>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Rows {
            name: self.0,
            ..Rows::default()
        };
        while let Some(object) = seq.next_element()? {
            rows.push(object)
                .map_err(|()| A::Error::custom(TOO_LARGE))?;
        }
        // A list of numbers or texts is no table.
        Ok(if rows.columns.is_empty() {
            Vec::new()
        } else {
            vec![rows]
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tables = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            tables.extend(map.next_value_seed(TablesSeed(name))?);
        }
        Ok(tables)
    }

    pass_over_scalars!(Vec::new());
}
