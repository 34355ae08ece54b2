//! What buddies do together and say about it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::contract::{contract, ensure};
use crate::event::value::{
    AttendedKind, BuddyRole, CheckinMood, FieldName, Label, List, MeetingFormat, PositiveInt, Rate,
    SdgGoal,
};

/// The most questions one check-in may answer.
const MAX_QUESTIONS: usize = 50;

/// A match wrote down something that the two did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventLogged {
    /// The buddy event.
    pub event_id: Uuid,
    /// The match.
    pub match_id: Uuid,
    /// What kind of event, in the source's words.
    pub event_type: Label<50>,
    /// When it took place.
    pub event_date: Timestamp,
    /// The vault's id of the description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description_text_id: Option<Uuid>,
    /// The vault's id of the place, which may be someone's home.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_text_id: Option<Uuid>,
    /// The people who were there.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub attendees: List<Uuid, 0, 500>,
}

contract!(EventLogged, "matchId" = match_id);

/// Someone attended a buddy event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventAttended {
    /// The buddy event.
    pub event_id: Uuid,
    /// The person who attended.
    pub user_id: Uuid,
    /// The match, when the event belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_id: Option<Uuid>,
    /// The vault's id of the title, which people write and may name people in.
    pub event_title_text_id: Uuid,
    /// What the event was about.
    pub event_type: AttendedKind,
    /// Where people met.
    pub event_format: MeetingFormat,
    /// When it was attended.
    pub attended_at: Timestamp,
    /// The vault's id of the place, which may be someone's home.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_text_id: Option<Uuid>,
    /// How long it took, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_minutes: Option<PositiveInt>,
    /// How many attended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendee_count: Option<PositiveInt>,
    /// The vault's id of the organiser's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizer_text_id: Option<Uuid>,
    /// Terms that the event is filed under.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub categories: List<Label<50>, 0, 32>,
    /// The goals for sustainable development that it serves.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub sdg_goals: List<SdgGoal, 0, 17>,
}

contract!(EventAttended, "userId" = user_id);

/// A match checked in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckinCompleted {
    /// The check-in.
    pub checkin_id: Uuid,
    /// The match.
    pub match_id: Uuid,
    /// When they checked in.
    pub checkin_date: Timestamp,
    /// How they feel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mood: Option<CheckinMood>,
    /// The vault's id of the notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes_text_id: Option<Uuid>,
    /// The vault's id of each answer, by the question's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "answers_schema")]
    pub question_response_text_ids: BTreeMap<FieldName, Uuid>,
}

contract!(CheckinCompleted, "matchId" = match_id, |checkin| ensure(
    checkin.question_response_text_ids.len() <= MAX_QUESTIONS,
    "questionResponseTextIds must hold at most 50 answers"
));

fn answers_schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": FieldName::json_schema(generator),
        "additionalProperties": Uuid::json_schema(generator),
        "maxProperties": MAX_QUESTIONS,
    })
}

/// One side of a match gave feedback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackSubmitted {
    /// The feedback.
    pub feedback_id: Uuid,
    /// The match.
    pub match_id: Uuid,
    /// Who gave it.
    pub from_role: BuddyRole,
    /// The rating from 0 to 1.
    pub rating: Rate,
    /// The vault's id of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback_text_id: Option<Uuid>,
    /// When it was given.
    pub submitted_at: Timestamp,
    /// Ratings by question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<FeedbackCategories>,
}

contract!(FeedbackSubmitted, "matchId" = match_id);

/// Ratings of a match by question, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackCategories {
    /// How well they talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub communication: Option<Rate>,
    /// How much it helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helpfulness: Option<Rate>,
    /// How much the other takes part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engagement: Option<Rate>,
}
