//! Values of event payloads that refuse what lies outside their range, when
//! they are made and when they are read.

mod list;
mod number;
mod text;
mod word;

use std::borrow::Cow;

pub use list::List;
pub use number::{Count, Percent, PositiveInt, Rate, SdgGoal, WholePercent};
pub use text::{ExternalRef, FieldName, Label, PeriodKey, Slug};
pub use word::{
    AttendedKind, BuddyRole, CefrLevel, CheckinMood, ContentKind, CourseStatus, CredentialKind,
    FlagReason, LearnerProgress, MatchEndReason, MatchReason, MeetingFormat, MembershipStatus,
    MergeReason, MilestoneAudience, MilestoneCategory, Proficiency, RatingScale, ReviewDecision,
    SessionRole, SessionType, WithdrawalReason,
};

/// A value outside its range. The message states the rule and never repeats
/// the value, which may be a person's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub(crate) Cow<'static, str>);

#[cfg(test)]
mod tests;
