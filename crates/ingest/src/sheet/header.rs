//! The line of column names.

use super::file_error::FileError;
use super::record::Record;

/// Columns that our own error file appends; a corrected error file is read again without them.
pub const ERROR_COLUMNS: [&str; 3] = ["_error_row", "_error_code", "_error_message"];
/// Names in messages are cut here.
const SHOWN: usize = 40;

/// Column names as written, and in the form in which they are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    names: Vec<String>,
    keys: Vec<String>,
}

impl Header {
    /// Takes the names from the first row. Trailing columns without a name are left out.
    ///
    /// # Errors
    /// [`FileError::DuplicateColumn`] for a name that appears twice.
    pub(crate) fn from_record(record: Record<'_>) -> Result<Self, FileError> {
        let mut names: Vec<String> = record
            .fields()
            .map(|field| tidy(field).to_owned())
            .collect();
        // A header that is written as a comment.
        if let Some(first) = names.first_mut()
            && let Some(bare) = first.strip_prefix('#')
        {
            *first = tidy(bare).to_owned();
        }
        Self::from_names(names)
    }

    /// As [`Header::from_record`], from names that were kept.
    pub(crate) fn from_names(mut names: Vec<String>) -> Result<Self, FileError> {
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        let keys: Vec<String> = names.iter().map(|name| compare_form(name)).collect();
        for (index, key) in keys.iter().enumerate() {
            if !key.is_empty() && keys[..index].contains(key) {
                return Err(FileError::DuplicateColumn {
                    name: shown(&names[index]),
                });
            }
        }
        Ok(Self { names, keys })
    }

    /// Number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no column name at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names as written, trimmed.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names in compared form: lower case, underscores for spaces and hyphens.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Where the column with this compared name stands, from 0.
    #[must_use]
    pub fn position(&self, key: &str) -> Option<usize> {
        self.keys.iter().position(|k| k == key)
    }

    /// Whether the file is an error file of ours, in which formulas carry an apostrophe.
    #[must_use]
    pub fn is_error_file(&self) -> bool {
        self.position(ERROR_COLUMNS[0]).is_some()
    }

    /// The names for messages, long ones cut.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        self.names.iter().map(|name| shown(name)).collect()
    }
}

/// Without surrounding white space and the invisible marks that copying leaves behind.
#[must_use]
pub fn tidy(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}')
    })
}

/// The form in which names are compared: lower case, underscores for spaces and hyphens.
#[must_use]
pub fn compare_form(name: &str) -> String {
    let name = tidy(name);
    name.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == ' ' || c == '-' { '_' } else { c })
        .collect()
}

fn shown(name: &str) -> String {
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// The candidate with the fewest edits to `name`, and how many (Levenshtein distance).
#[must_use]
pub fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<(&'a str, usize)> {
    candidates
        .into_iter()
        .map(|candidate| (candidate, edits(name, candidate)))
        .min_by_key(|(_, distance)| *distance)
}

fn edits(a: &str, b: &str) -> usize {
    // Column names are short; a very long one is no near miss of anything.
    const LONGEST: usize = 64;
    if a.len() > LONGEST || b.len() > LONGEST {
        return LONGEST;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replace = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
