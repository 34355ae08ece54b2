//! Who attended an event.

use contracts::event::Payload;
use contracts::event::buddy::EventAttended;
use contracts::event::value::{
    AttendedKind, Label, List, MeetingFormat, PositiveInt, SdgGoal, ValueError,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sdg::{self, Activity, SdgTag};
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, Place, RecordKey, Reference, Told};
use crate::sheet::row_error::RowError;

/// An attendance without its texts and its person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttendanceData {
    /// The event, by the buddy system's id.
    pub event_id: Uuid,
    /// What the event was about.
    pub event_type: AttendedKind,
    /// Where people met.
    pub event_format: MeetingFormat,
    /// When it was attended.
    pub attended_at: Timestamp,
    /// How long it took, in minutes.
    pub duration_minutes: Option<PositiveInt>,
    /// How many attended.
    pub attendee_count: Option<PositiveInt>,
    /// Terms that the event is filed under.
    #[serde(default)]
    pub categories: Vec<Label<50>>,
    /// Goals as the source says.
    #[serde(default)]
    pub sdg_goals: Vec<SdgGoal>,
    /// Goals by the tagging rules.
    #[serde(default)]
    pub sdg: Vec<SdgTag>,
}

impl AttendanceData {
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let title = told.texts.get("event_title").copied();
        let (Some(user_id), Some(event_title_text_id)) = (told.person, title) else {
            return Ok(Vec::new());
        };
        let goals = if self.sdg_goals.is_empty() {
            sdg::goals(&self.sdg)
        } else {
            self.sdg_goals.clone()
        };
        let attended = EventAttended {
            event_id: self.event_id,
            user_id,
            match_id: told.parent,
            event_title_text_id,
            event_type: self.event_type,
            event_format: self.event_format,
            attended_at: self.attended_at,
            location_text_id: told.texts.get("location").copied(),
            duration_minutes: self.duration_minutes,
            attendee_count: self.attendee_count,
            organizer_text_id: told.texts.get("organizer").copied(),
            categories: List::new(self.categories.clone())?,
            sdg_goals: List::new(goals)?,
        };
        Ok(vec![attended.into()])
    }
}

/// Maps a row; event and person tell attendances apart.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let event_id = cells.must_uuid("event_id");
    let person = cells.must_buddy("user_id", Place::Person);
    let match_id = cells.uuid("match_id");
    let has_title = cells.must("event_title", |_| Ok(()));
    let title = cells.short_text("event_title");
    let location = cells.short_text("location");
    let organizer = cells.short_text("organizer");
    let categories: Vec<Label<50>> = cells.labels("categories");
    let event_type = cells.must_word("event_type");
    let event_format = cells.must_word("event_format");
    let attended_at = cells.must_past("attended_at");
    let duration_minutes = cells.positive("duration_minutes");
    let attendee_count = cells.positive("attendee_count");
    let sdg_goals = cells.goals("sdg_goals");
    let draft = || {
        has_title?;
        let (event_id, person, attended_at) = (event_id?, person?, attended_at?);
        let texts = title
            .as_deref()
            .into_iter()
            .chain(categories.iter().map(Label::as_str));
        let data = AttendanceData {
            event_id: event_id.parse().ok()?,
            event_type: event_type?,
            event_format: event_format?,
            attended_at,
            duration_minutes,
            attendee_count,
            sdg: sdg::tags(&[Activity::EventAttended], texts),
            categories,
            sdg_goals,
        };
        let key = RecordKey::Natural(vec![event_id, person.value.clone()]);
        let mut draft = Draft::new(key, Data::Attendance(data));
        draft.people = vec![person];
        draft.reference = match_id.map(|id| Reference::Match {
            id,
            gives_people: false,
        });
        draft.occurred_at = Some(attended_at);
        draft.text("event_title", "buddy_event_title", Place::Person, title);
        draft.text("location", "buddy_event_location", Place::Person, location);
        draft.text(
            "organizer",
            "buddy_event_organizer",
            Place::Person,
            organizer,
        );
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}
