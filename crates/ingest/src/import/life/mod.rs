//! What may become of an import beside being committed: checked first, abandoned, undone.
//!
//! ```text
//! uploaded ──────────────► running ► committed ► undoing ► undone
//!     └──► checked ───────────┘│          failed ────┘
//!             └────► abandoned ◄┘       abandoned ───┘
//! ```

pub(crate) mod check;
pub(crate) mod command;
pub(crate) mod routes;
pub(crate) mod store;
pub(crate) mod undo;
