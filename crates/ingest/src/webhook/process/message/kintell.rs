//! Deliveries of Kintell.

use serde_json::{Map, Value};

use super::{Cells, Fault, Told, text};
use crate::source::Source;

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

const RATING: [&str; 6] = [
    "rating_id",
    "session_id",
    "from_role",
    "rating",
    "feedback_text",
    "created_at",
];

/// The fields themselves, whether they stand bare or under `data` or `payload`.
fn payload(body: &Map<String, Value>) -> &Map<String, Value> {
    ["data", "payload"]
        .iter()
        .find_map(|name| body.get(*name)?.as_object())
        .unwrap_or(body)
}

fn cells<const N: usize>(body: &Map<String, Value>, names: [&'static str; N]) -> Cells {
    Cells(names.map(|name| (name, text(body.get(name)))).into())
}

pub(super) fn session(body: &Map<String, Value>) -> Result<Vec<Told>, Fault> {
    let body = payload(body);
    let word = text(body.get("session_type")).to_lowercase();
    let told = if word.contains("language") {
        cells(body, LANGUAGE)
    } else if word.contains("mentor") {
        let cells = MENTORSHIP.map(|(name, other)| {
            let value = body.get(name).or_else(|| body.get(other));
            (name, text(value))
        });
        Cells(cells.into())
    } else {
        return Err(Fault::new(
            "session_type_unknown",
            "session_type: The type names neither language nor mentorship",
        ));
    };
    Ok(vec![Told::Session(told)])
}

pub(super) fn booking(body: &Map<String, Value>) -> Vec<Told> {
    vec![Told::Booking(cells(payload(body), BOOKING))]
}

pub(super) fn rating(body: &Map<String, Value>) -> Vec<Told> {
    let cells = cells(payload(body), RATING);
    vec![Told::Record(Source::KintellRatings, cells)]
}
