//! How events travel from the outbox to their consumers. There is one way so
//! far: consumers read the outbox itself. Nothing outside this crate can tell.

use contracts::CompanyId;
use contracts::event::EventType;

use super::store;
use crate::db::{Db, DbError, TenantTx};

/// The ways events may travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Transport {
    /// Consumers read the outbox table of the same database.
    #[default]
    Postgres,
}

/// An event as it arrived, not yet read.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) position: i64,
    pub(super) event_type: String,
    pub(super) subject: String,
    pub(super) body: serde_json::Value,
}

impl Transport {
    /// Companies that have events which `consumer` has not read, at most `limit`.
    pub(super) async fn companies_with_news(
        self,
        db: &Db,
        consumer: &'static str,
        limit: i64,
    ) -> Result<Vec<CompanyId>, DbError> {
        match self {
            Self::Postgres => store::companies_with_news(db, consumer, limit).await,
        }
    }

    /// The next events of the transaction's company after `position`, at most
    /// `limit` of the types wanted, and the position up to which all was looked at.
    pub(super) async fn fetch(
        self,
        tx: &mut TenantTx,
        types: &[EventType],
        position: i64,
        limit: i64,
    ) -> Result<(Vec<Arrival>, i64), DbError> {
        match self {
            Self::Postgres => store::fetch(tx, types, position, limit).await,
        }
    }
}
