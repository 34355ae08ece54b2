//! Refused rows on their way into the database and out again: codes and columns in clear, the row itself sealed.

use std::borrow::Cow;

use contracts::ImportId;
use serde::{Deserialize, Serialize};

use super::seal::{CompanySeal, Place};
use crate::error::Error;
use crate::sheet::record::Record;
use crate::sheet::row_error::RowError;
use crate::source::find_column;

/// A refused row as it is stored.
#[derive(Debug)]
pub(crate) struct SealedRejection {
    /// Number of the row among those that are not blank, from 1.
    pub(crate) row: i64,
    /// Physical line, from 1.
    pub(crate) line: i64,
    /// The faults without the values they were found in.
    pub(crate) errors: serde_json::Value,
    pub(crate) sealed: Vec<u8>,
}

/// A refused row in clear. Its cells are personal data.
pub struct RejectedRow {
    /// Number of the row among those that are not blank, from 1.
    pub row: u64,
    /// Physical line, from 1.
    pub line: u64,
    /// The cells as they came; none of a row that was too large to keep.
    pub fields: Vec<String>,
    /// Everything that is wrong with it.
    pub errors: Vec<RowError>,
}

/// A fault without its value.
#[derive(Serialize, Deserialize)]
struct Fault {
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    code: String,
    reason: String,
}

/// What of a refused row is personal data.
#[derive(Serialize, Deserialize)]
struct Personal {
    fields: Vec<String>,
    /// The faulty values, in the order of the faults.
    values: Vec<String>,
}

impl SealedRejection {
    pub(crate) fn new(
        seal: &CompanySeal,
        import: ImportId,
        row: i64,
        record: Record<'_>,
        errors: Vec<RowError>,
    ) -> Result<Self, Error> {
        let (faults, values) = errors
            .into_iter()
            .map(split)
            .unzip::<_, _, Vec<_>, Vec<_>>();
        let personal = Personal {
            fields: record.fields().map(str::to_owned).collect(),
            values,
        };
        Ok(Self {
            row,
            line: i64::try_from(record.line()).unwrap_or(i64::MAX),
            errors: serde_json::to_value(faults).map_err(Error::Form)?,
            sealed: seal.seal_json(Place::Row(import, row), &personal)?,
        })
    }

    pub(crate) fn open(self, seal: &CompanySeal, import: ImportId) -> Result<RejectedRow, Error> {
        let faults: Vec<Fault> = serde_json::from_value(self.errors).map_err(Error::Form)?;
        let personal: Personal = seal.open_json(Place::Row(import, self.row), &self.sealed)?;
        let values = personal
            .values
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        Ok(RejectedRow {
            row: u64::try_from(self.row).unwrap_or_default(),
            line: u64::try_from(self.line).unwrap_or_default(),
            fields: personal.fields,
            errors: faults.into_iter().zip(values).filter_map(join).collect(),
        })
    }
}

fn split(error: RowError) -> (Fault, String) {
    let fault = Fault {
        line: error.line,
        column: error.column.map(str::to_owned),
        code: error.code.as_str().to_owned(),
        reason: error.reason.into_owned(),
    };
    (fault, error.raw)
}

/// A fault whose code this program does not know was stored by a later one and is left out.
fn join((fault, value): (Fault, Option<String>)) -> Option<RowError> {
    Some(RowError {
        line: fault.line,
        column: fault.column.as_deref().and_then(find_column),
        code: fault.code.parse().ok()?,
        raw: value.unwrap_or_default(),
        reason: Cow::Owned(fault.reason),
    })
}
