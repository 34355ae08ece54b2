//! Where the fields of a source stand in a file, whatever its columns are called.

use crate::sheet::file_error::FileError;
use crate::sheet::header::{ERROR_COLUMNS, Header, nearest};
use crate::source::{FieldSpec, Source, Variant};

/// A column this near to a field that is absent is no other column: it is misspelled.
const NEAR: usize = 2;
/// Shorter names have too many neighbours.
const LONG_ENOUGH: usize = 6;

/// A recognised header.
#[derive(Debug, Clone)]
pub(crate) struct Recognised {
    pub(crate) variant: &'static Variant,
    /// Where each field of the source stands, in the order of [`Source::fields`].
    pub(crate) places: Vec<Option<usize>>,
    /// Columns of the file that mean nothing here, by their names in the file.
    pub(crate) unused: Vec<String>,
}

/// Finds the fullest variant whose fields are all there.
///
/// # Errors
/// [`FileError`] when there is no header, a needed column is missing, or one is misspelled.
pub(crate) fn recognise(source: Source, header: &Header) -> Result<Recognised, FileError> {
    let fields = source.fields();
    let places: Vec<Option<usize>> = fields.iter().map(|field| place(field, header)).collect();
    let is_there = |name: &str| {
        fields
            .iter()
            .zip(&places)
            .any(|(field, place)| field.name == name && place.is_some())
    };
    let variants = source.variants();
    let fitting = variants
        .iter()
        .find(|variant| variant.required.iter().all(|name| is_there(name)));
    let Some(variant) = fitting else {
        if places.iter().all(Option::is_none) && has_address(header) {
            return Err(FileError::NoHeader {
                expected: expected(&variants[0]),
            });
        }
        let nearest_variant = variants
            .iter()
            .max_by_key(|variant| {
                let all = variant.required.iter().chain(variant.optional);
                all.filter(|name| is_there(name)).count()
            })
            .unwrap_or(&variants[0]);
        return Err(missing(nearest_variant, header, &places, is_there));
    };
    let unused = unused(header, fields, &places)?;
    Ok(Recognised {
        variant,
        places,
        unused,
    })
}

fn place(field: &FieldSpec, header: &Header) -> Option<usize> {
    header
        .position(field.name)
        .or_else(|| field.words.iter().find_map(|word| header.position(word)))
}

fn has_address(header: &Header) -> bool {
    header.names().iter().any(|name| name.contains('@'))
}

fn expected(variant: &'static Variant) -> Vec<&'static str> {
    let names = variant.required.iter().chain(variant.optional);
    names.copied().collect()
}

fn missing(
    variant: &'static Variant,
    header: &Header,
    places: &[Option<usize>],
    is_there: impl Fn(&str) -> bool,
) -> FileError {
    let strangers: Vec<&str> = (0..header.len())
        .filter(|index| !places.contains(&Some(*index)))
        .map(|index| header.keys()[index].as_str())
        .filter(|key| !key.is_empty())
        .collect();
    let hint = |name: &str| {
        let (near, distance) = nearest(name, strangers.iter().copied())?;
        // Further apart than half the name, a hint would mislead.
        (distance * 2 <= name.len()).then(|| near.to_owned())
    };
    let missing = variant
        .required
        .iter()
        .filter(|name| !is_there(name))
        .map(|name| (*name, hint(name)))
        .collect();
    FileError::MissingColumns {
        found: header.shown(),
        missing,
        expected: expected(variant),
    }
}

/// Columns to pass over. A near miss of an absent field is refused: passing it over would lose its cells silently.
fn unused(
    header: &Header,
    fields: &'static [FieldSpec],
    places: &[Option<usize>],
) -> Result<Vec<String>, FileError> {
    let absent: Vec<&'static str> = fields
        .iter()
        .zip(places)
        .filter(|(field, place)| place.is_none() && field.name.len() >= LONG_ENOUGH)
        .map(|(field, _)| field.name)
        .collect();
    let mut unused = Vec::new();
    for (index, (key, name)) in header.keys().iter().zip(header.shown()).enumerate() {
        let known = places.contains(&Some(index)) || ERROR_COLUMNS.contains(&key.as_str());
        if key.is_empty() || known {
            continue;
        }
        match nearest(key, absent.iter().copied()) {
            Some((near, 1..=NEAR)) => {
                let meant = absent.iter().find(|name| **name == near);
                return Err(FileError::MisspelledColumn {
                    found: name,
                    meant: meant.copied().unwrap_or_default(),
                });
            }
            _ => unused.push(name),
        }
    }
    Ok(unused)
}
