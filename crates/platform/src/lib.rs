//! platform

pub mod crypto;
pub mod keys;
pub mod postgres;
