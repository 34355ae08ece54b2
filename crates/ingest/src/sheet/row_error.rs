//! Why a single row was refused.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// How many characters of a faulty value a [`RowError`] keeps.
const RAW_LIMIT: usize = 200;

/// The closed list of reasons for refusing a row. The codes are part of the interface and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorCode {
    /// E001: an e-mail address that cannot be one.
    Email,
    /// E002: a required field without a value.
    MissingField,
    /// E003: a date or time that is not ISO 8601 or is out of range.
    Date,
    /// E004: a duration that is not a whole number of minutes from 1 to 480.
    Duration,
    /// E005: a language level outside A1 to C2.
    LanguageLevel,
    /// E006: a rating that is no number or lies outside the file's scale.
    Rating,
    /// E007: completed before it was scheduled.
    Order,
    /// E008: a row longer than the limit.
    RowTooLarge,
    /// E009: another number of fields than the header has columns.
    FieldCount,
    /// E010: a text beyond its limit, or metadata that is not a JSON object.
    Text,
    /// E011: a session type that names neither programme.
    SessionType,
    /// E012: a control character.
    ControlCharacter,
    /// E013: bytes outside the file's encoding.
    Encoding,
    /// E014: a quotation mark that never closes.
    UnclosedQuote,
    /// E015: an id that has not the form of one.
    Identifier,
    /// E016: a word that is none of those allowed.
    Choice,
    /// E017: a value that is not the JSON it should be.
    Json,
    /// E018: no number, or one outside its range.
    Number,
    /// E019: a link that is none.
    Url,
    /// E020: a person's id that no users file has told of.
    UnknownPerson,
    /// E021: a session that is not known.
    UnknownSession,
    /// E022: a date in the future of something that has been.
    Future,
}

impl ErrorCode {
    /// All codes in order.
    pub const ALL: [Self; 22] = [
        Self::Email,
        Self::MissingField,
        Self::Date,
        Self::Duration,
        Self::LanguageLevel,
        Self::Rating,
        Self::Order,
        Self::RowTooLarge,
        Self::FieldCount,
        Self::Text,
        Self::SessionType,
        Self::ControlCharacter,
        Self::Encoding,
        Self::UnclosedQuote,
        Self::Identifier,
        Self::Choice,
        Self::Json,
        Self::Number,
        Self::Url,
        Self::UnknownPerson,
        Self::UnknownSession,
        Self::Future,
    ];

    /// The code as it is written: `E001` and so on.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// What a person can do about it, in one sentence.
    #[must_use]
    pub fn advice(self) -> &'static str {
        self.entry().1
    }

    fn entry(self) -> (&'static str, &'static str) {
        match self {
            Self::Email => (
                "E001",
                "Write the address like name@example.org, one address only.",
            ),
            Self::MissingField => (
                "E002",
                "Fill in the field; the row cannot be counted without it.",
            ),
            Self::Date => (
                "E003",
                "Write the date like 2026-03-15 or 2026-03-15T14:30:00Z.",
            ),
            Self::Duration => (
                "E004",
                "Write the duration in whole minutes, from 1 to 480.",
            ),
            Self::LanguageLevel => (
                "E005",
                "Use one of A1, A2, B1, B2, C1, C2, or leave it empty.",
            ),
            Self::Rating => (
                "E006",
                "Write a number on the scale of the file (0 to 1, or 1 to 5), or leave it empty.",
            ),
            Self::Order => (
                "E007",
                "Check both times: a session cannot end before it begins.",
            ),
            Self::RowTooLarge => (
                "E008",
                "Shorten the texts of this row, or check for a missing quotation mark.",
            ),
            Self::FieldCount => (
                "E009",
                "Put quotation marks around texts that hold the separator or a line break.",
            ),
            Self::Text => (
                "E010",
                "Shorten the text to its limit; metadata must be a JSON object.",
            ),
            Self::SessionType => ("E011", "Write a type that contains “language” or “mentor”."),
            Self::ControlCharacter => (
                "E012",
                "Remove the invisible control character, for example by typing the value again.",
            ),
            Self::Encoding => ("E013", "Save the file as “CSV UTF-8” and upload it again."),
            Self::UnclosedQuote => (
                "E014",
                "Close the quotation mark, or double it where it is part of the text.",
            ),
            Self::Identifier => (
                "E015",
                "Copy the id as the system shows it, like 0190b6a0-7c11-4f7e-9a55-1d2f3a4b5c6d.",
            ),
            Self::Choice => ("E016", "Write one of the words that are named."),
            Self::Json => ("E017", "Write it as JSON, with plain quotation marks."),
            Self::Number => ("E018", "Write a number within the limits that are named."),
            Self::Url => (
                "E019",
                "Write the whole link, like https://example.org/page.",
            ),
            Self::UnknownPerson => (
                "E020",
                "Import the users file first, then upload this row again.",
            ),
            Self::UnknownSession => (
                "E021",
                "Import the sessions file first, then upload this row again.",
            ),
            Self::Future => ("E022", "Check the date; this row tells of what has been."),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no code of [`ErrorCode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a row error code")]
pub struct UnknownErrorCode;

impl FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, UnknownErrorCode> {
        Self::ALL
            .into_iter()
            .find(|code| code.as_str() == text)
            .ok_or(UnknownErrorCode)
    }
}

/// One fault of one row.
///
/// `raw` is the uploader's own value and may be personal data: it is for the uploader's eyes and never for logs,
/// so `Debug` leaves it out. `reason` never repeats the value.
#[derive(Clone, PartialEq, Eq)]
pub struct RowError {
    /// Physical line on which the row (or the open quotation mark) begins, from 1.
    pub line: u64,
    /// The column's name, absent when the fault is of the row as a whole.
    pub column: Option<&'static str>,
    /// The kind of fault.
    pub code: ErrorCode,
    /// The value as found, at most 200 characters; empty when there is none.
    pub raw: String,
    /// What is wrong, in plain words.
    pub reason: Cow<'static, str>,
}

impl RowError {
    /// A fault of one cell.
    #[must_use]
    pub fn of_cell(
        line: u64,
        column: &'static str,
        code: ErrorCode,
        raw: &str,
        reason: Cow<'static, str>,
    ) -> Self {
        Self {
            line,
            column: Some(column),
            code,
            raw: shorten(raw),
            reason,
        }
    }

    /// A fault of the row as a whole.
    #[must_use]
    pub fn of_row(line: u64, code: ErrorCode, reason: Cow<'static, str>) -> Self {
        Self {
            line,
            column: None,
            code,
            raw: String::new(),
            reason,
        }
    }

    /// The fault in one sentence without the value: column, reason, advice.
    #[must_use]
    pub fn message(&self) -> String {
        let advice = self.code.advice();
        match self.column {
            Some(column) => format!("{column}: {}. {advice}", self.reason),
            None => format!("{}. {advice}", self.reason),
        }
    }
}

impl fmt::Debug for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowError")
            .field("line", &self.line)
            .field("column", &self.column)
            .field("code", &self.code)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

fn shorten(raw: &str) -> String {
    match raw.char_indices().nth(RAW_LIMIT) {
        Some((end, _)) => format!("{}…", &raw[..end]),
        None => raw.to_owned(),
    }
}
