//! From a row of text to a session, or to everything that is wrong with it.

use std::fmt;

use contracts::event::value::{CefrLevel, Label, List, RatingScale, SessionType};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;

use super::field::{self, Fault, When};
use super::header::{FIELDS, Field, HeaderSet};
use crate::sheet::file_error::FileError;
use crate::sheet::formula::unescape_formula;
use crate::sheet::header::{Header, tidy};
use crate::sheet::record::Record;
use crate::sheet::row_error::{ErrorCode, RowError};

const ID_LIMIT: usize = 128;
const FEEDBACK_LIMIT: usize = 5_000;
const TOPICS_LIMIT: usize = 1_000;
const FOCUS_AREA_LIMIT: usize = 255;
const GOALS_LIMIT: usize = 1_000;
const METADATA_LIMIT: usize = 2_000;

/// Topics of a session, in the form in which events carry them.
pub type Topics = List<Label<100>, 0, 32>;

/// A completed session as a file tells it.
#[derive(Clone, PartialEq)]
pub struct SessionRow {
    /// Physical line on which the row begins, from 1.
    pub line: u64,
    /// The session's id in the source system, at most 128 characters and never an e-mail address.
    pub external_id: String,
    /// The programme.
    pub session_type: SessionType,
    /// The participant's address in lower case. Personal data.
    pub participant_email: String,
    /// The volunteer's or mentor's address in lower case. Personal data.
    pub volunteer_email: String,
    /// When it was to begin.
    pub scheduled_at: Timestamp,
    /// When it was completed; equal to `scheduled_at` where the file has one date only.
    pub completed_at: Timestamp,
    /// Minutes, 1 to 480.
    pub duration_minutes: u16,
    /// From 0 to 1, with at most four decimals.
    pub rating: Option<Decimal>,
    /// What was said about the session, at most 5,000 characters. Personal data.
    pub feedback_text: Option<String>,
    /// The language level worked on.
    pub language_level: Option<CefrLevel>,
    /// Topics of a language session: at most 32, each at most 100 characters.
    pub topics: Topics,
    /// Subject of a mentorship session, at most 255 characters.
    pub focus_area: Option<String>,
    /// Goals discussed, at most 1,000 characters. Personal data.
    pub goals: Option<String>,
    /// A JSON object of at most 2,000 characters. May hold personal data.
    pub metadata: Option<Value>,
}

impl fmt::Debug for SessionRow {
    /// Addresses and texts are personal data and stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRow")
            .field("line", &self.line)
            .field("session_type", &self.session_type)
            .field("scheduled_at", &self.scheduled_at)
            .field("completed_at", &self.completed_at)
            .field("duration_minutes", &self.duration_minutes)
            .field("rating", &self.rating)
            .field("language_level", &self.language_level)
            .finish_non_exhaustive()
    }
}

/// What the rows themselves do not say.
#[derive(Debug, Clone)]
pub struct MappingOptions {
    /// The scale of the file's ratings, from [`super::rating::RatingEvidence::scale`]; none for a file without ratings.
    pub rating_scale: Option<RatingScale>,
    /// Where dates and times without a zone are meant.
    pub zone: TimeZone,
    /// The present, for dates that are absurdly far from it.
    pub now: Timestamp,
}

/// Maps the rows of one file.
#[derive(Debug)]
pub struct Mapper {
    set: HeaderSet,
    places: [Option<usize>; FIELDS],
    unescape: bool,
    options: MappingOptions,
}

impl Mapper {
    /// Recognises the header set.
    ///
    /// # Errors
    /// [`FileError`] when the header is none of the known ones.
    pub fn new(header: &Header, options: MappingOptions) -> Result<Self, FileError> {
        let recognised = HeaderSet::recognise(header)?;
        Ok(Self {
            set: recognised.set,
            places: recognised.places,
            unescape: header.is_error_file(),
            options,
        })
    }

    /// Which kind of file it is.
    #[must_use]
    pub fn header_set(&self) -> HeaderSet {
        self.set
    }

