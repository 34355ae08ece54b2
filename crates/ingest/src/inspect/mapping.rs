//! A mapping that somebody agreed to, and how a later file's columns differ from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Inspection, is_ours};
use crate::sheet::file_error::FileError;
use crate::sheet::header::{Header, compare_form, nearest};
use crate::source::Source;

/// Which column means which field, for files of one source. Who keeps it counts its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The source whose fields these are.
    pub source: Source,
    /// Field by column name, in the form in which names are compared. A column without a field is known and passed over.
    pub columns: BTreeMap<String, Option<String>>,
}

/// How a file's columns differ from a saved mapping. Empty where they do not; order is no difference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Mapped columns that the file does not have, and no new one seems to be.
    pub missing: Vec<String>,
    /// Mapped columns that are gone while a new one looks like it. Nothing is taken from it until somebody agrees.
    pub renamed: Vec<Renamed>,
    /// Columns that the mapping does not know.
    pub new: Vec<String>,
}

/// A column that may have got another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    /// Its name in the mapping, in compared form.
    pub from: String,
    /// Its name in the file.
    pub to: String,
    /// The field it means.
    pub field: String,
}

impl Drift {
    /// Whether the file has all that the mapping knows, and nothing else.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.renamed.is_empty() && self.new.is_empty()
    }

    /// Whether rows of the file can be read by the mapping all the same: only unknown columns were added.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        self.missing.is_empty() && self.renamed.is_empty()
    }
}

impl Mapping {
    /// The mapping that an inspection proposes, for somebody to agree to; none without a source.
    #[must_use]
    pub fn proposed(inspection: &Inspection) -> Option<Self> {
        let field = |column: &String| {
            let pair = inspection
                .mapping
                .iter()
                .find(|pair| pair.column == *column)?;
            Some(pair.field.clone())
        };
        let columns = inspection
            .columns
            .iter()
            .filter(|name| !name.is_empty() && !is_ours(name))
            .map(|name| (compare_form(name), field(name)))
            .collect();
        Some(Self {
            source: inspection.source?,
            columns,
        })
    }

    /// How the columns of a file differ.
    #[must_use]
    pub fn drift(&self, names: &[String]) -> Drift {
        let keys: Vec<String> = names.iter().map(|name| compare_form(name)).collect();
        let mut new: Vec<&String> = names
            .iter()
            .zip(&keys)
            .filter(|(_, key)| !key.is_empty() && !is_ours(key) && !self.columns.contains_key(*key))
            .map(|(name, _)| name)
            .collect();
        let mut drift = Drift::default();
        for (column, field) in &self.columns {
            let Some(field) = field else { continue };
            if keys.contains(column) {
                continue;
            }
            match self.successor(column, field, &new) {
                Some(at) => drift.renamed.push(Renamed {
                    from: column.clone(),
                    to: new.remove(at).clone(),
                    field: field.clone(),
                }),
                None => drift.missing.push(column.clone()),
            }
        }
        drift.new = new.into_iter().cloned().collect();
        drift
    }

    /// The new column that means the same by its heading, or whose name is nearly the same.
    fn successor(&self, column: &str, field: &str, new: &[&String]) -> Option<usize> {
        const LEAST: f64 = 0.7;
        let spec = self.source.field(field)?;
        let by_word = new
            .iter()
            .map(|name| super::words::likeness(name, spec).0)
            .enumerate()
            .filter(|(_, likeness)| *likeness >= LEAST)
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(at, _)| at);
        by_word.or_else(|| {
            let keys: Vec<String> = new.iter().map(|name| compare_form(name)).collect();
            let (near, edits) = nearest(column, keys.iter().map(String::as_str))?;
            // A third of the letters may differ.
            (edits * 3 <= column.chars().count())
                .then(|| keys.iter().position(|key| key == near))
                .flatten()
        })
    }

    /// The header of a file by the names of the fields, in the file's order. Columns that mean nothing have no name.
    ///
    /// # Errors
    /// [`FileError::DuplicateColumn`] where two columns of the file have one name.
    pub fn rename(&self, header: &Header) -> Result<Header, FileError> {
        let names = header
            .keys()
            .iter()
            .map(|key| match self.columns.get(key) {
                Some(Some(field)) => field.clone(),
                _ if is_ours(key) => key.clone(),
                _ => String::new(),
            })
            .collect();
        Header::from_names(names)
    }
}
