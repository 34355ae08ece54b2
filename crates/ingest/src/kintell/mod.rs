//! Kintell: language and mentorship sessions.

pub(crate) mod apply;
pub(crate) mod booking;
pub(crate) mod content;
pub(crate) mod field;
pub mod header;
pub mod mapping;
pub mod rating;
mod ratings;
pub mod scan;
pub(crate) mod store;
pub(crate) mod undo;
mod users;
pub(crate) mod way;

pub use ratings::RatingData;
pub use users::KintellUserData;

pub(crate) use ratings::map as map_rating;
pub(crate) use users::map as map_user;

#[cfg(test)]
mod tests;
