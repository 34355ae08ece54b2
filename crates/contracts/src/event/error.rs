//! Why an event is refused, said without repeating what it holds.

use serde_path_to_error::Segment;

use super::EventType;

/// Why an event is refused. No variant repeats a value of the event, which may
/// be raw text; field names and rules are safe to log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// It is no JSON, or a field is missing, unknown, of the wrong type or out
    /// of range.
    #[error("read event: {path}: {reason}")]
    Malformed {
        /// Where, as in `data.rating`.
        path: String,
        /// What is wrong there.
        reason: String,
    },
    /// Its type is not in the catalogue.
    #[error("read event: unknown event type")]
    UnknownType,
    /// Its version was never published here; a newer program may know it.
    #[error("read event: {event_type}: unknown version, known up to v{newest}")]
    UnknownVersion {
        /// The type.
        event_type: EventType,
        /// The newest version known.
        newest: u32,
    },
    /// An attribute of the envelope breaks its rule.
    #[error("check event: {attribute}: {rule}")]
    Envelope {
        /// The attribute.
        attribute: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// Fields of the payload contradict each other.
    #[error("check event: {event_type}: {rule}")]
    Rule {
        /// The type.
        event_type: EventType,
        /// The rule.
        rule: &'static str,
    },
    /// It could not be written as JSON.
    #[error("write event")]
    Write(#[source] serde_json::Error),
}

/// A field that could not be read.
pub(super) struct Defect {
    path: String,
    reason: String,
}

impl Defect {
    pub(super) fn new(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error
            .path()
            .iter()
            .map(segment)
            .collect::<Vec<_>>()
            .join(".");
        Self {
            path,
            reason: reason(error.inner()),
        }
    }

    /// A defect of the whole.
    pub(super) fn of(error: &serde_json::Error) -> Self {
        Self {
            path: String::new(),
            reason: reason(error),
        }
    }

    /// The error, with the name of the object that the field belongs to.
    pub(super) fn within(self, object: &str) -> EventError {
        let path = match (object, self.path.as_str()) {
            (object, "") => object.to_owned(),
            ("", path) => path.to_owned(),
            (object, path) => format!("{object}.{path}"),
        };
        EventError::Malformed {
            path,
            reason: self.reason,
        }
    }
}

/// A step of a path; keys of the sender's choosing are left out.
fn segment(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key } | Segment::Enum { variant: key } if is_name(key) => key.clone(),
        Segment::Map { .. } | Segment::Enum { .. } | Segment::Unknown => "?".to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}

/// What serde says, without the value that it likes to quote.
fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    if error.is_syntax() || error.is_eof() || error.is_io() {
        return "is no valid JSON".to_owned();
    }
    let name = said.split('`').nth(1).unwrap_or_default();
    let named = if is_name(name) {
        format!(" `{name}`")
    } else {
        String::new()
    };
    let expected = ["invalid ", "unknown variant"]
        .iter()
        .any(|start| said.starts_with(start))
        .then(|| said.rsplit_once(", expected "))
        .flatten();
    if said.starts_with("must ") {
        said
    } else if said.starts_with("missing field") {
        format!("missing field{named}")
    } else if said.starts_with("unknown field") {
        format!("unknown field{named}")
    } else if said.starts_with("duplicate field") {
        format!("duplicate field{named}")
    } else if let Some((_, expected)) = expected {
        format!("expected {expected}")
    } else {
        "has not the form of its type".to_owned()
    }
}
