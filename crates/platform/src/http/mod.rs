//! The HTTP edge.
mod allowed;
mod context;
mod idempotency;
pub mod problem;
mod request_id;
pub use allowed::*;
pub use context::*;
pub use idempotency::*;
pub use problem::*;
pub use request_id::*;
