//! How good a cut is: regular rows, meaningful cells, quotation marks in their places.

use std::collections::HashMap;

use super::candidate::{Candidate, is_usual, prior};
use super::kind::{Kind, kind};
use super::split::{Split, split};
use super::{SampleRow, share};

/// Rows whose cells are looked at; all rows are counted.
const TYPED_ROWS: usize = 200;
/// What a file of one column gets for its pattern: any separator that cuts well beats it.
const ONE_COLUMN: f64 = 0.38;

/// The score of a candidate; higher is better, and only the order means something.
pub(crate) fn of(sample: &[u8], complete: bool, candidate: Candidate) -> f64 {
    let (rows, found) = split(sample, complete, candidate);
    let rows: Vec<&SampleRow> = rows
        .iter()
        .filter(|row| !row.is_blank() && !is_comment(row, candidate))
        .collect();
    if rows.is_empty() {
        return 0.0;
    }
    let (mut pattern, width) = match candidate.delimiter {
        None => (ONE_COLUMN, 1),
        Some(_) => pattern(&rows),
    };
    let names = &rows[0].fields;
    if candidate.delimiter.is_some_and(is_usual) && names.len() > 1 && are_names(names) {
        pattern = pattern.max(NAMED);
    }
    let types = types(&rows, width, candidate);
    let usual = candidate.delimiter.map_or(1.0, prior);
    pattern * types * usual * quotes(sample, complete, candidate, found)
}

/// Comments hold separators of all kinds.
fn is_comment(row: &SampleRow, candidate: Candidate) -> bool {
    candidate.delimiter != Some(b'#')
        && row
            .fields
            .first()
            .is_some_and(|field| field.trim_start().starts_with('#'))
}

/// How much a row of one field weighs that stands before the first wider one: it may be a preamble.
const PREAMBLE_ROW: f64 = 0.2;

/// What a usual separator gets at least that cuts the first row into names, however ragged the rows below.
const NAMED: f64 = 0.46;

/// Whether all fields are different single words.
fn are_names(fields: &[String]) -> bool {
    fields.iter().enumerate().all(|(index, field)| {
        matches!(kind(field), Kind::Word | Kind::Code) && !fields[..index].contains(field)
    })
}

/// Regularity of the rows' widths, and the width of most rows.
fn pattern(rows: &[&SampleRow]) -> (f64, usize) {
    let mut widths: HashMap<usize, (usize, f64)> = HashMap::new();
    let mut total = 0.0;
    // A word alone is the name of a column, not a remark.
    let mut begun = rows.first().is_some_and(|row| are_names(&row.fields));
    for row in rows {
        begun |= row.fields.len() > 1;
        let weight = if begun { 1.0 } else { PREAMBLE_ROW };
        total += weight;
        let (count, sum) = widths.entry(row.fields.len()).or_default();
        *count += 1;
        *sum += weight;
    }
    let mut score = 0.0;
    for (width, (_, sum)) in &widths {
        let part = sum / total;
        if *width > 1 {
            score += part * part * share(width - 1, *width);
        }
    }
    let usual = widths
        .iter()
        .filter(|(width, _)| **width > 1)
        .max_by_key(|(width, (count, _))| (*count, **width))
        .map_or(1, |(width, _)| *width);
    (score, usual)
}

/// Meaning of the cells, and how alike those of one column are. The first row may be names and counts as cells only.
fn types(rows: &[&SampleRow], width: usize, candidate: Candidate) -> f64 {
    let (mut weight, mut cells) = (0.0, 0_usize);
    let mut columns: Vec<HashMap<Kind, usize>> = vec![HashMap::new(); width.min(1_000)];
    for (index, row) in rows.iter().take(TYPED_ROWS).enumerate() {
        for (column, field) in row.fields.iter().enumerate() {
            let kind = kind(field);
            cells += 1;
            weight += kind.weight() * purity(field, kind, candidate);
            if index > 0
                && kind != Kind::Empty
                && let Some(kinds) = columns.get_mut(column)
            {
                *kinds.entry(alike(kind)).or_default() += 1;
            }
        }
    }
    let meaning = if cells == 0 {
        0.0
    } else {
        weight / f64::from(u32::try_from(cells).unwrap_or(u32::MAX))
    };
    let uniform: Vec<f64> = columns
        .iter()
        .filter(|kinds| !kinds.is_empty())
        .map(|kinds| {
            share(
                kinds.values().copied().max().unwrap_or(0),
                kinds.values().sum(),
            )
        })
        .collect();
    let uniformity = if uniform.is_empty() {
        0.9
    } else {
        uniform.iter().sum::<f64>() / f64::from(u32::try_from(uniform.len()).unwrap_or(u32::MAX))
    };
    meaning * (0.5 + 0.5 * uniformity)
}

/// Kinds that stand side by side in one column.
fn alike(kind: Kind) -> Kind {
    match kind {
        Kind::Decimal => Kind::Integer,
        Kind::Instant => Kind::Date,
        Kind::Word | Kind::Code => Kind::Text,
        other => other,
    }
}

/// A cell that still holds a usual separator has probably not been cut where it should.
fn purity(field: &str, kind: Kind, candidate: Candidate) -> f64 {
    if matches!(kind, Kind::Decimal | Kind::Structure | Kind::Empty) {
        return 1.0;
    }
    let strange = field
        .bytes()
        .filter(|byte| is_usual(*byte) && Some(*byte) != candidate.delimiter)
        .filter(|byte| *byte != b',')
        .count();
    let commas = if candidate.delimiter == Some(b',') {
        0
    } else {
        // A comma inside a sentence has a space behind it.
        field
            .as_bytes()
            .windows(2)
            .filter(|pair| pair[0] == b',' && pair[1] != b' ')
            .count()
    };
    match strange + commas {
        0 => 1.0,
        1 => 0.8,
        _ => 0.5,
    }
}

/// Quotation marks in their places speak for a candidate, others against it.
fn quotes(sample: &[u8], complete: bool, candidate: Candidate, found: Split) -> f64 {
    let Some(quote) = candidate.quote else {
        return 1.0;
    };
    // What reads well by RFC 4180 is read so: a backslash or an apostrophe is then part of a text.
    if candidate.escape.is_some() || quote != b'"' {
        let plain = Candidate {
            quote: Some(if candidate.escape.is_some() {
                quote
            } else {
                b'"'
            }),
            escape: None,
            ..candidate
        };
        let (_, plain) = split(sample, complete, plain);
        if plain.quoted > 0 && plain.misplaced == 0 && plain.unclosed.is_none() {
            return 0.0;
        }
    }
    if found.quoted == 0 {
        // As good as none; the candidate without quotation marks comes first.
        return 0.999;
    }
    let misplaced = share(found.misplaced, found.quoted + found.misplaced);
    let mut score = 1.0 - 0.9 * misplaced;
    if let Some(length) = found.unclosed {
        // A quoted text may well reach over the end of an incomplete sample, but hardly from its beginning.
        score *= match (complete, share(length, sample.len()) > 0.2) {
            (false, false) => 0.98,
            (false, true) if quote == b'"' => 0.7,
            _ => 0.4,
        };
    }
    if candidate.escape.is_some() && found.escaped == 0 {
        score *= 0.9;
    }
    // Quotation marks that are needed can hardly be an accident; apostrophes at both ends of a word can.
    let bonus = if quote == b'"' {
        1.3
    } else if found.misplaced == 0 && found.quoted >= 2 {
        1.2
    } else {
        0.8
    };
    score * bonus
}
