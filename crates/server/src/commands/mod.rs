//! The commands of `attest`, a file each.

pub(crate) mod audit;
pub(crate) mod config;
pub(crate) mod db;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod dump;
pub(crate) mod events;
pub(crate) mod flags;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod keys;
pub(crate) mod serve;
pub(crate) mod undo;
pub(crate) mod webhooks;

use anyhow::Context;
use contracts::CompanyId;
use identity::company::Company;
use platform::{TenantGrant, Trace};

use crate::system::System;

/// The company of a slug.
async fn company(system: &System, slug: &str) -> anyhow::Result<Company> {
    identity::query::find_company(&system.db, slug)
        .await?
        .with_context(|| {
            format!("there is no company {slug}; `attest db seed` makes sample companies")
        })
}

/// The operator's grant for a company.
fn operator_of(system: &System, company: CompanyId) -> TenantGrant {
    system
        .issuer
        .for_operator(company, Trace::beginning(system.clock.new_id()))
}

/// The operator's grant for the company of a slug.
async fn operator(system: &System, slug: &str) -> anyhow::Result<TenantGrant> {
    Ok(operator_of(system, company(system, slug).await?.id))
}
