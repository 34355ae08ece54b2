//! What pages do with people who are one, each in a transaction of its own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::event::value::MergeReason;
use contracts::{MatchId, MergeId, PersonId};
use platform::http::Problem;
use platform::{Db, TenantGrant};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::review::{self, Dismissed};
use super::{FoundMatch, MatchPage, MatchState, Merge, MergeOrder, MergePage, merge, undo};

/// Some items of a list, and the cursor of those behind them.
pub type Page<T> = (Vec<T>, Option<String>);

/// People who may be one and people who are: reading and deciding. The caller has made
/// sure that whoever asks may read profiles, or change them.
#[derive(Debug, Clone)]
pub struct People {
    db: Db,
}

impl People {
    /// Over this database.
    #[must_use]
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone() }
    }

    /// People who may be one, the strongest case first; 400 for a cursor that is none.
    pub async fn matches(
        &self,
        grant: &TenantGrant,
        state: MatchState,
        cursor: Option<&str>,
        limit: u8,
    ) -> Result<Page<FoundMatch>, Problem> {
        let after = cursor.map(|text| match_position(text).ok_or_else(wrong_page));
        let page = MatchPage {
            state,
            after: after.transpose()?,
            limit: limit.saturating_add(1),
        };
        let mut tx = self.db.tenant(grant).await?;
        let mut items = review::list_matches(&mut tx, page).await?;
        tx.commit().await?;
        let more = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        let next = items.last().filter(|_| more).map(match_cursor);
        Ok((items, next))
    }

    /// Merges, the latest first; 400 for a cursor that is none.
    pub async fn merges(
        &self,
        grant: &TenantGrant,
        cursor: Option<&str>,
        limit: u8,
    ) -> Result<Page<Merge>, Problem> {
        let after = cursor.map(|text| merge_position(text).ok_or_else(wrong_page));
        let page = MergePage {
            after: after.transpose()?,
            limit: limit.saturating_add(1),
        };
        let mut tx = self.db.tenant(grant).await?;
        let mut items = review::list_merges(&mut tx, page).await?;
        let more = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        let last = items.last().filter(|_| more);
        let next = last.map(|merge| URL_SAFE_NO_PAD.encode(merge.id.uuid()));
        Ok((items, next))
    }

    /// Takes two people for one; 404 when one is not there, 409 when they are one.
    pub async fn merge(
        &self,
        grant: &TenantGrant,
        keep: PersonId,
        merged: PersonId,
        reason: MergeReason,
    ) -> Result<Merge, Problem> {
        let mut tx = self.db.tenant(grant).await?;
        let order = MergeOrder {
            keep,
            merge: merged,
            reason,
        };
        let merge = merge(&mut tx, order).await?;
        tx.commit().await?;
        Ok(merge)
    }

    /// Undoes a merge; 404 when it is not there, 409 when it was undone.
    pub async fn undo(&self, grant: &TenantGrant, id: MergeId) -> Result<Merge, Problem> {
        let mut tx = self.db.tenant(grant).await?;
        let merge = undo(&mut tx, id).await?;
        tx.commit().await?;
        Ok(merge)
    }

    /// Notes that two people are two; 404 when there is no such suggestion, 409 when
    /// they were merged.
    pub async fn dismiss(&self, grant: &TenantGrant, id: MatchId) -> Result<(), Problem> {
        let mut tx = self.db.tenant(grant).await?;
        match review::dismiss(&mut tx, id, "different_people").await? {
            None => Err(Problem::not_found()),
            Some(Dismissed::Merged) => Err(was_merged()),
            Some(Dismissed::Now) => {
                tx.commit().await?;
                Ok(())
            }
            Some(Dismissed::Before) => Ok(()),
        }
    }
}

pub(super) fn was_merged() -> Problem {
    Problem::conflict("match_merged").detail("These two were merged. Undo the merge first.")
}

pub(super) fn wrong_page() -> Problem {
    Problem::bad_request("page_malformed").detail(
        "A limit is 1 to 50; a cursor is the nextCursor of the page before; a state is pending, merged or dismissed.",
    )
}

fn match_cursor(last: &FoundMatch) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", last.score, last.id))
}

fn match_position(cursor: &str) -> Option<(Decimal, MatchId)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (score, id) = text.split_once(' ')?;
    Some((score.parse().ok()?, id.parse().ok()?))
}

fn merge_position(cursor: &str) -> Option<MergeId> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    Uuid::from_slice(&bytes).ok().map(MergeId::new)
}
