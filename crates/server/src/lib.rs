//! The system as one service list, and the commands of the binary `attest`.

pub mod runtime;
