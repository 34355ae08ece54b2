//! Companies belong to `identity`; what figures need to know of them comes through here.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use contracts::CompanyId;
use futures_util::future::BoxFuture;
use jiff::tz::TimeZone;
use platform::DbError;

/// What figures need to know of a company.
#[derive(Debug, Clone)]
pub struct CompanyInfo {
    /// Its short name in addresses.
    pub slug: String,
    /// Its IANA zone, in which its months begin and end.
    pub zone: String,
}

type Lookup =
    dyn Fn(CompanyId) -> BoxFuture<'static, Result<Option<CompanyInfo>, DbError>> + Send + Sync;

/// What the server gives this crate.
#[derive(Clone)]
pub struct Config {
    lookup: Arc<Lookup>,
    known: Arc<RwLock<HashMap<CompanyId, CompanyInfo>>>,
}

impl Config {
    /// `lookup` tells of a company. A company's slug and zone do not change while
    /// a process runs, so each is asked for once.
    pub fn new(
        lookup: impl Fn(CompanyId) -> BoxFuture<'static, Result<Option<CompanyInfo>, DbError>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            lookup: Arc::new(lookup),
            known: Arc::default(),
        }
    }

    pub(crate) async fn company(&self, company: CompanyId) -> Result<Option<CompanyInfo>, DbError> {
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&company)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let found = (self.lookup)(company).await?;
        if let Some(info) = &found {
            self.known
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(company, info.clone());
        }
        Ok(found)
    }

    /// The company's zone. An error where it is not known: a month by another
    /// zone would be a wrong figure that nobody notices.
    pub(crate) async fn zone(&self, company: CompanyId) -> Result<TimeZone, DbError> {
        let info = self
            .company(company)
            .await?
            .ok_or_else(|| DbError::Schema(format!("the company {company} is not known")))?;
        TimeZone::get(&info.zone)
            .map_err(|_| DbError::Schema(format!("the zone {} is not known here", info.zone)))
    }
}
