//! People who are one: which pairs somebody should look at, merging and undoing.
//!
//! Facts keep the person id they came with. A merge is a link from one id to
//! another; what is known of all together lies beside what is known of each, so that
//! undoing it takes rows away and rewrites none.

mod consumer;
mod job;
mod masked;
mod merge;
mod office;
mod review;
pub(crate) mod routes;
mod store;
#[cfg(test)]
mod tests;
mod undo;

use contracts::event::value::{MatchReason, MergeReason};
use contracts::journey::Programme;
use contracts::{MatchId, MergeId, PersonId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use consumer::consumer;
pub(crate) use job::{job, schedule};
pub(crate) use merge::{MergeError, MergeOrder, merge, preview};
pub use office::{Page, People};
pub(crate) use store::find_shown;
pub(crate) use undo::{UndoError, undo};

use crate::person::Part;

/// Where events about people who are one say they come from.
pub(crate) const SOURCE: &str = "/profile/people";

/// Under which rows and which id a person is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The person's own rows, or those of the set they are in.
    pub(crate) rows: Uuid,
    /// Whose id stands for all.
    pub(crate) survivor: PersonId,
    /// Everybody who is one with them, they themselves too.
    pub(crate) people: Vec<PersonId>,
}

impl Shown {
    /// All ids but the one that stands for them.
    pub(crate) fn others(&self) -> Vec<PersonId> {
        let all = self.people.iter().copied();
        all.filter(|one| *one != self.survivor).collect()
    }
}

/// Two people taken for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Merge {
    /// Its id.
    pub id: MergeId,
    /// The person whose id stands for both.
    pub kept_id: PersonId,
    /// The person whose id is another name for it.
    pub merged_id: PersonId,
    /// Why.
    pub reason: MergeReason,
    /// Who merged them.
    pub merged_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub merged_at: Timestamp,
    /// Who undid it; absent while it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<String>,
    /// When it was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Timestamp>,
}

/// How a suggestion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchState {
    /// Somebody has to look.
    Pending,
    /// They are one.
    Merged,
    /// They are two.
    Dismissed,
}

impl MatchState {
    /// The word in rows and requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Merged => "merged",
            Self::Dismissed => "dismissed",
        }
    }
}

/// One of two people who may be one: enough to tell them apart, not who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatchSide {
    /// The person.
    pub id: PersonId,
    /// What they are to the programmes.
    pub roles: Vec<Part>,
    /// The programmes they are in.
    pub programmes: Vec<Programme>,
    /// Their last session, in either role.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_active_at: Option<Timestamp>,
    /// What they are known by, masked.
    pub identifiers: Vec<MaskedIdentifier>,
}

/// Something a person is known by, as far as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaskedIdentifier {
    /// `email`, `name`, or the system that gave the id.
    pub kind: String,
    /// An id's last two characters, those of an address's mailbox, a name's initials.
    pub masked: String,
}

/// Two people who may be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundMatch {
    /// Its id.
    pub id: MatchId,
    /// One of the two.
    pub person: MatchSide,
    /// The other.
    pub other: MatchSide,
    /// What speaks for it.
    pub reason: MatchReason,
    /// How much it speaks for it, from 0 to 1.
    #[schema(value_type = f64)]
    #[serde(serialize_with = "as_number")]
    pub score: Decimal,
    /// What was taken in when it was noticed.
    pub source: String,
    /// How it stands.
    pub state: MatchState,
    /// When it was noticed.
    #[schema(value_type = String, format = DateTime)]
    pub suggested_at: Timestamp,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_why: Option<String>,
}

/// Which suggestions: those of a state, behind a place in the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MatchPage {
    /// How they stand.
    pub(crate) state: MatchState,
    /// Score and id of the last one of the page before.
    pub(crate) after: Option<(Decimal, MatchId)>,
    /// How many at most.
    pub(crate) limit: u8,
}

/// Which merges: those behind a place in the list, the latest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MergePage {
    /// The last one of the page before.
    pub(crate) after: Option<MergeId>,
    /// How many at most.
    pub(crate) limit: u8,
}

/// A score is a number in JSON, not a text.
fn as_number<S: serde::Serializer>(score: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(f64::try_from(*score).unwrap_or_default())
}
