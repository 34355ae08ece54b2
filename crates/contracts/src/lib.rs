#![doc = include_str!("../README.md")]

pub mod event;
pub mod ids;
pub mod journey;
pub mod permission;
mod words;

pub use ids::{
    CompanyId, DeadLetterId, DeliveryId, EnrolmentId, EventId, FigureId, ImportId, JobId, MatchId,
    MembershipId, MergeId, PersonId, RatingId, RequestId, SessionId, TextId, UserId,
    WebhookEndpointId,
};
pub use permission::{Permission, Role};
pub use words::UnknownWord;
