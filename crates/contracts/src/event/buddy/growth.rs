//! What buddies learn from each other and reach.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::contract::{contract, ensure};
use crate::event::value::{
    Count, ExternalRef, FieldName, Label, LearnerProgress, List, MeetingFormat, MilestoneAudience,
    MilestoneCategory, PositiveInt, Proficiency, Rate, SdgGoal,
};

/// One taught the other a skill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SkillShareCompleted {
    /// The sharing session.
    pub session_id: Uuid,
    /// The skill's number in the catalogue.
    pub skill_id: PositiveInt,
    /// The skill's name in the catalogue.
    pub skill_name: Label<100>,
    /// The skill's category in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_category: Option<Label<50>>,
    /// The person who taught.
    pub teacher_id: Uuid,
    /// The person who learned.
    pub learner_id: Uuid,
    /// The match, when both belong to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_id: Option<Uuid>,
    /// When it was over; not before `scheduledAt`.
    pub completed_at: Timestamp,
    /// When it was to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// How long it took, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_minutes: Option<PositiveInt>,
    /// Where they met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<MeetingFormat>,
    /// How well the teacher masters the skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proficiency_level: Option<Proficiency>,
    /// What both thought of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<SkillShareFeedback>,
    /// The goals for sustainable development that it serves.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub sdg_goals: List<SdgGoal, 0, 17>,
    /// Points that the programme gives for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valuation_points: Option<PositiveInt>,
}

contract!(SkillShareCompleted, "sessionId" = session_id, |share| {
    ensure(
        share
            .scheduled_at
            .is_none_or(|scheduled| share.completed_at >= scheduled),
        "completedAt must not be before scheduledAt",
    )
});

/// What both thought of a skill share; ratings from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SkillShareFeedback {
    /// The teacher's rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher_rating: Option<Rate>,
    /// The learner's rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learner_rating: Option<Rate>,
    /// The vault's id of the teacher's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher_comment_text_id: Option<Uuid>,
    /// The vault's id of the learner's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learner_comment_text_id: Option<Uuid>,
    /// How far the learner came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learner_progress: Option<LearnerProgress>,
}

/// Someone reached a milestone of the buddy programme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MilestoneReached {
    /// The milestone's number in the catalogue.
    pub milestone_id: PositiveInt,
    /// The person who reached it.
    pub user_id: Uuid,
    /// The milestone's name in the catalogue.
    pub milestone_title: Label<100>,
    /// What the milestone belongs to.
    pub milestone_category: MilestoneCategory,
    /// When it was reached.
    pub reached_at: Timestamp,
    /// Points that the programme gives for it.
    pub points: Count,
    /// The badge's icon in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge_icon: Option<Label<50>>,
    /// Whom the milestone is meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_role: Option<MilestoneAudience>,
    /// The way there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<MilestoneProgress>,
    /// What else is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<MilestoneContext>,
}

contract!(MilestoneReached, "userId" = user_id, |reached| ensure(
    reached
        .progress
        .as_ref()
        .is_none_or(|progress| progress.current_step.get() <= progress.total_steps.get()),
    "currentStep must not be above totalSteps"
));

/// The steps to a milestone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MilestoneProgress {
    /// The step reached; not above `totalSteps`.
    pub current_step: Count,
    /// The number of steps.
    pub total_steps: PositiveInt,
    /// The names of the steps done.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub completed_steps: List<Label<100>, 0, 100>,
}

/// What else is known of a milestone reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MilestoneContext {
    /// Whether it is the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_first_time: Option<bool>,
    /// How many times in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streak_count: Option<Count>,
    /// What it came of.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub related_entities: List<RelatedEntity, 0, 50>,
}

/// A thing that a milestone came of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RelatedEntity {
    /// What it is: an event, a skill share, a check-in.
    #[serde(rename = "type")]
    pub kind: FieldName,
    /// Its id or catalogue number.
    pub id: ExternalRef,
}
