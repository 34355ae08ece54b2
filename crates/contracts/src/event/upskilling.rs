//! Courses and credentials from course providers. A credential's link, code
//! and number lead to a person, so that they are vault ids here.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::{contract, ensure};
use super::value::{CourseStatus, CredentialKind, ExternalRef, Label, Percent, Slug, WholePercent};

/// A learner completed a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CourseCompleted {
    /// The learner's place in the course.
    pub progress_id: Uuid,
    /// The learner.
    pub user_id: Uuid,
    /// The course provider: `ecornell`, `itslearning` or another.
    pub provider: Slug,
    /// The provider's id of the course.
    pub course_id: ExternalRef,
    /// The course's name.
    pub course_name: Label<255>,
    /// When it was completed.
    pub completed_at: Timestamp,
    /// The final score in per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_score: Option<Percent>,
    /// The vault's id of the credential's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_ref_text_id: Option<Uuid>,
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

contract!(CourseCompleted, "userId" = user_id);

/// A provider issued a credential to a learner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialIssued {
    /// The credential.
    pub credential_id: Uuid,
    /// The learner.
    pub user_id: Uuid,
    /// The course provider.
    pub provider: Slug,
    /// The provider's id of the course.
    pub course_id: ExternalRef,
    /// The course's name.
    pub course_name: Label<255>,
    /// What was issued.
    pub credential_type: CredentialKind,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends; not before `issuedAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The vault's id of the credential's link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_url_text_id: Option<Uuid>,
    /// The vault's id of the verification code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_code_text_id: Option<Uuid>,
}

contract!(CredentialIssued, "userId" = user_id, |credential| ensure(
    credential
        .expires_at
        .is_none_or(|expires| expires >= credential.issued_at),
    "expiresAt must not be before issuedAt"
));

/// A learner came further in a course, or left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgressUpdated {
    /// The learner's place in the course.
    pub progress_id: Uuid,
    /// The learner.
    pub user_id: Uuid,
    /// The course provider.
    pub provider: Slug,
    /// The provider's id of the course.
    pub course_id: ExternalRef,
    /// The course's name.
    pub course_name: Label<255>,
    /// How far, in whole per cent.
    pub progress_percent: WholePercent,
    /// How the learner stands.
    pub status: CourseStatus,
    /// When that became so.
    pub updated_at: Timestamp,
}

contract!(ProgressUpdated, "userId" = user_id);
