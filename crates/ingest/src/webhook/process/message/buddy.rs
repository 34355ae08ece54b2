//! Deliveries of the buddy system: `{event_type, event_id, timestamp, data}`, or a `type` with the fields beside it or
//! under `data` or `payload`.

use serde_json::{Map, Value};

use super::flat::Flat;
use super::{Fault, Told, text};
use crate::source::Source;

/// What a type of event tells of, and the column that the delivery's own time stands for where it is empty.
pub(super) const TYPES: [(&str, Source, Option<&str>); 14] = [
    ("user.created", Source::BuddyUsers, None),
    ("user.updated", Source::BuddyUsers, None),
    ("match.created", Source::BuddyMatches, Some("matched_at")),
    ("match.ended", Source::BuddyMatches, Some("ended_at")),
    ("event.created", Source::BuddyEvents, Some("event_date")),
    ("event.logged", Source::BuddyEvents, Some("event_date")),
    (
        "event.attended",
        Source::BuddyAttendance,
        Some("attended_at"),
    ),
    (
        "checkin.submitted",
        Source::BuddyCheckins,
        Some("checkin_date"),
    ),
    (
        "checkin.completed",
        Source::BuddyCheckins,
        Some("checkin_date"),
    ),
    (
        "feedback.submitted",
        Source::BuddyFeedback,
        Some("submitted_at"),
    ),
    (
        "skill_share.completed",
        Source::BuddySkillSessions,
        Some("completed_at"),
    ),
    (
        "skill_session.completed",
        Source::BuddySkillSessions,
        Some("completed_at"),
    ),
    (
        "milestone.reached",
        Source::BuddyMilestones,
        Some("reached_at"),
    ),
    (
        "milestone.achieved",
        Source::BuddyMilestones,
        Some("reached_at"),
    ),
];

pub(super) fn event(body: &Map<String, Value>) -> Result<Vec<Told>, Fault> {
    let inner = ["data", "payload"]
        .iter()
        .find_map(|name| body.get(*name)?.as_object());
    let by_type = body.contains_key("type");
    let name = if by_type { "type" } else { "event_type" };
    // In a wrapper without a type of its own, the fields may carry it.
    let word = body.get(name).or_else(|| inner?.get("type"));
    let word = text(word).to_lowercase();
    let word = word.strip_prefix("buddy.").unwrap_or(&word);
    let Some((_, source, time)) = TYPES.iter().find(|(known, ..)| *known == word) else {
        return Err(Fault::new(
            "event_type_unknown",
            "The type of the event is not one that is known",
        ));
    };
    let mut fields = inner.unwrap_or(body).clone();
    if inner.is_none() || !by_type && !body.contains_key("event_type") {
        // It names the event, not a field of it.
        fields.remove(name);
        fields.remove("type");
    }
    let flat = Flat::of(&fields);
    let mut cells = flat.cells(*source);
    if *source == Source::BuddyMatches {
        cells.fill("duration_days", || flat.text(&["duration"]));
        cells.fill("status", || {
            if word == "match.ended" {
                "ended"
            } else {
                "active"
            }
            .to_owned()
        });
    }
    if let Some(time) = time {
        cells.fill(time, || text(body.get("timestamp")));
    }
    Ok(vec![Told::Record(*source, cells)])
}
