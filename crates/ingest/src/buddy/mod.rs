//! The buddy programme: who is matched, what they do together, say about it, learn and reach.

mod attendance;
mod checkins;
mod events;
mod feedback;
mod matches;
mod milestones;
pub(crate) mod sdg;
mod skills;
#[cfg(test)]
mod tests;
mod users;

pub use attendance::AttendanceData;
pub use checkins::CheckinData;
pub use events::EventData;
pub use feedback::FeedbackData;
pub use matches::{MatchData, MatchStatus};
pub use milestones::MilestoneData;
pub use sdg::SdgTag;
pub use skills::SkillSessionData;
pub use users::BuddyUserData;

pub(crate) use attendance::map as map_attendance;
pub(crate) use checkins::map as map_checkin;
pub(crate) use events::map as map_event;
pub(crate) use feedback::map as map_feedback;
pub(crate) use matches::map as map_match;
pub(crate) use milestones::map as map_milestone;
pub(crate) use skills::map as map_skill_session;
pub(crate) use users::map as map_user;
