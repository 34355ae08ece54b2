//! The words that the crates share: identifiers, permissions, events.

pub mod ids;
pub mod permission;

pub use ids::{
    CompanyId, DeadLetterId, EnrolmentId, EventId, FigureId, ImportId, JobId, MembershipId,
    PersonId, RatingId, RequestId, SessionId, TextId, UserId,
};
pub use permission::{Permission, Role};
