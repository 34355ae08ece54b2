mod fields;
mod files;
mod headers;
mod others;
mod ratings;
mod samples;

use jiff::tz::TimeZone;

use super::mapping::{Mapper, MappingOptions, SessionRow};
use super::rating::find_scale;
use crate::sheet::file_error::FileError;
use crate::sheet::limits::Limits;
use crate::sheet::reader::SheetReader;
use crate::sheet::record::Row;
use crate::sheet::row_error::RowError;

pub(crate) const COMBINED: &str = "session_id,session_type,participant_email,volunteer_email,date,duration_min,rating,feedback_text,language_level";
pub(crate) const LANGUAGE: &str = "session_id;participant_email;volunteer_email;scheduled_at;completed_at;duration_minutes;rating;feedback_text;language_level;topics;metadata";
pub(crate) const MENTORSHIP: &str = "session_id;participant_email;mentor_email;scheduled_at;completed_at;duration_minutes;rating;feedback_text;focus_area;goals_discussed";

pub(crate) type Outcome = Result<SessionRow, Vec<RowError>>;

pub(crate) fn options(scale: Option<&str>) -> MappingOptions {
    MappingOptions {
        rating_scale: scale.map(|name| find_scale(name).unwrap()),
        zone: TimeZone::get("Europe/Oslo").unwrap(),
        now: "2026-06-01T12:00:00Z".parse().unwrap(),
    }
}

/// Maps every row of a file.
pub(crate) fn map_all(text: &str, scale: Option<&str>) -> Result<Vec<Outcome>, FileError> {
    let mut reader = SheetReader::open(text.as_bytes(), Limits::default())?;
    let mapper = Mapper::new(reader.header(), options(scale))?;
    let mut outcomes = Vec::new();
    while let Some(row) = reader.next_row()? {
        outcomes.push(match row {
            Row::Record(record) => mapper.map(record),
            Row::Broken(_, error) => Err(vec![error]),
        });
    }
    Ok(outcomes)
}

/// Maps one row below a header, on the scale from 1 to 5.
pub(crate) fn map_row(header: &str, row: &str) -> Outcome {
    map_all(&format!("{header}\n{row}\n"), Some("1-5"))
        .unwrap()
        .remove(0)
}

/// The codes and columns of a row's faults.
pub(crate) fn faults(outcome: &Outcome) -> Vec<(&'static str, &'static str)> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .iter()
            .map(|e| (e.code.as_str(), e.column.unwrap_or("")))
            .collect(),
    }
}
