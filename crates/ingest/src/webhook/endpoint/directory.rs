//! The endpoints of all companies in memory, so that a look-up neither waits for the database nor tells by its time
//! whether there is such an endpoint.
//!
//! Changes made by this process hold at once, those of others within [`MAX_AGE`].

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use contracts::{CompanyId, WebhookEndpointId};
use platform::crypto::CompanyKeys;
use platform::{Db, DbError};
use secrecy::SecretString;

use super::store::{self, SealedEndpoint};
use crate::webhook::seal::{Place, open};
use crate::webhook::signature::{Secret, Secrets};
use crate::webhook::source::WebhookSource;

/// How old the picture may be.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(5);

/// An endpoint in force.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) company: CompanyId,
    pub(crate) id: WebhookEndpointId,
    pub(crate) source: WebhookSource,
    pub(crate) secrets: Secrets,
    version: i64,
}

/// Finds endpoints.
pub(crate) struct Directory {
    db: Db,
    max_age: Duration,
    picture: RwLock<Option<Picture>>,
    /// Counts changes, so that a picture that was begun before one is not taken for newer.
    changes: AtomicU64,
    drawing: tokio::sync::Mutex<()>,
    nobody: Secrets,
}

#[derive(Clone)]
struct Picture {
    endpoints: Arc<HashMap<WebhookEndpointId, Arc<Endpoint>>>,
    changes: u64,
    drawn: Instant,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

impl Directory {
    /// An empty directory, which reads the database when it is first asked.
    pub(crate) fn new(db: &Db, max_age: Duration) -> Self {
        Self {
            db: db.clone(),
            max_age,
            picture: RwLock::new(None),
            changes: AtomicU64::new(0),
            drawing: tokio::sync::Mutex::new(()),
            nobody: Secrets::of_nobody(),
        }
    }

    /// The secrets to verify a delivery by when there is no endpoint: verifying is the same work, and it never succeeds.
    pub(crate) const fn nobody(&self) -> &Secrets {
        &self.nobody
    }

    /// Says that an endpoint was changed, once that is committed.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// The endpoint of this id, if it is in force.
    pub(crate) async fn find(
        &self,
        id: Option<WebhookEndpointId>,
    ) -> Result<Option<Arc<Endpoint>>, DbError> {
        let picture = match self.fresh() {
            Some(picture) => picture,
            None => self.draw().await?,
        };
        // The nil id is nobody's, so that an unreadable one takes the same way.
        let id = id.unwrap_or_else(|| WebhookEndpointId::new(uuid::Uuid::nil()));
        Ok(picture.endpoints.get(&id).cloned())
    }

    fn fresh(&self) -> Option<Picture> {
        let picture = self.picture.read().unwrap_or_else(PoisonError::into_inner);
        let changes = self.changes.load(Ordering::Acquire);
        picture
            .clone()
            .filter(|p| p.changes == changes && p.drawn.elapsed() < self.max_age)
    }

    /// Reads the endpoints anew; who asks meanwhile waits for the same picture.
    async fn draw(&self) -> Result<Picture, DbError> {
        let _drawing = self.drawing.lock().await;
        if let Some(picture) = self.fresh() {
            return Ok(picture);
        }
        let (changes, drawn) = (self.changes.load(Ordering::Acquire), Instant::now());
        let mut tx = self.db.system("read webhook endpoints").await?;
        let stored = store::list_in_force(&mut tx).await?;
        drop(tx);
        let known = self.known();
        let mut endpoints = HashMap::with_capacity(stored.len());
        for sealed in stored {
            let id = sealed.id;
            match known.get(&id) {
                Some(same) if same.version == sealed.version => {
                    endpoints.insert(id, Arc::clone(same));
                }
                _ => match self.open(sealed).await {
                    Ok(endpoint) => {
                        endpoints.insert(id, Arc::new(endpoint));
                    }
                    // One company's trouble is not another's.
                    Err(error) => {
                        tracing::error!(endpoint.id = %id, error = %error, "A webhook endpoint cannot be used");
                    }
                },
            }
        }
        let picture = Picture {
            endpoints: Arc::new(endpoints),
            changes,
            drawn,
        };
        *self.picture.write().unwrap_or_else(PoisonError::into_inner) = Some(picture.clone());
        Ok(picture)
    }

    fn known(&self) -> Arc<HashMap<WebhookEndpointId, Arc<Endpoint>>> {
        let picture = self.picture.read().unwrap_or_else(PoisonError::into_inner);
        picture
            .as_ref()
            .map(|picture| Arc::clone(&picture.endpoints))
            .unwrap_or_default()
    }

    async fn open(&self, sealed: SealedEndpoint) -> Result<Endpoint, DbError> {
        let keys = self.db.company_keys(sealed.company).await?;
        let current = read_secret(&keys, &sealed, &sealed.secret)?;
        let former = match &sealed.former {
            None => None,
            Some((secret, until)) => Some((read_secret(&keys, &sealed, secret)?, *until)),
        };
        let source = sealed.source.parse();
        Ok(Endpoint {
            company: sealed.company,
            id: sealed.id,
            source: source.map_err(|()| DbError::Schema("an unknown source".to_owned()))?,
            secrets: Secrets::new(current, former),
            version: sealed.version,
        })
    }
}

fn read_secret(
    keys: &CompanyKeys,
    endpoint: &SealedEndpoint,
    sealed: &[u8],
) -> Result<Secret, DbError> {
    let opened = open(keys, endpoint.company, Place::Secret(endpoint.id), sealed)?;
    let text = SecretString::from(String::from_utf8_lossy(&opened).into_owned());
    Secret::parse(&text).map_err(|error| DbError::Schema(error.to_string()))
}
