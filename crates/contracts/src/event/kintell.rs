//! Sessions and ratings from Kintell, the matcher of language and mentorship
//! sessions.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::{contract, ensure};
use super::value::{
    CefrLevel, ExternalRef, Label, List, PositiveInt, Rate, RatingScale, SessionRole, SessionType,
};

/// A session was agreed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionScheduled {
    /// The session.
    pub session_id: Uuid,
    /// Kintell's own id of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_session_id: Option<ExternalRef>,
    /// What the session is for.
    pub session_type: SessionType,
    /// The person the programme is for.
    pub participant_id: Uuid,
    /// The person who volunteers.
    pub volunteer_id: Uuid,
    /// When the session is to begin.
    pub scheduled_at: Timestamp,
}

contract!(SessionScheduled, "sessionId" = session_id);

/// A session took place, or what is known of it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionCompleted {
    /// The session.
    pub session_id: Uuid,
    /// Kintell's own id of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_session_id: Option<ExternalRef>,
    /// What the session was for.
    pub session_type: SessionType,
    /// The person the programme is for.
    pub participant_id: Uuid,
    /// The person who volunteered.
    pub volunteer_id: Uuid,
    /// When the session was to begin.
    pub scheduled_at: Timestamp,
    /// When the session was over; not before `scheduledAt`.
    pub completed_at: Timestamp,
    /// How long it took, in minutes.
    pub duration_minutes: PositiveInt,
    /// What was talked about, as terms.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub topics: List<Label<100>, 0, 32>,
    /// The participant's level in a language session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_level: Option<CefrLevel>,
    /// The vault's id of a text that came with the session without a rating;
    /// a rating's text is in the rating's event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback_text_id: Option<Uuid>,
    /// The programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_id: Option<Uuid>,
    /// The campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<Uuid>,
    /// The group of participants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_group_id: Option<Uuid>,
}

contract!(
    SessionCompleted,
    "sessionId" = session_id,
    |session| ensure(
        session.completed_at >= session.scheduled_at,
        "completedAt must not be before scheduledAt"
    )
);

/// Someone rated a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RatingCreated {
    /// The rating.
    pub rating_id: Uuid,
    /// The session rated.
    pub session_id: Uuid,
    /// Who rated.
    pub from_role: SessionRole,
    /// The rating from 0 to 1, whatever the scale it was given on.
    pub rating: Rate,
    /// The scale it was given on.
    pub source_scale: RatingScale,
    /// The vault's id of the text that came with the rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback_text_id: Option<Uuid>,
    /// When the rating was given.
    pub created_at: Timestamp,
}

contract!(RatingCreated, "sessionId" = session_id);
