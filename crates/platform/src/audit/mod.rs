//! The audit log: who did what, in a chain that cannot be altered unnoticed.
//!
//! Each company has its own chain, keyed by its own audit key ([`chain`]). A witness outside the database keeps
//! checkpoints of it ([`witness`]), against which a chain is verified ([`verify`]), in the database or as an
//! [`export`].

pub mod chain;
pub mod export;
mod store;
#[cfg(test)]
mod tests;
pub mod verify;
pub mod witness;

pub use chain::{AuditEntry, ChainKey, EntryHash, canonical_json, genesis_hash, hash_entry};
pub use store::{ChainHead, heads, list_entries, wrapped_audit_key};
