//! What must be asked once for a file, and what is worth knowing about it.

use serde::{Deserialize, Serialize};

use super::date::{DateColumn, DateOrder};
use super::{Inspection, Table};
use crate::sheet::header::compare_form;
use crate::source::{Shape, System};

/// Something worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A stable name in snake case.
    pub code: String,
    /// What it means and what to do.
    pub detail: String,
}

/// Something that only a person can know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// `date_order` or `rating_scale`.
    pub code: String,
    /// The column it is about.
    pub column: String,
    /// The question.
    pub detail: String,
    /// The answers there are.
    pub choices: Vec<String>,
}

/// Fills in dates, questions and warnings.
pub(crate) fn ask(inspection: &mut Inspection, table: &Table) {
    dates(inspection, table);
    ratings(inspection, table);
    warn(inspection, table);
}

fn shape_of(inspection: &Inspection, column: &str) -> Option<Shape> {
    let pair = inspection
        .mapping
        .iter()
        .find(|pair| pair.column == column)?;
    Some(inspection.source?.field(&pair.field)?.shape)
}

fn dates(inspection: &mut Inspection, table: &Table) {
    for column in &table.columns {
        let mapped = shape_of(inspection, &column.name);
        if mapped.is_some_and(|shape| shape != Shape::Instant) {
            continue;
        }
        let Some((order, reason)) = column.dates.order() else {
            continue;
        };
        if order == DateOrder::Ambiguous {
            inspection.questions.push(Question {
                code: "date_order".to_owned(),
                column: column.name.clone(),
                detail: format!(
                    "In “{}” {reason}. Is 03/04/2025 the 3rd of April or the 4th of March?",
                    column.name
                ),
                choices: vec!["day_first".to_owned(), "month_first".to_owned()],
            });
        }
        if order == DateOrder::Mixed {
            note(
                inspection,
                "dates_mixed",
                format!(
                    "In “{}” {reason}. Write all dates like 2025-03-04.",
                    column.name
                ),
            );
        }
        inspection.dates.push(DateColumn {
            column: column.name.clone(),
            order,
            reason,
        });
    }
}

/// The buddy system rates from 0 to 1 by its contract; elsewhere a file without a rating above 1 leaves a doubt.
fn ratings(inspection: &mut Inspection, table: &Table) {
    let is_kintell = inspection
        .source
        .is_some_and(|source| source.system() == System::Kintell);
    for column in &table.columns {
        if !is_kintell || shape_of(inspection, &column.name) != Some(Shape::Rating) {
            continue;
        }
        if column.most.is_some_and(|most| most <= 1.0) {
            inspection.questions.push(Question {
                code: "rating_scale".to_owned(),
                column: column.name.clone(),
                detail: format!(
                    "No rating in “{}” is above 1. Do they run from 0 to 1 or from 1 to 5?",
                    column.name
                ),
                choices: vec!["0-1".to_owned(), "1-5".to_owned()],
            });
        }
    }
}

fn note(inspection: &mut Inspection, code: &str, detail: String) {
    inspection.warnings.push(Note {
        code: code.to_owned(),
        detail,
    });
}

fn warn(inspection: &mut Inspection, table: &Table) {
    if table.rows == 0 {
        let detail =
            "The file has column names but no rows. Check the period chosen for the export.";
        note(inspection, "file_without_rows", detail.to_owned());
    }
    if inspection.header_row.is_none() {
        let detail = "The first row looks like data. Add a row of column names.";
        note(inspection, "header_missing", detail.to_owned());
    }
    if table.ragged > 0 {
        let detail = format!(
            "{} rows have more or fewer fields than there are columns.",
            table.ragged
        );
        note(inspection, "rows_ragged", detail);
    }
    if table.broken > 0 {
        let detail = format!(
            "{} rows cannot be read: an open quotation mark, wrong bytes, or too long.",
            table.broken
        );
        note(inspection, "rows_broken", detail);
    }
    let keys: Vec<String> = inspection
        .columns
        .iter()
        .map(|name| compare_form(name))
        .collect();
    let twice: Vec<&String> = inspection
        .columns
        .iter()
        .enumerate()
        .filter(|(index, _)| !keys[*index].is_empty() && keys[..*index].contains(&keys[*index]))
        .map(|(_, name)| name)
        .collect();
    if !twice.is_empty() {
        let names: Vec<&str> = twice.iter().map(|name| name.as_str()).collect();
        let detail = format!(
            "These columns appear twice: {}. Keep one of the two.",
            names.join(", ")
        );
        note(inspection, "columns_duplicate", detail);
    }
    if !inspection.missing.is_empty() {
        let detail = format!(
            "No column was found for: {}.",
            inspection.missing.join(", ")
        );
        note(inspection, "fields_missing", detail);
    }
}
