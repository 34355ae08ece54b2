//! The header sets in which Kintell sessions arrive, recognised by their columns.

use crate::sheet::file_error::FileError;
use crate::sheet::header::{ERROR_COLUMNS, Header, nearest};

/// What a cell means, whatever its column is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    SessionId,
    SessionType,
    Participant,
    Volunteer,
    Scheduled,
    Completed,
    Duration,
    Rating,
    Feedback,
    Level,
    Topics,
    FocusArea,
    Goals,
    Metadata,
}

/// Number of [`Field`]s.
pub(crate) const FIELDS: usize = 14;

/// A column of a header set: its meaning, its name, and whether the file must have it.
type Column = (Field, &'static str, bool);

const COMBINED: &[Column] = &[
    (Field::SessionId, "session_id", true),
    (Field::SessionType, "session_type", true),
    (Field::Participant, "participant_email", true),
    (Field::Volunteer, "volunteer_email", true),
    (Field::Scheduled, "date", true),
    (Field::Duration, "duration_min", true),
    (Field::Rating, "rating", false),
    (Field::Feedback, "feedback_text", false),
    (Field::Level, "language_level", false),
];

const LANGUAGE: &[Column] = &[
    (Field::SessionId, "session_id", true),
    (Field::Participant, "participant_email", true),
    (Field::Volunteer, "volunteer_email", true),
    (Field::Scheduled, "scheduled_at", true),
    (Field::Completed, "completed_at", true),
    (Field::Duration, "duration_minutes", true),
    (Field::Rating, "rating", false),
    (Field::Feedback, "feedback_text", false),
    (Field::Level, "language_level", false),
    (Field::Topics, "topics", false),
    (Field::Metadata, "metadata", false),
];

const MENTORSHIP: &[Column] = &[
    (Field::SessionId, "session_id", true),
    (Field::Participant, "participant_email", true),
    (Field::Volunteer, "mentor_email", true),
    (Field::Scheduled, "scheduled_at", true),
    (Field::Completed, "completed_at", true),
    (Field::Duration, "duration_minutes", true),
    (Field::Rating, "rating", false),
    (Field::Feedback, "feedback_text", false),
    (Field::FocusArea, "focus_area", false),
    (Field::Goals, "goals_discussed", false),
];

/// The kinds of sessions file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeaderSet {
    /// Both programmes in one file, with a type and one date for each session.
    Combined,
    /// Language sessions as documented on 2025-01-01.
    LanguageV1_0,
    /// Language sessions as documented on 2025-06-01, with metadata.
    LanguageV1_1,
    /// Mentorship sessions as documented.
    MentorshipV1_0,
}

/// A recognised header: the set, and where each field stands.
#[derive(Debug, Clone)]
pub(crate) struct Recognised {
    pub(crate) set: HeaderSet,
    pub(crate) places: [Option<usize>; FIELDS],
    /// Columns of the file that mean nothing here, by their names in the file.
    pub(crate) unused: Vec<String>,
    /// Optional columns that the file does not have.
    pub(crate) absent: Vec<&'static str>,
}

impl HeaderSet {
    /// The name shown to people and stored with an import.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Combined => "kintell-sessions",
            Self::LanguageV1_0 => "kintell-language-1.0",
            Self::LanguageV1_1 => "kintell-language-1.1",
            Self::MentorshipV1_0 => "kintell-mentorship-1.0",
        }
    }

    fn columns(self) -> &'static [Column] {
        match self {
            Self::Combined => COMBINED,
            Self::LanguageV1_0 | Self::LanguageV1_1 => LANGUAGE,
            Self::MentorshipV1_0 => MENTORSHIP,
        }
    }

    /// What this set calls a field.
    pub(crate) fn name_of(self, field: Field) -> &'static str {
        // A set without the field never reads it; the empty name would only show in a message.
        self.columns()
            .iter()
            .find(|(f, _, _)| *f == field)
            .map_or("", |(_, name, _)| name)
    }

    /// Finds the set that shares most columns with the header, and where its columns stand.
    ///
    /// # Errors
    /// [`FileError`] when there is no header, a required column is missing, or a name is a near miss of a known one.
    pub(crate) fn recognise(header: &Header) -> Result<Recognised, FileError> {
        let set = best_match(header);
        let columns = set.columns();
        if columns
            .iter()
            .all(|(_, name, _)| header.position(name).is_none())
        {
            return Err(nothing_known(header, columns));
        }
        refuse_missing(header, columns)?;
        let mut places = [None; FIELDS];
        let mut absent = Vec::new();
        for (field, name, _) in columns {
            places[*field as usize] = header.position(name);
            if header.position(name).is_none() {
                absent.push(*name);
            }
        }
        let set = match set {
            Self::LanguageV1_0 if places[Field::Metadata as usize].is_some() => Self::LanguageV1_1,
            other => other,
        };
        Ok(Recognised {
            set,
            places,
            unused: unused(header, columns, &absent)?,
            absent,
        })
    }
}

