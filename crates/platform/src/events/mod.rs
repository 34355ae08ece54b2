//! The bus: what one part publishes in its transaction, the others take effect
//! of in theirs, once, in order of subject.

mod consume;
mod dead;
mod runner;
mod store;
#[cfg(test)]
mod tests;
mod transport;
mod wake;

use std::fmt;
use std::sync::Arc;

use contracts::event::{Event, EventType};
use futures_util::future::BoxFuture;

pub use dead::{DeadLetter, list_dead_letters, replay_dead_letter};
pub use runner::{BusRunner, Retry};
pub use store::{StreamCounts, stream_counts, unread_events, unread_in_company};
pub(crate) use wake::Wake;

use crate::db::TenantTx;

/// Why a consumer could not take effect of an event. The text must carry no value of the event.
#[derive(Debug, thiserror::Error)]
#[error("{operation}")]
pub struct ConsumeError {
    operation: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ConsumeError {
    /// Names what failed, without a cause.
    pub fn new(operation: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            source: None,
        }
    }

    /// Names what failed and keeps its cause.
    pub fn caused_by(
        operation: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            operation: operation.into(),
            source: Some(source.into()),
        }
    }
}

impl From<crate::db::DbError> for ConsumeError {
    fn from(error: crate::db::DbError) -> Self {
        Self::caused_by(error.to_string(), error)
    }
}

/// Takes effect of events in a transaction of their company.
pub trait Handle: Send + Sync {
    /// Takes effect of `events`, which are of one company, of the types asked for,
    /// and in order. Effects and new events go through `tx`; the caller commits.
    /// An error undoes all of them, and they are tried again one by one.
    fn handle<'a>(
        &'a self,
        tx: &'a mut TenantTx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<(), ConsumeError>>;
}

/// A named reader of events with a durable position in every company's stream.
#[derive(Clone)]
pub struct Consumer {
    /// The name that its position is kept under: `crate.part`. Renaming it reads everything again.
    pub name: &'static str,
    /// The events it wants.
    pub types: &'static [EventType],
    /// What it does with them.
    pub handler: Arc<dyn Handle>,
}

impl Consumer {
    /// A consumer.
    pub fn new(
        name: &'static str,
        types: &'static [EventType],
        handler: impl Handle + 'static,
    ) -> Self {
        Self {
            name,
            types,
            handler: Arc::new(handler),
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("name", &self.name)
            .field("types", &self.types)
            .finish_non_exhaustive()
    }
}
