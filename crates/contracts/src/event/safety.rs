//! Screening of texts, and what reviewers decide.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::contract;
use super::value::{ContentKind, FlagReason, Rate, ReviewDecision};

/// Screening found something in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlagRaised {
    /// The flag.
    pub flag_id: Uuid,
    /// The vault's id of the text.
    pub content_id: Uuid,
    /// What kind of text it is.
    pub content_type: ContentKind,
    /// What was found.
    pub flag_reason: FlagReason,
    /// How sure the finding is, from 0 to 1.
    pub confidence: Rate,
    /// Whether a person must look at it.
    pub requires_human_review: bool,
    /// When it was found.
    pub raised_at: Timestamp,
}

contract!(FlagRaised, "flagId" = flag_id);

/// A reviewer decided about a flagged text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewCompleted {
    /// The review.
    pub review_id: Uuid,
    /// The flag.
    pub flag_id: Uuid,
    /// The user who reviewed.
    pub reviewer_id: Uuid,
    /// The decision.
    pub decision: ReviewDecision,
    /// The vault's id of the reviewer's notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes_text_id: Option<Uuid>,
    /// When it was decided.
    pub completed_at: Timestamp,
}

contract!(ReviewCompleted, "flagId" = flag_id);
