#![doc = include_str!("../README.md")]

pub mod authenticate;
pub mod company;
mod config;
mod error;
pub mod query;
pub mod seed;
pub mod session;
#[cfg(test)]
mod trial;
pub mod user;

use std::net::IpAddr;
use std::sync::Arc;

use platform::{Clock, Db, GrantIssuer, Service};

pub use config::Config;
pub use error::Error;

use authenticate::Origins;
use session::Budget;
use user::Hasher;

/// What all of this crate works with. Cloning shares it; a process needs one,
/// because the guess budget and the gate before password hashing are inside.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    db: Db,
    issuer: GrantIssuer,
    origins: Origins,
    hasher: Hasher,
    budget: Budget,
    proxies: Vec<IpAddr>,
}

impl Identity {
    /// The identities of a database.
    #[must_use]
    pub fn new(db: Db, issuer: GrantIssuer, config: &Config) -> Self {
        Self(Arc::new(Inner {
            db,
            issuer,
            origins: Origins::new(config),
            hasher: Hasher::new(),
            budget: Budget::default(),
            proxies: config.proxies.clone(),
        }))
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn issuer(&self) -> &GrantIssuer {
        &self.0.issuer
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.0.db.clock()
    }

    pub(crate) fn origins(&self) -> &Origins {
        &self.0.origins
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// Whether all the world comes from this address.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        address.to_canonical().is_loopback() || self.0.proxies.contains(&address)
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.0.budget
    }
}

/// What this crate offers to the server.
#[must_use]
pub fn service(identity: &Identity) -> Service {
    Service::new("identity", &["identity"]).routes(session::routes(identity.clone()))
}
