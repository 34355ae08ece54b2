//! The SQL of people who are one.

mod link;
mod merge;
mod review;

pub(crate) use link::find_shown;
pub(super) use link::{
    NewSet, delete_sets_of, find_known, find_members, insert_set, set_aside, show_rightly, wake_set,
};
pub(super) use merge::{close_merge, find_active_between, find_merge, insert_merge, list_merges};
pub(super) use review::{
    MatchRow, Sighting, decide_match, decide_matches_within, insert_people, list_matches,
    reopen_matches, upsert_match,
};
