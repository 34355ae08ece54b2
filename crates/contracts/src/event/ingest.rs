//! Files and feeds taken in.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contract::{contract, ensure};
use super::value::{Count, Slug};

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
