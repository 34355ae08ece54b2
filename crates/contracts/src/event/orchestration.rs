//! What becomes of people across programmes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::{contract, ensure};
use super::value::{FieldName, List};
use crate::journey::Milestone;

/// Someone reached a milestone of the journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JourneyMilestoneReached {
    /// The person.
    pub user_id: Uuid,
    /// The milestone.
    pub milestone: Milestone,
    /// When it was reached.
    pub reached_at: Timestamp,
    /// The milestone reached before; another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_milestone: Option<Milestone>,
}

contract!(JourneyMilestoneReached, "userId" = user_id, |reached| {
    ensure(
        reached.previous_milestone != Some(reached.milestone),
        "previousMilestone must be another than milestone",
    )
});

/// Something in a person's profile changed. It names the fields and carries
/// none of their values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileUpdated {
    /// The person.
    pub user_id: Uuid,
    /// The names of the fields that changed.
    pub updated_fields: List<FieldName, 1, 64>,
    /// When they changed.
    pub updated_at: Timestamp,
    /// What made them change: an event type, a rule, a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<FieldName>,
}

contract!(ProfileUpdated, "userId" = user_id);
