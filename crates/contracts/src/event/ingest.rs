//! Files and feeds taken in.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::{contract, ensure};
use super::value::{Count, MatchReason, Rate, Slug, WithdrawalReason};

/// An import came to its end; everything in it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportCommitted {
    /// The import.
    pub import_id: Uuid,
    /// What was imported: `kintell-sessions` or another kind.
    pub source: Slug,
    /// Rows read; the sum of the four counts below.
    pub rows_in: Count,
    /// Rows that made something new.
    pub created: Count,
    /// Rows that changed something known.
    pub updated: Count,
    /// Rows that said what was known.
    pub unchanged: Count,
    /// Rows refused.
    pub rejected: Count,
    /// When the last row was stored.
    pub committed_at: Timestamp,
}

contract!(ImportCommitted, "importId" = import_id, |import| {
    let parts = [
        import.created,
        import.updated,
        import.unchanged,
        import.rejected,
    ];
    let sum: i64 = parts.into_iter().map(i64::from).sum();
    ensure(
        sum == i64::from(import.rows_in),
        "rowsIn must be created + updated + unchanged + rejected",
    )
});

/// An import was undone: what it had made is withdrawn, what it had changed is as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportUndone {
    /// The import.
    pub import_id: Uuid,
    /// What was imported: `kintell-sessions` or another kind.
    pub source: Slug,
    /// What it had made and is gone.
    pub withdrawn: Count,
    /// What it had changed and is as it was before.
    pub restored: Count,
    /// What somebody else has changed since, and was left alone.
    pub kept: Count,
    /// When the last of it was taken back.
    pub undone_at: Timestamp,
}

contract!(ImportUndone, "importId" = import_id);

/// Data taken in suggests that two people are one. Nothing was joined: somebody
/// has to look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchSuggested {
    /// The person that the data was taken for.
    pub person_id: Uuid,
    /// The person that they may be.
    pub other_id: Uuid,
    /// What speaks for it.
    pub reason: MatchReason,
    /// How much it speaks for it, from 0 to 1.
    pub score: Rate,
    /// What was taken in: `kintell-sessions` or another kind.
    pub source: Slug,
    /// When it was noticed.
    pub suggested_at: Timestamp,
}

contract!(MatchSuggested, "personId" = person_id, |suggested| {
    ensure(
        suggested.person_id != suggested.other_id,
        "otherId must be another than personId",
    )
});

/// Something that an earlier event told of does not hold: it was taken in by
/// mistake. What rested on it goes; if it is taken in again, its events come
/// again, with the same id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordWithdrawn {
    /// What is withdrawn, by the id that the earlier events have as their
    /// subject: a session's `sessionId`.
    pub record_id: Uuid,
    /// What it was taken in as: `kintell-sessions` or another kind.
    pub source: Slug,
    /// Why it does not hold.
    pub reason: WithdrawalReason,
    /// When it was withdrawn.
    pub withdrawn_at: Timestamp,
}

contract!(RecordWithdrawn, "recordId" = record_id);
