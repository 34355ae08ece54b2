#![doc = include_str!("../README.md")]

pub mod event;
pub mod ids;
pub mod journey;
pub mod permission;
mod words;

pub use ids::{
    CompanyId, DeadLetterId, EnrolmentId, EventId, FigureId, ImportId, JobId, MembershipId,
    PersonId, RatingId, RequestId, SessionId, TextId, UserId,
};
pub use permission::{Permission, Role};
pub use words::UnknownWord;
