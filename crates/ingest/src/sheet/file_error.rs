//! Why a file as a whole was refused.

use std::fmt::Write as _;
use std::io;

/// A file that cannot be imported at all. The message says what to do; [`FileError::code`] never changes.
///
/// Messages quote column names from the first line of the file, never cells below it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The bytes could not be fetched from where they lie.
    #[error("The file could not be read to its end. Upload it again.")]
    Read(#[source] io::Error),
    /// No bytes, or nothing but blank lines.
    #[error(
        "The file is empty. Export it again and check that it has a line of column names and at least one row."
    )]
    Empty,
    /// Column names and nothing below them.
    #[error(
        "The file has column names but no rows. Check the period chosen for the export, then upload the new file."
    )]
    HeaderOnly,
    /// More unpacked bytes than allowed.
    #[error(
        "The file is larger than {limit} bytes when unpacked. Split it into smaller files, each with its own line of column names."
    )]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The packed file grows suspiciously on unpacking.
    #[error(
        "The packed file grows more than {ratio} times when unpacked, which no real export does. Upload the file unpacked."
    )]
    GzipBomb {
        /// The highest ratio of unpacked to packed bytes that is allowed.
        ratio: u64,
    },
    /// A gzip stream that is cut or damaged.
    #[error("The packed file is damaged or cut short. Pack it again, or upload it unpacked.")]
    GzipBroken(#[source] io::Error),
    /// A gzip file inside a gzip file.
    #[error("The packed file holds another packed file. Unpack it once and upload the inner file.")]
    GzipNested,
    /// A well-known format that is not a table in plain text.
    #[error(
        "The file is {found}, not a CSV file. Open it, save it as “CSV UTF-8” and upload that."
    )]
    NotCsv {
        /// The format in plain words with its article.
        found: &'static str,
    },
    /// A ZIP file that is cut or damaged, or packed in a way that is not read.
    #[error(
        "The ZIP file is damaged or locked. Pack it again without a password, or upload the table itself."
    )]
    ArchiveBroken,
    /// A ZIP file with very many entries.
    #[error("The ZIP file has more than {limit} entries. Upload the table itself.")]
    ArchiveEntries {
        /// The limit.
        limit: usize,
    },
    /// A ZIP file with an entry that would lie outside of it.
    #[error("The ZIP file has an entry whose name leads out of it. Upload the table itself.")]
    ArchivePath,
    /// A ZIP file inside a ZIP file.
    #[error("The ZIP file holds another packed file. Unpack it once and upload the inner file.")]
    ArchiveNested,
    /// A ZIP file without a table, or with more than one.
    #[error(
        "The ZIP file holds {found} tables. Upload one with exactly one table inside, or the table itself."
    )]
    ArchiveTables {
        /// Number of tables.
        found: usize,
    },
    /// A workbook that cannot be read.
    #[error(
        "The workbook is damaged or locked. Open it, save it again without a password and upload that."
    )]
    WorkbookBroken,
    /// A workbook whose parts are larger than allowed.
    #[error(
        "The workbook is larger than {limit} bytes when unpacked. Save the sheet as “CSV UTF-8” and upload that."
    )]
    WorkbookTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// There is no sheet or entity of this name.
    #[error("There is no sheet “{name}”. The file has: {}.", .sheets.join(", "))]
    SheetUnknown {
        /// The name asked for.
        name: String,
        /// The names in the file.
        sheets: Vec<String>,
    },
    /// A workbook or JSON file with more text than is held in memory.
    #[error(
        "The table is larger than {limit} bytes, which is too much for a workbook or JSON. Upload it as CSV."
    )]
    TableTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Text that begins like JSON and is none.
    #[error(
        "The file begins like JSON but is not well-formed. Export it again as an array of objects or as CSV."
    )]
    JsonBroken,
    /// NUL bytes outside UTF-16 text.
    #[error(
        "Line {line} holds a NUL byte, so the file is damaged or is no text. Export it again as “CSV UTF-8”."
    )]
    NulBytes {
        /// Physical line, from 1.
        line: u64,
    },
    /// The header has more columns than allowed.
    #[error(
        "The first line has more than {limit} columns. Check that the file is a table with a line of column names."
    )]
    TooManyColumns {
        /// The highest number of columns allowed.
        limit: usize,
    },
    /// The header line does not fit.
    #[error(
        "The first line is longer than {limit} bytes. Check that the file is a table with a line of column names."
    )]
    HeaderTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The header has an opening quotation mark without its closing one.
    #[error("Line {line} opens a quotation mark in a column name that never closes. Remove it.")]
    HeaderQuote {
        /// Physical line, from 1.
        line: u64,
    },
    /// The header holds bytes outside the file's encoding.
    #[error(
        "The column names hold characters in an unknown encoding. Save the file as “CSV UTF-8”."
    )]
    HeaderEncoding,
    /// The first line holds data.
    #[error("The first line looks like data, not like column names. Add a first line with the names: {}.", .expected.join(", "))]
    NoHeader {
        /// The names that would do.
        expected: Vec<&'static str>,
    },
    /// The same column twice.
    #[error("The column “{name}” appears twice. Keep one of the two.")]
    DuplicateColumn {
        /// The name as the file has it.
        name: String,
    },
    /// Columns that must be there are not.
    #[error("{}", describe_missing(.found, .missing, .expected))]
    MissingColumns {
        /// The names in the file, shortened where very long.
        found: Vec<String>,
        /// Each missing name, with the name in the file that comes nearest to it.
        missing: Vec<(&'static str, Option<String>)>,
        /// All names that this kind of file has.
        expected: Vec<&'static str>,
    },
    /// A column name one or two letters away from a known one: its cells would be lost silently.
    #[error(
        "The column “{found}” is unknown. Rename it to “{meant}” if that is what it holds, or remove it."
    )]
    MisspelledColumn {
        /// The name in the file.
        found: String,
        /// The known name nearest to it.
        meant: &'static str,
    },
    /// Ratings that fit both scales.
    #[error(
        "No rating in the file is above 1, so it is not certain whether they run from 0 to 1 or from 1 to 5. Say which with rating_scale=0-1 or rating_scale=1-5."
    )]
    RatingScaleNeeded,
}

