//! Matches of a participant and a buddy.

use contracts::event::Payload;
use contracts::event::buddy::{MatchCreated, MatchEnded, MatchFeedback, MatchingCriteria};
use contracts::event::value::{
    Count, Label, List, MatchEndReason, PositiveInt, Rate, RatingScale, ValueError,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sdg::{self, Activity, SdgTag};
use crate::kintell::field::Fault;
use crate::record::cells::Cells;
use crate::record::draft::{Data, Draft, PersonRef, Place, RecordKey, Told};
use crate::sheet::row_error::{ErrorCode, RowError};

const DAY: f64 = 86_400.0;

/// How a match stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchStatus {
    /// The two meet.
    Active,
    /// The two pause.
    Inactive,
    /// It is over.
    Ended,
}

impl std::str::FromStr for MatchStatus {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "active" => Ok(Self::Active),
            "inactive" => Ok(Self::Inactive),
            "ended" => Ok(Self::Ended),
            _ => Err(()),
        }
    }
}

/// A match without its people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchData {
    /// When they were matched.
    pub matched_at: Timestamp,
    /// How it stands; active unless said.
    pub status: MatchStatus,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub end_reason: Option<MatchEndReason>,
    /// How long it lasted, in days, as the source says.
    pub duration_days: Option<Count>,
    /// Sessions held.
    pub sessions_completed: Option<Count>,
    /// Events attended.
    pub events_attended: Option<Count>,
    /// How content the participant was.
    pub participant_satisfaction: Option<Rate>,
    /// How content the buddy was.
    pub buddy_satisfaction: Option<Rate>,
    /// The scale of both.
    pub rating_scale: Option<RatingScale>,
    /// The language they share.
    pub language: Option<Label<50>>,
    /// The interests they share.
    #[serde(default)]
    pub interests: Vec<Label<50>>,
    /// The city they share.
    pub location: Option<Label<100>>,
    /// Goals that the match serves.
    #[serde(default)]
    pub sdg: Vec<SdgTag>,
}

impl MatchData {
    fn criteria(&self) -> Result<Option<MatchingCriteria>, ValueError> {
        let any = self.language.is_some() || self.location.is_some() || !self.interests.is_empty();
        let criteria = MatchingCriteria {
            language: self.language.clone(),
            interests: List::new(self.interests.clone())?,
            location: self.location.clone(),
        };
        Ok(any.then_some(criteria))
    }

    /// Whole days, one at least: as said, else from one date to the other.
    fn days(&self, ended_at: Timestamp) -> Result<PositiveInt, ValueError> {
        let said = self.duration_days.map(|days| i64::from(days.get()));
        #[expect(clippy::cast_possible_truncation, reason = "days of a life fit")]
        let counted = (ended_at.duration_since(self.matched_at).as_secs_f64() / DAY).round() as i64;
        PositiveInt::new(said.unwrap_or(counted).max(1))
    }

    pub(crate) fn announce(&self, told: &Told<'_>) -> Result<Vec<Payload>, ValueError> {
        let (Some(participant_id), Some(buddy_id)) = (told.person, told.other) else {
            return Ok(Vec::new());
        };
        let created = MatchCreated {
            match_id: told.id,
            participant_id,
            buddy_id,
            matched_at: self.matched_at,
            matching_criteria: self.criteria()?,
            program_id: None,
            campaign_id: None,
            beneficiary_group_id: None,
        };
        let mut payloads = vec![created.into()];
        if let (MatchStatus::Ended, Some(ended_at)) = (self.status, self.ended_at) {
            let contents = MatchFeedback {
                participant_satisfaction: self.participant_satisfaction,
                buddy_satisfaction: self.buddy_satisfaction,
            };
            let any = self.participant_satisfaction.or(self.buddy_satisfaction);
            let ended = MatchEnded {
                match_id: told.id,
                participant_id,
                buddy_id,
                ended_at,
                duration: self.days(ended_at)?,
                reason: self.end_reason.unwrap_or(MatchEndReason::Other),
                reason_details_text_id: told.texts.get("end_reason_details").copied(),
                sessions_completed: self.sessions_completed,
                events_attended: self.events_attended,
                feedback: any.map(|_| contents),
            };
            payloads.push(ended.into());
        }
        Ok(payloads)
    }
}

/// Maps a row: of the export with ids, or of the shorter file with addresses.
pub(crate) fn map(mut cells: Cells<'_>) -> Result<Draft, Vec<RowError>> {
    let people = people(&mut cells);
    let data = data(&mut cells);
    let details = cells.long_text("end_reason_details");
    let draft = || {
        let (key, participant, buddy) = people?;
        let data = data?;
        let occurred_at = data.matched_at;
        let mut draft = Draft::new(key, Data::Match(data));
        draft.people = vec![participant, buddy];
        draft.occurred_at = Some(occurred_at);
        draft.text(
            "end_reason_details",
            "match_end_reason",
            Place::Person,
            details,
        );
        Some(draft)
    };
    let draft = draft();
    cells.end(draft)
}

/// A file without ids tells matches apart by both addresses and the date.
fn people(cells: &mut Cells<'_>) -> Option<(RecordKey, PersonRef, PersonRef)> {
    if cells.has("match_id") || cells.has("participant_id") || cells.has("buddy_id") {
        let id = cells.must_uuid("match_id");
        let participant = cells.must_buddy("participant_id", Place::Person);
        let buddy = cells.must_buddy("buddy_id", Place::Other);
        return Some((RecordKey::Given(id?), participant?, buddy?));
    }
    let participant = cells.must_email("participant_email", Place::Person);
    let buddy = cells.must_email("buddy_email", Place::Other);
    let (participant, buddy) = (participant?, buddy?);
    let parts = [&participant.value, &buddy.value, cells.text("matched_at")];
    let key = RecordKey::Natural(parts.map(str::to_owned).to_vec());
    Some((key, participant, buddy))
}

fn data(cells: &mut Cells<'_>) -> Option<MatchData> {
    let matched_at = cells.must_past("matched_at");
    let status = cells.word("status").unwrap_or(MatchStatus::Active);
    let ended_at = cells.past("ended_at");
    cells.order(
        "ended_at",
        matched_at,
        ended_at,
        "The match ended before it began",
    );
    if status == MatchStatus::Ended && cells.has("match_id") && !cells.has("ended_at") {
        let fault = Fault::new(
            ErrorCode::MissingField,
            "The match has ended, but not said when",
        );
        cells.refuse("ended_at", fault);
    }
    let participant_satisfaction = cells.rating("participant_satisfaction");
    let buddy_satisfaction = cells.rating("buddy_satisfaction");
    let rated = participant_satisfaction.or(buddy_satisfaction);
    let mut activities = vec![Activity::MatchCreated];
    if status == MatchStatus::Ended {
        activities.push(Activity::MatchEnded);
    }
    let interests: Vec<Label<50>> = cells.labels("interests");
    Some(MatchData {
        status,
        ended_at,
        end_reason: cells.word("end_reason"),
        duration_days: cells.count("duration_days"),
        sessions_completed: cells.count("sessions_completed"),
        events_attended: cells.count("events_attended"),
        participant_satisfaction,
        buddy_satisfaction,
        rating_scale: rated.map(|_| cells.scale()),
        language: cells.label("language"),
        sdg: sdg::tags(&activities, interests.iter().map(Label::as_str)),
        interests,
        location: cells.label("location"),
        matched_at: matched_at?,
    })
}
