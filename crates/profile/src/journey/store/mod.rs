//! The journey's SQL: every statement takes a whole batch.

mod read;
mod write;

pub(super) use read::{find_participants_after, find_people, find_session_people};
pub(super) use write::{
    FlagRow, HistoryRow, MilestoneRow, delete_flags, insert_history, upsert_enrolments,
    upsert_flags, upsert_milestones, upsert_profiles, upsert_ratings, upsert_sessions,
};
