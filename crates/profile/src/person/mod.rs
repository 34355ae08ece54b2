//! One person's profile: reading it, and the flags that people may set.

pub(crate) mod routes;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub(crate) mod update;

use std::collections::BTreeMap;

use contracts::journey::{EnrolmentStatus, Milestone, Programme};
use contracts::{EnrolmentId, EventId, PersonId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::flag::{Flag, FlagValue};

/// What someone is to the programmes; one person may be both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The programmes are for them.
    Participant,
    /// They volunteer.
    Volunteer,
}

/// What is known of a person, their name and address aside.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The person; of several who are one, the one whose id stands for all.
    pub id: PersonId,
    /// The other ids that the same human is known by; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_ids: Vec<PersonId>,
    /// What the rows lie under: the person, or the set of people who are one.
    #[serde(skip)]
    pub(crate) rows: Uuid,
    /// What they are to the programmes.
    pub roles: Vec<Part>,
    /// Grows with every change.
    pub version: i64,
    /// When they were first heard of, or their first session if that was before.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen_at: Timestamp,
    /// Their last session, in either role.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_active_at: Option<Timestamp>,
    /// The programmes they are or were in.
    pub enrolments: Vec<Enrolment>,
    /// What follows from the enrolments.
    pub computed: Computed,
    /// What is kept of where they stand, by flag; what ran out is left out.
    #[schema(value_type = BTreeMap<String, FlagState>)]
    pub flags: BTreeMap<Flag, FlagState>,
    /// How far they have come, the earliest first.
    pub milestones: Vec<ReachedMilestone>,
}

impl Profile {
    /// The entity tag. It counts the flags too, because a flag runs out without a write.
    /// A set's names the set, whose version follows no person's.
    pub(crate) fn etag(&self) -> String {
        let (version, flags) = (self.version, self.flags.len());
        if self.rows == self.id.uuid() {
            format!("\"{version}-{flags}\"")
        } else {
            format!("\"{version}-{flags}-{}\"", self.rows.simple())
        }
    }
}

/// A person's place in a programme.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Enrolment {
    /// Its id.
    pub id: EnrolmentId,
    /// The programme.
    pub programme: Programme,
    /// How it stands.
    pub status: EnrolmentStatus,
    /// Since when: the start of the first session.
    #[schema(value_type = String, format = DateTime)]
    pub enrolled_at: Timestamp,
    /// Until when, once it is completed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Timestamp>,
}

/// Flags that are computed when a profile is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four answers to four questions, as the domain names them"
)]
pub struct Computed {
    /// Is in the buddy programme now.
    pub is_buddy_matched: bool,
    /// Went through the language programme.
    pub has_completed_language: bool,
    /// Went through the mentorship programme.
    pub has_completed_mentorship: bool,
    /// Went through a course.
    pub has_completed_course: bool,
}

impl Computed {
    /// What enrolments say.
    pub(crate) fn of(enrolments: &[Enrolment]) -> Self {
        let has = |programme, status| {
            enrolments
                .iter()
                .any(|one| one.programme == programme && one.status == status)
        };
        Self {
            is_buddy_matched: has(Programme::Buddy, EnrolmentStatus::Active),
            has_completed_language: has(Programme::Language, EnrolmentStatus::Completed),
            has_completed_mentorship: has(Programme::Mentorship, EnrolmentStatus::Completed),
            has_completed_course: has(Programme::Upskilling, EnrolmentStatus::Completed),
        }
    }
}

/// A flag as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagState {
    /// Its value.
    pub value: FlagValue,
    /// The rule, the event type or the user that set it.
    pub set_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Timestamp,
    /// When it runs out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A milestone that a person has reached.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachedMilestone {
    /// The milestone.
    pub milestone: Milestone,
    /// When it was reached.
    #[schema(value_type = String, format = DateTime)]
    pub reached_at: Timestamp,
}

/// One change of one flag.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagHistoryEntry {
    /// The flag's name.
    pub flag: String,
    /// What it was; absent when it was not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FlagValue>)]
    pub old_value: Option<serde_json::Value>,
    /// What it became; absent when it was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FlagValue>)]
    pub new_value: Option<serde_json::Value>,
    /// The rule, the event type or the user that changed it; `expiry` when its time ran out.
    pub changed_by: String,
    /// The event it followed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
}
