//! Buddy matches and what comes of them.

mod activity;
mod growth;

pub use activity::{
    CheckinCompleted, EventAttended, EventLogged, FeedbackCategories, FeedbackSubmitted,
};
pub use growth::{
    MilestoneContext, MilestoneProgress, MilestoneReached, RelatedEntity, SkillShareCompleted,
    SkillShareFeedback,
};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::contract;
use super::value::{Count, Label, List, MatchEndReason, PositiveInt, Rate};

/// A participant and a buddy were matched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchCreated {
    /// The match.
    pub match_id: Uuid,
    /// The person the programme is for.
    pub participant_id: Uuid,
    /// The person who volunteers as a buddy.
    pub buddy_id: Uuid,
    /// When they were matched.
    pub matched_at: Timestamp,
    /// What the match was made on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching_criteria: Option<MatchingCriteria>,
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

contract!(MatchCreated, "matchId" = match_id);

/// What a match was made on, as terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchingCriteria {
    /// The language they share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Label<50>>,
    /// The interests they share.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub interests: List<Label<50>, 0, 32>,
    /// The city they share, never an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Label<100>>,
}

/// A buddy match came to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchEnded {
    /// The match.
    pub match_id: Uuid,
    /// The person the programme is for.
    pub participant_id: Uuid,
    /// The person who volunteered as a buddy.
    pub buddy_id: Uuid,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How long it lasted, in days.
    pub duration: PositiveInt,
    /// Why it ended.
    pub reason: MatchEndReason,
    /// The vault's id of what was said about the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_details_text_id: Option<Uuid>,
    /// Sessions held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions_completed: Option<Count>,
    /// Events attended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_attended: Option<Count>,
    /// How content both were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<MatchFeedback>,
}

contract!(MatchEnded, "matchId" = match_id);

/// How content both sides of a match were, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchFeedback {
    /// The participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_satisfaction: Option<Rate>,
    /// The buddy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buddy_satisfaction: Option<Rate>,
}
