//! Undoing a merge, in whatever order merges were made.

use std::collections::{BTreeMap, BTreeSet};

use contracts::MergeId;
use contracts::event::NewEvent;
use contracts::event::profile::PeopleUnmerged;
use platform::{AuditNote, DbError, TenantTx};
use serde_json::json;
use uuid::Uuid;

use super::store::{self, NewSet};
use super::{Merge, SOURCE};
use crate::journey::{Hold, evaluate_set, lock_links};

/// Why a merge is not undone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UndoError {
    /// It is not there, or is another company's.
    #[error("undo a merge that is not known")]
    Unknown,
    /// It was undone before.
    #[error("undo a merge again")]
    Undone,
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Undoes a merge. Who is one by other merges stays one.
pub(crate) async fn undo(tx: &mut TenantTx, id: MergeId) -> Result<Merge, UndoError> {
    lock_links(tx, Hold::Alone).await?;
    let mut merge = store::find_merge(tx, id).await?.ok_or(UndoError::Unknown)?;
    if merge.undone_at.is_some() {
        return Err(UndoError::Undone);
    }
    store::close_merge(tx, &mut merge).await?;
    let people = store::delete_sets_of(tx, merge.kept_id, merge.merged_id).await?;
    regroup(tx, &people).await?;
    store::reopen_matches(tx, &people).await?;
    tx.publish(NewEvent::new(
        PeopleUnmerged {
            merge_id: merge.id.uuid(),
            kept_id: merge.kept_id.uuid(),
            merged_id: merge.merged_id.uuid(),
            undone_at: merge.undone_at.unwrap_or(merge.merged_at),
        },
        SOURCE,
    ))?;
    let note = AuditNote::new("people.unmerge", "profile", merge.kept_id);
    tx.audit(note.with(json!({ "merge": merge.id, "merged": merge.merged_id })));
    Ok(merge)
}

/// Gives each group of those who are still one its set: the one that was set aside
/// when the undone merge was made, or a new one if there never was such a group.
async fn regroup(tx: &mut TenantTx, people: &[Uuid]) -> Result<(), DbError> {
    let links = store::find_active_between(tx, people).await?;
    let known = store::find_members(tx, people).await?;
    let mut made = Vec::new();
    for group in groups(people, &links) {
        if let Some((set, _)) = known.iter().find(|(_, members)| *members == group.members) {
            store::wake_set(tx, *set).await?;
            continue;
        }
        let others = group.members.iter().copied();
        let mut from = vec![group.survivor];
        from.extend(others.filter(|person| *person != group.survivor));
        let set = NewSet {
            id: tx.clock().new_id(),
            survivor: group.survivor,
            members: group.members,
            from,
        };
        store::insert_set(tx, &set).await?;
        made.push(set);
    }
    store::show_rightly(tx, people).await?;
    for set in made {
        evaluate_set(tx, set.id, &set.members, "profile.people.unmerged").await?;
    }
    Ok(())
}

/// People who are one, at least two.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Whose id stands for all: the one that is another name for nobody.
    pub(super) survivor: Uuid,
    /// Everybody, in order.
    pub(super) members: Vec<Uuid>,
}

/// The groups that links, as `(merged, kept)`, make of people. Each id is another name
/// for at most one other, and no way leads back, so that every way ends in a survivor.
pub(super) fn groups(people: &[Uuid], links: &[(Uuid, Uuid)]) -> Vec<Group> {
    let kept: BTreeMap<Uuid, Uuid> = links.iter().copied().collect();
    let mut groups: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for person in people {
        let mut survivor = *person;
        // No way is longer than there are links.
        for _ in links {
            match kept.get(&survivor) {
                Some(next) => survivor = *next,
                None => break,
            }
        }
        groups.entry(survivor).or_default().insert(*person);
    }
    groups
        .into_iter()
        .filter(|(_, members)| members.len() > 1)
        .map(|(survivor, members)| Group {
            survivor,
            members: members.into_iter().collect(),
        })
        .collect()
}
