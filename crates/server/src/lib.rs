#![doc = include_str!("../README.md")]

mod assembly;
mod cli;
mod commands;
mod gateway;
mod runtime;
pub mod settings;
mod system;
mod witness;

pub use assembly::assemble;
pub use cli::Cli;
pub use system::{Schema, System};
