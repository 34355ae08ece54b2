//! The list of people who may be one, and what was decided.

use contracts::{MatchId, PersonId};
use platform::{AuditNote, DbError, TenantTx};
use serde_json::json;

use super::store::{self, MatchRow};
use super::{FoundMatch, MatchPage, MatchSide, MatchState, Merge, MergePage, masked};

/// People who may be one, the strongest case first. It opens what they are known by,
/// so it leaves an audit entry: commit the transaction.
pub(super) async fn list_matches(
    tx: &mut TenantTx,
    page: MatchPage,
) -> Result<Vec<FoundMatch>, DbError> {
    let mut found = Vec::new();
    for row in store::list_matches(tx, page).await? {
        found.push(open(tx, row, page.state).await?);
    }
    let note = AuditNote::new("people.review", "company", tx.company());
    tx.audit(note.with(json!({ "matches": found.len() })));
    Ok(found)
}

async fn open(tx: &mut TenantTx, row: MatchRow, state: MatchState) -> Result<FoundMatch, DbError> {
    let [a, b] = row.people;
    let [a_roles, b_roles] = row.roles;
    let [a_in, b_in] = row.programmes;
    let [a_active, b_active] = row.last_active;
    let person = side(tx, a, a_roles, &a_in, a_active).await?;
    let other = side(tx, b, b_roles, &b_in, b_active).await?;
    let reason = row.reason.parse();
    Ok(FoundMatch {
        id: row.id,
        person,
        other,
        reason: reason
            .map_err(|_| DbError::Schema("a match's reason is unknown here".to_owned()))?,
        score: row.score,
        source: row.source,
        state,
        suggested_at: row.suggested_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        decided_why: row.decided_why,
    })
}

async fn side(
    tx: &mut TenantTx,
    id: PersonId,
    roles: Vec<crate::person::Part>,
    programmes: &[String],
    last_active_at: Option<jiff::Timestamp>,
) -> Result<MatchSide, DbError> {
    Ok(MatchSide {
        id,
        roles,
        programmes: programmes
            .iter()
            .filter_map(|word| word.parse().ok())
            .collect(),
        last_active_at,
        identifiers: masked::identifiers(tx, id).await?,
    })
}

/// Merges of the company, the latest first, those undone among them.
pub(super) async fn list_merges(tx: &mut TenantTx, page: MergePage) -> Result<Vec<Merge>, DbError> {
    store::list_merges(tx, page).await
}

/// What became of dismissing a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dismissed {
    /// They are two from now on.
    Now,
    /// It was dismissed before.
    Before,
    /// They are one; the merge is to be undone.
    Merged,
}

/// Notes that two people are two; None when there is no such suggestion.
pub(crate) async fn dismiss(
    tx: &mut TenantTx,
    id: MatchId,
    why: &str,
) -> Result<Option<Dismissed>, DbError> {
    let before = store::decide_match(tx, id, MatchState::Dismissed, why).await?;
    let Some(before) = before else {
        return Ok(None);
    };
    Ok(Some(match before.as_str() {
        "pending" => {
            let note = AuditNote::new("people.dismiss", "match", id);
            tx.audit(note.with(json!({ "reason": why })));
            Dismissed::Now
        }
        "merged" => Dismissed::Merged,
        _ => Dismissed::Before,
    }))
}
