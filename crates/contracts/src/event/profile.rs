//! People who turn out to be one.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::{contract, ensure};
use super::value::MergeReason;

/// Two people were taken for one. Facts keep the id they came with; from now on
/// `mergedId` stands for the same human as `keptId`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeopleMerged {
    /// The merge.
    pub merge_id: Uuid,
    /// The person whose profile stands for both.
    pub kept_id: Uuid,
    /// The person whose id is another name for it from now on.
    pub merged_id: Uuid,
    /// Why.
    pub reason: MergeReason,
    /// When.
    pub merged_at: Timestamp,
}

contract!(PeopleMerged, "mergedId" = merged_id, |merged| {
    ensure(
        merged.kept_id != merged.merged_id,
        "mergedId must be another than keptId",
    )
});

/// A merge was undone: the two are two again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeopleUnmerged {
    /// The merge.
    pub merge_id: Uuid,
    /// The person whose profile stood for both.
    pub kept_id: Uuid,
    /// The person who stands for themselves again.
    pub merged_id: Uuid,
    /// When.
    pub undone_at: Timestamp,
}

contract!(PeopleUnmerged, "mergedId" = merged_id, |undone| {
    ensure(
        undone.kept_id != undone.merged_id,
        "mergedId must be another than keptId",
    )
});
