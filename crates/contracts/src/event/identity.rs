//! Companies and who belongs to them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::contract;
use super::value::{MembershipStatus, Slug};
use crate::permission::Role;

/// A company was made: a tenant begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyCreated {
    /// The company.
    pub company_id: Uuid,
    /// Its short name in addresses.
    pub slug: Slug,
    /// When it was made.
    pub created_at: Timestamp,
}

contract!(CompanyCreated, "companyId" = company_id);

/// A user's membership of a company was given, changed or taken away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MembershipChanged {
    /// The membership.
    pub membership_id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// The role, as it is now.
    pub role: Role,
    /// Whether the membership is in force.
    pub status: MembershipStatus,
    /// When it changed.
    pub changed_at: Timestamp,
}

contract!(MembershipChanged, "userId" = user_id);
