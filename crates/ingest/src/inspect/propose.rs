//! Which column means which field of the most likely source, with scores and reasons.

use serde::{Deserialize, Serialize};

use super::assign::assign;
use super::column::Column;
use super::{Inspection, is_ours, shape, words};
use crate::sheet::choice::{find_variant, recognise};
use crate::sheet::dialect::share;
use crate::sheet::header::{Header, compare_form};
use crate::source::{FieldSpec, Source, Variant};

/// Pairs below this are no proposal.
const LEAST: f64 = 0.33;
/// A source whose columns and fields fit less than this is none.
const LEAST_SOURCE: f64 = 0.38;
/// Of the fields that a source needs, so many must have a column.
const LEAST_NEEDED: f64 = 0.6;

/// A column and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MappedColumn {
    /// The column, by its name in the file.
    pub column: String,
    /// The field of the source.
    pub field: String,
    /// How certain, from 0 to 1.
    pub score: f64,
    /// Why, in words; no value of the file is quoted.
    pub reasons: Vec<String>,
}

/// Proposes a mapping, for the wanted source or for the one that fits best.
pub(crate) fn propose(inspection: &mut Inspection, columns: &[Column], wanted: Option<Source>) {
    let recognised = inspection
        .header_row
        .and_then(|_| Header::from_names(inspection.columns.clone()).ok())
        .and_then(|header| {
            let source = wanted.or_else(|| recognise(&header))?;
            Some((source, find_variant(&header, source)?))
        });
    let best = match (recognised, wanted) {
        (Some((source, _)), _) | (None, Some(source)) => Some(Proposal::of(source, columns)),
        (None, None) => Source::ALL
            .into_iter()
            .map(|source| Proposal::of(source, columns))
            .fold(None, |best: Option<Proposal>, next| match best {
                Some(best) if best.total >= next.total => Some(best),
                _ => Some(next),
            })
            .filter(|best| best.total >= LEAST_SOURCE && best.has_enough()),
    };
    let Some(best) = best else {
        inspection.unmapped.clone_from(&inspection.columns);
        return;
    };
    inspection.source = Some(best.source);
    inspection.header_set = recognised.map(|(_, variant)| variant.name.to_owned());
    inspection.unmapped = columns
        .iter()
        .map(|column| &column.name)
        .filter(|name| !is_ours(name) && best.pairs.iter().all(|pair| pair.column != **name))
        .cloned()
        .collect();
    inspection.missing = missing(&best);
    inspection.mapping = best.pairs;
}

struct Proposal {
    source: Source,
    pairs: Vec<MappedColumn>,
    total: f64,
}

impl Proposal {
    fn of(source: Source, columns: &[Column]) -> Self {
        let fields = source.fields();
        let judged: Vec<Vec<(f64, Vec<String>)>> = fields
            .iter()
            .map(|field| columns.iter().map(|column| judge(column, field)).collect())
            .collect();
        // Squared, so that one sure pair outweighs two doubtful ones.
        let scores: Vec<Vec<f64>> = judged
            .iter()
            .map(|row| row.iter().map(|(score, _)| score * score).collect())
            .collect();
        let assigned = assign(&scores, LEAST * LEAST);
        let mut pairs: Vec<(usize, MappedColumn)> = assigned
            .iter()
            .enumerate()
            .filter_map(|(field, column)| {
                let column = (*column)?;
                let (score, reasons) = &judged[field][column];
                let pair = MappedColumn {
                    column: columns[column].name.clone(),
                    field: fields[field].name.to_owned(),
                    score: (score * 100.0).round() / 100.0,
                    reasons: reasons.clone(),
                };
                Some((column, pair))
            })
            .collect();
        pairs.sort_by_key(|(column, _)| *column);
        let pairs: Vec<MappedColumn> = pairs.into_iter().map(|(_, pair)| pair).collect();
        let total = total(source, &pairs, columns);
        Self {
            source,
            pairs,
            total,
        }
    }

    fn has_enough(&self) -> bool {
        self.source.variants().iter().any(|variant| {
            let there = |name: &&&str| self.pairs.iter().any(|pair| pair.field == ***name);
            let found = variant.required.iter().filter(there).count();
            share(found, variant.required.len()) >= LEAST_NEEDED
        })
    }
}

/// How well a column fits a field: its heading weighs more than its values, which may speak against it.
fn judge(column: &Column, field: &FieldSpec) -> (f64, Vec<String>) {
    if is_ours(&compare_form(&column.name)) {
        return (0.0, Vec::new());
    }
    let (name, heading) = words::likeness(&column.name, field);
    let (values, seen) = shape::likeness(&column.values, field.shape);
    let score = if column.values.is_empty() {
        name * 0.9
    } else if name >= 1.0 || (name >= 0.95 && values > -0.5) {
        // The very name, whatever is in the cells: what is wrong in them is told row by row.
        name - 0.1 + 0.1 * values.clamp(-1.0, 1.0)
    } else {
        0.6 * name + 0.4 * values
    };
    (
        score.clamp(0.0, 1.0),
        heading.into_iter().chain(seen).collect(),
    )
}

/// How well a source explains a file: half by the fields it needs, half by the columns it leaves over.
fn total(source: Source, pairs: &[MappedColumn], columns: &[Column]) -> f64 {
    let score = |name: &str| {
        pairs
            .iter()
            .find(|pair| pair.field == name)
            .map_or(0.0, |pair| pair.score)
    };
    let needed = source
        .variants()
        .iter()
        .map(|variant| {
            let sum: f64 = variant.required.iter().map(|name| score(name)).sum();
            sum * share(1, variant.required.len())
        })
        .fold(0.0, f64::max);
    let filled = columns
        .iter()
        .filter(|column| !column.values.is_empty() && !is_ours(&column.name))
        .count();
    let explained: f64 = pairs.iter().map(|pair| pair.score).sum();
    0.5 * needed + 0.5 * (explained * share(1, filled.max(1))).min(1.0)
}

/// The fields that are wanting for the header set that comes nearest.
fn missing(best: &Proposal) -> Vec<String> {
    let lacking = |variant: &Variant| -> Vec<String> {
        variant
            .required
            .iter()
            .filter(|name| best.pairs.iter().all(|pair| pair.field != **name))
            .map(|name| (*name).to_owned())
            .collect()
    };
    best.source
        .variants()
        .iter()
        .map(lacking)
        .min_by_key(Vec::len)
        .unwrap_or_default()
}
