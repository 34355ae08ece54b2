//! An import: from an upload to rows in the database.
//!
//! `form` and `routes` receive a file into the `spool`, `intake` makes it an import with a job, `plan` reads it through,
//! `feed` maps its rows in batches, `job` takes these in, `summary` tells how far it is, and `life` checks, abandons and undoes. How a file becomes rows is
//! [`crate::sheet`]'s.

pub(crate) mod command;
mod download;
pub(crate) mod feed;
pub(crate) mod form;
pub(crate) mod halt;
pub(crate) mod intake;
pub(crate) mod job;
pub(crate) mod life;
pub(crate) mod model;
pub(crate) mod pipeline;
pub(crate) mod plan;
pub(crate) mod rejection;
pub(crate) mod routes;
pub(crate) mod seal;
pub(crate) mod spool;
pub(crate) mod store;
pub(crate) mod summary;
pub(crate) mod sweep;
mod view;
pub(crate) mod way;
