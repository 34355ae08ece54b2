//! What can go wrong between Attest and its database.

use crate::http::{ErrorKind, ProblemSource};

/// A failed database operation. The text never carries a value of a row.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection was free or could be made in time.
    #[error("the database cannot be reached")]
    Connect(#[source] sqlx::Error),
    /// A statement failed.
    #[error("{operation} failed in the database")]
    Statement {
        /// What was being done, as an imperative.
        operation: &'static str,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// A transaction with effects was about to commit without an audit entry.
    #[error("a transaction without an audit entry was refused")]
    Unaudited,
    /// An event did not meet its contract.
    #[error("an event was refused by its contract")]
    Event(#[source] contracts::event::EventError),
    /// A key could not be made, unwrapped or used.
    #[error("a key could not be used")]
    Key(#[source] crate::keys::Error),
    /// A sealed value could not be opened.
    #[error("a sealed value could not be opened")]
    Sealed(#[source] crate::crypto::Error),
    /// The schema is not the one this program was built for.
    #[error("{0}")]
    Schema(String),
}

impl DbError {
    /// Names the operation that a driver's error belongs to.
    pub fn during(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| match source {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::Io(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Connect(source),
            source => Self::Statement { operation, source },
        }
    }

    /// Whether trying again may help: a lost connection, a deadlock, a serialisation failure.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) => true,
            Self::Statement {
                source: sqlx::Error::Database(error),
                ..
            } => error
                .code()
                .is_some_and(|code| matches!(&code[..2], "40" | "53" | "57" | "08")),
            _ => false,
        }
    }
}

impl From<contracts::event::EventError> for DbError {
    fn from(error: contracts::event::EventError) -> Self {
        Self::Event(error)
    }
}

impl From<crate::keys::Error> for DbError {
    fn from(error: crate::keys::Error) -> Self {
        Self::Key(error)
    }
}

impl From<crate::crypto::Error> for DbError {
    fn from(error: crate::crypto::Error) -> Self {
        Self::Sealed(error)
    }
}

impl ProblemSource for DbError {
    fn kind(&self) -> ErrorKind {
        if matches!(self, Self::Connect(_)) {
            ErrorKind::Unavailable
        } else {
            ErrorKind::Internal
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Connect(_) => "database_unreachable",
            _ => "internal_error",
        }
    }
}
