//! Taking two people for one.

use contracts::PersonId;
use contracts::event::NewEvent;
use contracts::event::profile::PeopleMerged;
use contracts::event::value::MergeReason;
use platform::{AuditNote, DbError, TenantTx};
use serde_json::json;
use uuid::Uuid;

use super::store::{self, NewSet};
use super::{Merge, SOURCE, Shown, find_shown};
use crate::journey::{Hold, evaluate_set, lock_links};
use crate::person::Profile;
use crate::person::store::find_profile;

/// Which two people, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MergeOrder {
    /// Whose id is to stand for both.
    pub(crate) keep: PersonId,
    /// Whose id is to be another name for it.
    pub(crate) merge: PersonId,
    /// Why.
    pub(crate) reason: MergeReason,
}

/// Why two people are not merged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    /// One of them is not there, or is another company's.
    #[error("merge people who are not known")]
    Unknown,
    /// They are one already, or the same person was named twice.
    #[error("merge people who are one")]
    AlreadyOne,
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Takes two people for one, with everybody who is one with either. The answer names
/// the ids that stood for each until now.
pub(crate) async fn merge(tx: &mut TenantTx, order: MergeOrder) -> Result<Merge, MergeError> {
    let [kept, merged] = find_both(tx, order).await?;
    let merge = store::insert_merge(tx, kept.survivor, merged.survivor, order.reason).await?;
    store::set_aside(tx, &[kept.rows, merged.rows]).await?;
    let members: Vec<Uuid> = kept
        .people
        .iter()
        .chain(&merged.people)
        .map(|person| person.uuid())
        .collect();
    let set = NewSet {
        id: tx.clock().new_id(),
        survivor: kept.survivor.uuid(),
        members,
        from: vec![kept.rows, merged.rows],
    };
    store::insert_set(tx, &set).await?;
    store::show_rightly(tx, &set.members).await?;
    evaluate_set(tx, set.id, &set.members, "profile.people.merged").await?;
    store::decide_matches_within(tx, &set.members, order.reason.as_str()).await?;
    tx.publish(NewEvent::new(
        PeopleMerged {
            merge_id: merge.id.uuid(),
            kept_id: merge.kept_id.uuid(),
            merged_id: merge.merged_id.uuid(),
            reason: merge.reason,
            merged_at: merge.merged_at,
        },
        SOURCE,
    ))?;
    let note = AuditNote::new("people.merge", "profile", merge.kept_id);
    tx.audit(note.with(json!({
        "merge": merge.id, "merged": merge.merged_id, "reason": merge.reason, "people": set.members.len(),
    })));
    Ok(merge)
}

/// Both as they are shown, while nobody else merges.
async fn find_both(tx: &mut TenantTx, order: MergeOrder) -> Result<[Shown; 2], MergeError> {
    lock_links(tx, Hold::Alone).await?;
    let known = store::find_known(tx, &[order.keep.uuid(), order.merge.uuid()]).await?;
    if [order.keep, order.merge]
        .iter()
        .any(|person| !known.contains(&person.uuid()))
    {
        return Err(MergeError::Unknown);
    }
    let kept = find_shown(tx, order.keep).await?;
    let merged = find_shown(tx, order.merge).await?;
    if kept.survivor == merged.survivor {
        return Err(MergeError::AlreadyOne);
    }
    Ok([kept, merged])
}

/// What a merge would make of two people: both as they are, and the one they would be.
pub(crate) struct Preview {
    pub(crate) kept: Profile,
    pub(crate) merged: Profile,
    pub(crate) together: Profile,
}

/// Merges by the very code of a merge and undoes everything.
pub(crate) async fn preview(mut tx: TenantTx, order: MergeOrder) -> Result<Preview, MergeError> {
    let kept = find_profile(&mut tx, order.keep).await?;
    let merged = find_profile(&mut tx, order.merge).await?;
    merge(&mut tx, order).await?;
    let together = find_profile(&mut tx, order.keep).await?;
    tx.rollback().await?;
    match (kept, merged, together) {
        (Some(kept), Some(merged), Some(together)) => Ok(Preview {
            kept,
            merged,
            together,
        }),
        _ => Err(MergeError::Unknown),
    }
}
