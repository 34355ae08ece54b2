//! The journey's SQL: every statement takes a whole batch.

mod doings;
mod read;
mod sets;
mod withdraw;
mod write;

pub(super) use doings::{find_match_people, upsert_deeds};
pub(super) use read::{find_participants_after, find_people, find_session_people};
pub(crate) use sets::{Hold, lock_links};
pub(super) use sets::{
    KeptFlag, PersonSet, find_kept_flags, find_sets, lock_profiles, upsert_taken_enrolments,
};
pub(super) use withdraw::{
    delete_baseless, delete_enrolments, delete_milestones, delete_withdrawn, find_deprived,
    find_remains,
};
pub(crate) use write::{FlagRow, HistoryRow, delete_flags, insert_history, upsert_flags};
pub(super) use write::{
    MilestoneRow, upsert_enrolments, upsert_milestones, upsert_profiles, upsert_ratings,
    upsert_sessions,
};
