//! What a delivery says, as cells by the names of columns: pure, for every system that delivers.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::webhook::source::{DeliveryKind, WebhookSource};

/// Why a delivery says nothing that can be taken in. Neither part holds a value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) struct Fault {
    pub(in crate::webhook) code: &'static str,
    pub(in crate::webhook) detail: Cow<'static, str>,
}

impl Fault {
    pub(super) fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// Texts by the names of columns. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::webhook) struct Cells(Vec<(&'static str, String)>);

impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Cells {
    /// The names in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The text of a column.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// All texts in one, and where each ends.
    pub(super) fn joined(&self) -> (String, Vec<usize>) {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(self.0.len()));
        for (_, cell) in &self.0 {
            text.push_str(cell);
            ends.push(text.len());
        }
        (text, ends)
    }
}

/// What a delivery tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::webhook) enum Told {
    /// A session, with the columns of one of its header sets.
    Session(Cells),
    /// A session that was agreed on.
    Booking(Cells),
}

/// Columns of a language session, and its fields in a delivery.
const LANGUAGE: [&str; 11] = [
    "session_id",
    "participant_email",
    "volunteer_email",
    "scheduled_at",
    "completed_at",
    "duration_minutes",
    "rating",
    "feedback_text",
    "language_level",
    "topics",
    "metadata",
];

/// Columns of a mentorship session, each with its other name in a delivery.
const MENTORSHIP: [(&str, &str); 10] = [
    ("session_id", "session_id"),
    ("participant_email", "participant_email"),
    ("mentor_email", "volunteer_email"),
    ("scheduled_at", "scheduled_at"),
    ("completed_at", "completed_at"),
    ("duration_minutes", "duration_minutes"),
    ("rating", "rating"),
    ("feedback_text", "feedback_text"),
    ("focus_area", "topics"),
    ("goals_discussed", "goals_discussed"),
];

const BOOKING: [&str; 6] = [
    "booking_id",
    "session_id",
    "session_type",
    "participant_email",
    "volunteer_email",
    "scheduled_at",
];

/// Reads a delivery. Fields that mean nothing here are passed over: a sender may add some at any time.
///
/// # Errors
/// [`Fault`] when it is not of the form that its source has.
pub(in crate::webhook) fn read(
    source: WebhookSource,
    kind: DeliveryKind,
    body: &[u8],
) -> Result<Told, Fault> {
    let body = object(body)?;
    match (source, kind) {
        (WebhookSource::Kintell, DeliveryKind::SessionCompleted) => session(payload(&body)),
        (WebhookSource::Kintell, DeliveryKind::BookingConfirmed) => {
            let body = payload(&body);
            let cells = BOOKING.map(|name| (name, text(body.get(name))));
            Ok(Told::Booking(Cells(cells.into())))
        }
        _ => Err(Fault::new(
            "kind_unread",
            "Deliveries of this kind cannot be taken in",
        )),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Fault::new(
            "body_not_an_object",
            "The body is JSON, but not an object",
        )),
        Err(_) => Err(Fault::new("body_not_json", "The body is not JSON")),
    }
}

/// The fields themselves, whether they stand bare or under `data` or `payload`.
fn payload(body: &Map<String, Value>) -> &Map<String, Value> {
    ["data", "payload"]
        .iter()
        .find_map(|name| body.get(*name)?.as_object())
        .unwrap_or(body)
}

fn session(body: &Map<String, Value>) -> Result<Told, Fault> {
    let word = text(body.get("session_type")).to_lowercase();
    if word.contains("language") {
        let cells = LANGUAGE.map(|name| (name, text(body.get(name))));
        Ok(Told::Session(Cells(cells.into())))
    } else if word.contains("mentor") {
        let cells = MENTORSHIP.map(|(name, other)| {
            let value = body.get(name).or_else(|| body.get(other));
            (name, text(value))
        });
        Ok(Told::Session(Cells(cells.into())))
    } else {
        Err(Fault::new(
            "session_type_unknown",
            "E002 session_type: The type names neither language nor mentorship",
        ))
    }
}

/// A value as it would stand in a file: a list of texts with commas between, an object as JSON, nothing for null.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(is_plain) => {
            let items: Vec<String> = items.iter().map(|item| text(Some(item))).collect();
            items.join(",")
        }
        Some(value) => value.to_string(),
    }
}

/// Whether a value can stand in a list that is divided by commas.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(','),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    }
}