    /// Maps a row.
    ///
    /// # Errors
    /// All faults of the row, in the order of its fields.
    pub fn map(&self, record: Record<'_>) -> Result<SessionRow, Vec<RowError>> {
        let mut cells = Cells {
            mapper: self,
            record,
            errors: Vec::new(),
        };
        let essentials = self.essentials(&mut cells);
        let scale = self.options.rating_scale;
        let rating = cells.optional(Field::Rating, |text| field::rating(text, scale));
        let feedback_text = cells.optional(Field::Feedback, |text| {
            field::long_text(text, FEEDBACK_LIMIT)
        });
        let language_level = cells.optional(Field::Level, field::level);
        let topics = cells.optional(Field::Topics, |text| field::topics(text, TOPICS_LIMIT));
        let focus_area = cells.optional(Field::FocusArea, |text| {
            field::short_text(text, FOCUS_AREA_LIMIT)
        });
        let goals = cells.optional(Field::Goals, |text| field::long_text(text, GOALS_LIMIT));
        let metadata = cells.optional(Field::Metadata, |text| {
            field::metadata(text, METADATA_LIMIT)
        });
        match essentials {
            Some(essentials) if cells.errors.is_empty() => Ok(SessionRow {
                rating,
                feedback_text,
                language_level,
                topics: topics.unwrap_or_default(),
                focus_area,
                goals,
                metadata,
                ..essentials
            }),
            _ => Err(cells.errors),
        }
    }

    /// The fields that every session has; the others are left empty.
    fn essentials(&self, cells: &mut Cells<'_>) -> Option<SessionRow> {
        let external_id =
            cells.required(Field::SessionId, |text| field::external_id(text, ID_LIMIT));
        let session_type = self.session_type(cells);
        let participant_email = cells.required(Field::Participant, field::email);
        let volunteer_email = cells.required(Field::Volunteer, field::email);
        let times = self.times(cells);
        let duration_minutes = cells.required(Field::Duration, field::duration);
        let (scheduled_at, completed_at) = times?;
        Some(SessionRow {
            line: cells.record.line(),
            external_id: external_id?,
            session_type: session_type?,
            participant_email: participant_email?,
            volunteer_email: volunteer_email?,
            scheduled_at,
            completed_at,
            duration_minutes: duration_minutes?,
            rating: None,
            feedback_text: None,
            language_level: None,
            topics: Topics::default(),
            focus_area: None,
            goals: None,
            metadata: None,
        })
    }

    fn session_type(&self, cells: &mut Cells<'_>) -> Option<SessionType> {
        match self.set {
            HeaderSet::Combined => cells.required(Field::SessionType, field::session_type),
            HeaderSet::LanguageV1_0 | HeaderSet::LanguageV1_1 => Some(SessionType::Language),
            HeaderSet::MentorshipV1_0 => Some(SessionType::Mentorship),
        }
    }

    /// When the session was scheduled and completed, in that order.
    fn times(&self, cells: &mut Cells<'_>) -> Option<(Timestamp, Timestamp)> {
        let MappingOptions { zone, now, .. } = &self.options;
        let scheduled = cells.required(Field::Scheduled, |text| field::date(text, zone, *now));
        if self.set == HeaderSet::Combined {
            return scheduled.map(|when| (when.at, when.at));
        }
        let completed = cells.required(Field::Completed, |text| field::date(text, zone, *now));
        let (scheduled, completed) = (scheduled?, completed?);
        let end = end_of(scheduled, completed, zone);
        if end < scheduled.at {
            let reason = "The session was completed before it was scheduled".into();
            cells.refuse(
                Field::Completed,
                Fault {
                    code: ErrorCode::Order,
                    reason,
                },
            );
            return None;
        }
        Some((scheduled.at, end))
    }
}

/// A session completed on the day of its beginning, with no time given, was not completed before it began.
fn end_of(scheduled: When, completed: When, zone: &TimeZone) -> Timestamp {
    match completed.day_only {
        Some(day) if zone.to_datetime(scheduled.at).date() == day => completed.at.max(scheduled.at),
        _ => completed.at,
    }
}

/// The cells of one row and the faults found so far.
struct Cells<'a> {
    mapper: &'a Mapper,
    record: Record<'a>,
    errors: Vec<RowError>,
}

impl<'a> Cells<'a> {
    /// The trimmed text of a field; empty where the file has no such column.
    fn text(&self, field: Field) -> &'a str {
        let place = self.mapper.places[field as usize];
        let text = tidy(place.and_then(|index| self.record.get(index)).unwrap_or(""));
        if self.mapper.unescape {
            unescape_formula(text)
        } else {
            text
        }
    }

    fn required<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        if self.text(field).is_empty() {
            let reason = "The field is empty".into();
            self.refuse(
                field,
                Fault {
                    code: ErrorCode::MissingField,
                    reason,
                },
            );
            return None;
        }
        self.optional(field, parse)
    }

    fn optional<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = self.text(field);
        if text.is_empty() {
            return None;
        }
        parse(text).map_err(|fault| self.refuse(field, fault)).ok()
    }

    fn refuse(&mut self, field: Field, fault: Fault) {
        let column = self.mapper.set.name_of(field);
        let raw = self.text(field);
        self.errors.push(RowError::of_cell(
            self.record.line(),
            column,
            fault.code,
            raw,
            fault.reason,
        ));
    }
}
