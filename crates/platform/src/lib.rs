//! platform

pub mod crypto;
pub mod keys;
