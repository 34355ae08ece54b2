//! Which of several tables in one file is meant.

use super::dialect::{SampleRow, find_start};
use super::header::{Header, compare_form};
use crate::source::{FieldSpec, Source, Variant};

/// How much the beginning of a table looks like one we know; higher is better, 0 is an empty table.
pub(crate) fn rank(rows: &[SampleRow], wanted: Option<Source>) -> u32 {
    let Some(start) = find_start(rows) else {
        return 0;
    };
    let keys: Vec<String> = rows[start.row]
        .fields
        .iter()
        .map(|name| compare_form(name))
        .collect();
    let known = Source::ALL
        .into_iter()
        .filter(|source| wanted.is_none_or(|wanted| wanted == *source))
        .map(|source| known_fields(&keys, source))
        .max()
        .unwrap_or(0);
    let is_table = u32::from(start.width > 1) + u32::from(start.has_header);
    // One or two known words are in many tables.
    if known >= 3 { 10 + known } else { 1 + is_table }
}

/// Fields of the source that the header has by name or word; a full header set counts double.
fn known_fields(keys: &[String], source: Source) -> u32 {
    let has = |field: &FieldSpec| {
        keys.iter()
            .any(|key| key == field.name || field.words.contains(&key.as_str()))
    };
    let known = source.fields().iter().filter(|field| has(field)).count();
    let complete = source.variants().iter().any(|variant| {
        variant
            .required
            .iter()
            .all(|name| source.field(name).is_some_and(has))
    });
    let known = u32::try_from(known).unwrap_or(u32::MAX);
    if complete { known * 2 } else { known }
}

/// Whether a field's column is in the header, by the field's name or one of its words.
fn has(header: &Header, source: Source, name: &str) -> bool {
    source.field(name).is_some_and(|field| {
        [field.name]
            .iter()
            .chain(field.words)
            .any(|word| header.position(word).is_some())
    })
}

/// The fullest header set of the source whose required columns the header has.
pub(crate) fn find_variant(header: &Header, source: Source) -> Option<&'static Variant> {
    source
        .variants()
        .iter()
        .rev()
        .filter(|variant| {
            variant
                .required
                .iter()
                .all(|name| has(header, source, name))
        })
        .max_by_key(|variant| columns_of(header, source, variant))
}

fn columns_of(header: &Header, source: Source, variant: &Variant) -> usize {
    let names = variant.required.iter().chain(variant.optional);
    names.filter(|name| has(header, source, name)).count()
}

/// The source whose header set the header has, by exact names or words; the fullest of several.
pub(crate) fn recognise(header: &Header) -> Option<Source> {
    // Words such as "date" fit many sources, so names decide between equals.
    let exact = |source: Source| {
        source
            .fields()
            .iter()
            .filter(|field| header.position(field.name).is_some())
            .count()
    };
    Source::ALL
        .into_iter()
        .rev()
        .filter_map(|source| {
            let variant = find_variant(header, source)?;
            let columns = columns_of(header, source, variant);
            // Some sources need no more than an address or a date, which many tables have among others.
            let explains_most = columns * 2 > header.len() && columns >= 2;
            explains_most.then(|| (columns, exact(source), source))
        })
        .max_by_key(|(columns, exact, _)| (*columns, *exact))
        .map(|(_, _, source)| source)
}
