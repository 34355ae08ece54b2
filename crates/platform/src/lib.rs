//! platform

pub mod crypto;