impl FileError {
    /// A stable name of the failure in `snake_case`, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "file_unreadable",
            Self::Empty => "file_empty",
            Self::HeaderOnly => "file_without_rows",
            Self::TooLarge { .. } => "file_too_large",
            Self::GzipBomb { .. } => "gzip_bomb",
            Self::GzipBroken(_) => "gzip_broken",
            Self::GzipNested => "gzip_nested",
            Self::NotCsv { .. } => "file_not_csv",
            Self::ArchiveBroken => "archive_broken",
            Self::ArchiveEntries { .. } => "archive_entries",
            Self::ArchivePath => "archive_path",
            Self::ArchiveNested => "archive_nested",
            Self::ArchiveTables { .. } => "archive_tables",
            Self::WorkbookBroken => "workbook_broken",
            Self::WorkbookTooLarge { .. } => "workbook_too_large",
            Self::SheetUnknown { .. } => "sheet_unknown",
            Self::TableTooLarge { .. } => "table_too_large",
            Self::JsonBroken => "json_broken",
            Self::NulBytes { .. } => "file_nul_bytes",
            Self::TooManyColumns { .. } => "header_too_many_columns",
            Self::HeaderTooLong { .. } => "header_too_long",
            Self::HeaderQuote { .. } => "header_unclosed_quote",
            Self::HeaderEncoding => "header_encoding",
            Self::NoHeader { .. } => "header_missing",
            Self::DuplicateColumn { .. } => "header_duplicate_column",
            Self::MissingColumns { .. } => "header_missing_columns",
            Self::MisspelledColumn { .. } => "header_misspelled_column",
            Self::RatingScaleNeeded => "rating_scale_needed",
        }
    }

    /// Whether the fault lies in the file (true) or in fetching it (false).
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        !matches!(self, Self::Read(_))
    }
}

fn describe_missing(
    found: &[String],
    missing: &[(&'static str, Option<String>)],
    expected: &[&'static str],
) -> String {
    let mut text = String::from("Missing columns: ");
    for (index, (name, near)) in missing.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = match near {
            Some(near) => write!(text, "{comma}{name} (is “{near}” meant?)"),
            None => write!(text, "{comma}{name}"),
        };
    }
    let _ = write!(
        text,
        ". Found: {}. Expected: {}. Rename or add the columns and upload the file again.",
        found.join(", "),
        expected.join(", ")
    );
    text
}