fn best_match(header: &Header) -> HeaderSet {
    // Columns that only one set has speak before those that sets share.
    if ["mentor_email", "focus_area", "goals_discussed"]
        .iter()
        .any(|name| header.position(name).is_some())
    {
        return HeaderSet::MentorshipV1_0;
    }
    let shared = |set: HeaderSet| {
        set.columns()
            .iter()
            .filter(|(_, name, _)| header.position(name).is_some())
            .count()
    };
    let (combined, language) = (shared(HeaderSet::Combined), shared(HeaderSet::LanguageV1_0));
    if language > combined {
        HeaderSet::LanguageV1_0
    } else {
        HeaderSet::Combined
    }
}

fn nothing_known(header: &Header, columns: &'static [Column]) -> FileError {
    if header.names().iter().any(|name| name.contains('@')) {
        return FileError::NoHeader {
            expected: columns.iter().map(|(_, name, _)| *name).collect(),
        };
    }
    missing_columns(header, columns)
}

fn refuse_missing(header: &Header, columns: &'static [Column]) -> Result<(), FileError> {
    let complete = columns
        .iter()
        .filter(|(_, _, required)| *required)
        .all(|(_, name, _)| header.position(name).is_some());
    if complete {
        Ok(())
    } else {
        Err(missing_columns(header, columns))
    }
}

fn missing_columns(header: &Header, columns: &'static [Column]) -> FileError {
    let is_known = |key: &str| columns.iter().any(|(_, name, _)| *name == key);
    let strangers: Vec<&str> = header
        .keys()
        .iter()
        .map(String::as_str)
        .filter(|key| !key.is_empty() && !is_known(key))
        .collect();
    let hint = |name: &str| {
        let (near, distance) = nearest(name, strangers.iter().copied())?;
        // Further apart than half the name, a hint would mislead.
        (distance * 2 <= name.len()).then(|| near.to_owned())
    };
    let missing = columns
        .iter()
        .filter(|(_, name, required)| *required && header.position(name).is_none())
        .map(|(_, name, _)| (*name, hint(name)))
        .collect();
    FileError::MissingColumns {
        found: header.shown(),
        missing,
        expected: columns.iter().map(|(_, name, _)| *name).collect(),
    }
}

/// Columns to pass over. A near miss of an absent one is refused: passing it over would lose its cells silently.
fn unused(
    header: &Header,
    columns: &[Column],
    absent: &[&'static str],
) -> Result<Vec<String>, FileError> {
    const NEAR: usize = 2;
    let mut unused = Vec::new();
    for (key, name) in header.keys().iter().zip(header.shown()) {
        if key.is_empty()
            || ERROR_COLUMNS.contains(&key.as_str())
            || columns.iter().any(|(_, known, _)| known == key)
        {
            continue;
        }
        match nearest(key, absent.iter().copied()) {
            Some((near, 1..=NEAR)) => {
                let meant = absent
                    .iter()
                    .find(|a| **a == near)
                    .copied()
                    .unwrap_or_default();
                return Err(FileError::MisspelledColumn { found: name, meant });
            }
            _ => unused.push(name),
        }
    }
    Ok(unused)
}
