//! Deliveries of course providers, each in its own form.

use serde_json::{Map, Value};

use super::flat::{Flat, snake};
use super::{Cells, Fault, Told, text};
use crate::source::Source;

/// eCornell: snake case, with `user`, `course`, `progress` and `certificate` as objects.
pub(super) fn ecornell(body: &Map<String, Value>) -> Result<Vec<Told>, Fault> {
    let status = match text(body.get("event_type")).as_str() {
        "enrollment.created" => Some("enrolled"),
        "course.started" => Some("in_progress"),
        "course.completed" => Some("completed"),
        "certificate.issued" => None,
        _ => return Err(unknown_event()),
    };
    let part = |name: &str, field: &str| text(body.get(name).and_then(|part| part.get(field)));
    let time = text(body.get("timestamp"));
    let learner = [
        ("user_email", part("user", "email")),
        ("provider", "ecornell".to_owned()),
        ("course_id", part("course", "course_id")),
        ("course_name", part("course", "course_name")),
    ];
    let certificate = part("certificate", "certificate_id");
    let mut told = Vec::new();
    if let Some(status) = status {
        let mut cells = Cells(learner.to_vec());
        cells.0.extend([
            ("status", status.to_owned()),
            (
                "progress_percent",
                whole(part("progress", "percent_complete")),
            ),
            ("started_at", part("progress", "started_at")),
            ("completed_at", part("progress", "completed_at")),
            ("final_score", part("progress", "final_score")),
            ("credential_ref", certificate.clone()),
            ("updated_at", time.clone()),
        ]);
        finish(&mut cells, &time);
        told.push(Told::Record(Source::UpskillingCompletions, cells));
    }
    if status.is_none() || !certificate.is_empty() {
        let mut cells = Cells(learner.to_vec());
        cells.0.extend([
            ("credential_id", certificate),
            ("credential_type", "certificate".to_owned()),
            ("issued_at", part("certificate", "issued_at")),
            ("credential_url", part("certificate", "certificate_url")),
        ]);
        cells.fill("issued_at", || time.clone());
        told.push(Told::Record(Source::UpskillingCredentials, cells));
    }
    Ok(told)
}

/// itslearning: camel case, flat. Its certificates have a link and no number, so they stay with the course.
pub(super) fn itslearning(body: &Map<String, Value>) -> Result<Vec<Told>, Fault> {
    let usual = match text(body.get("eventType")).as_str() {
        "CourseEnrollment" => "enrolled",
        "CourseProgress" => "in_progress",
        "CourseCompletion" => "completed",
        _ => return Err(unknown_event()),
    };
    let field = |name: &str| text(body.get(name));
    let time = field("timestamp");
    // A completion is one whatever its status is called.
    let status = match status_of(&field("status")) {
        Some(status) if usual != "completed" => status,
        _ => usual,
    };
    let mut cells = Cells(vec![
        ("user_email", field("userEmail")),
        ("provider", "itslearning".to_owned()),
        ("course_id", field("courseId")),
        ("course_name", field("courseName")),
        ("status", status.to_owned()),
        ("progress_percent", whole(field("progressPercentage"))),
        ("started_at", field("startDate")),
        ("completed_at", field("completionDate")),
        ("final_score", field("finalScore")),
        ("credential_ref", field("certificateUrl")),
        ("updated_at", time.clone()),
    ]);
    finish(&mut cells, &time);
    Ok(vec![Told::Record(Source::UpskillingCompletions, cells)])
}

/// Any other provider: the catalogue's own fields, flat or under `user`, `course` and so on.
pub(super) fn generic(body: &Map<String, Value>) -> Vec<Told> {
    let inner = ["data", "payload"]
        .iter()
        .find_map(|name| body.get(*name)?.as_object());
    let flat = Flat::of(inner.unwrap_or(body));
    let time = text(body.get("timestamp"));
    let event = text(body.get("event_type").or_else(|| body.get("type"))).to_lowercase();
    let is_credential = event.contains("credential")
        || event.contains("certificate")
        || !flat.text(&["credential_id"]).is_empty();
    if is_credential {
        let mut cells = flat.cells(Source::UpskillingCredentials);
        cells.fill("issued_at", || time.clone());
        return vec![Told::Record(Source::UpskillingCredentials, cells)];
    }
    let mut cells = flat.cells(Source::UpskillingCompletions);
    if let Some(status) = status_of(cells.get("status").unwrap_or_default()) {
        cells.set("status", status.to_owned());
    }
    let percent = cells.get("progress_percent").map(str::to_owned);
    cells.set("progress_percent", whole(percent.unwrap_or_default()));
    cells.fill("updated_at", || time.clone());
    finish(&mut cells, &time);
    vec![Told::Record(Source::UpskillingCompletions, cells)]
}

/// A completion without its own time has that of the delivery.
fn finish(cells: &mut Cells, time: &str) {
    if cells.get("status") == Some("completed") {
        cells.fill("completed_at", || time.to_owned());
    }
}

/// The catalogue's word for a provider's status; none for one that says nothing.
fn status_of(word: &str) -> Option<&'static str> {
    match snake(word.trim()).as_str() {
        "enrolled" | "registered" | "not_started" => Some("enrolled"),
        "in_progress" | "inprogress" | "started" | "active" => Some("in_progress"),
        "completed" | "complete" | "finished" | "passed" => Some("completed"),
        "dropped" | "withdrawn" | "cancelled" | "canceled" => Some("dropped"),
        _ => None,
    }
}

/// Whole per cent: what lies behind the point falls away.
fn whole(percent: String) -> String {
    match percent.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|b| b.is_ascii_digit()) => whole.to_owned(),
        _ => percent,
    }
}

fn unknown_event() -> Fault {
    Fault::new(
        "event_type_unknown",
        "The type of the event is not one that is known",
    )
}
