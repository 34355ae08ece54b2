//! What matches did together.

use contracts::event::Payload;
use contracts::event::buddy::EventLogged;
use contracts::event::value::{Label, List, ValueError};
use jiff::Timestamp;
use platform::vault::IdentifierKind;
use serde::{Deserialize, Serialize};

use super::sdg::{self, Activity, SdgTag};
use crate::kintell::field::{self, Fault};
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, PersonRef, Place, RecordKey, Reference, Told};
use crate::record::rule;
use crate::sheet::row_error::{ErrorCode, RowError};

/// The most people of one event.
const ATTENDEES: usize = 500;

/// An event without its texts and people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventData {
    /// What kind of event, in the source's words.
    pub event_type: Label<50>,
    /// When it took place.
    pub event_date: Timestamp,
    /// Goals that it serves.
    #[serde(default)]
    pub sdg: Vec<SdgTag>,
}

impl EventData {
    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let Some(match_id) = told.parent else {
            return Ok(Vec::new());
        };
        let logged = EventLogged {
            event_id: told.id,
            match_id,
            event_type: self.event_type.clone(),
            event_date: self.event_date,
            description_text_id: told.texts.get("description").copied(),
            location_text_id: told.texts.get("location").copied(),
            attendees: List::new(told.people.to_vec())?,
        };
        Ok(vec![logged.into()])
    }
}

/// Maps a row. Without an id of its own, match, kind and date tell events apart.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let id = cells.uuid("event_id");
    let match_id = cells.must_uuid("match_id");
    let event_type: Option<Label<50>> = cells.must_label("event_type");
    let event_date = cells.must_past("event_date");
    let description = cells.long_text("description");
    let location = cells.short_text("location");
    let attendees = cells.maybe("attendees", attendees).unwrap_or_default();
    let draft = || {
        let (match_id, event_type, event_date) = (match_id?, event_type?, event_date?);
        let key = match id {
            Some(id) => RecordKey::Given(id),
            None => RecordKey::Natural(vec![
                match_id.clone(),
                event_type.as_str().to_owned(),
                event_date.to_string(),
            ]),
        };
        let texts = [Some(event_type.as_str()), description.as_deref()];
        let sdg = sdg::tags(&[Activity::EventLogged], texts.into_iter().flatten());
        let data = EventData {
            event_type: event_type.clone(),
            event_date,
            sdg,
        };
        let mut draft = Draft::new(key, Data::Event(data));
        draft.people = attendees;
        draft.reference = Some(Reference::Match {
            id: match_id,
            gives_people: true,
        });
        draft.occurred_at = Some(event_date);
        draft.text("description", "buddy_event", Place::Person, description);
        draft.text("location", "buddy_event_location", Place::Person, location);
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}

/// People by their ids in the buddy system or by their addresses, each once.
fn attendees(text: &str) -> Result<Vec<PersonRef>, Fault> {
    let mut people: Vec<PersonRef> = Vec::new();
    for item in rule::list(text)? {
        let (kind, value) = if item.contains('@') {
            (IdentifierKind::Email, field::email(&item)?)
        } else {
            (IdentifierKind::Buddy, rule::uuid(&item)?)
        };
        if people.iter().all(|person| person.value != value) {
            people.push(PersonRef {
                place: Place::Among,
                kind,
                value,
                column: "attendees",
            });
        }
    }
    if people.len() > ATTENDEES {
        let reason = format!("The list has more than {ATTENDEES} people");
        return Err(Fault::new(ErrorCode::Text, reason));
    }
    Ok(people)
}
