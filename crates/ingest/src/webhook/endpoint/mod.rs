//! Endpoints: where a company's other systems deliver to, and the secrets they sign by.
//!
//! An endpoint's id is its address. It is random, not of the time, so that nobody guesses one; what protects an endpoint
//! is the secret all the same.

pub(crate) mod directory;
pub(crate) mod routes;
pub(crate) mod store;

use contracts::event::value::RatingScale;
use contracts::{UserId, WebhookEndpointId};
use jiff::{SignedDuration, Timestamp};
use platform::{AuditNote, DbError, TenantTx, crypto};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Builder;

use super::seal::{Place, Sealer};
use super::signature::Secret;
use super::source::WebhookSource;

/// A former secret may stay good for so long at most.
pub(crate) const LONGEST_OVERLAP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An endpoint without its secrets.
#[derive(Debug, Clone)]
pub struct EndpointSummary {
    /// Its id, which is also its address.
    pub id: WebhookEndpointId,
    /// Who delivers to it.
    pub source: WebhookSource,
    /// The company's own name for it.
    pub description: String,
    /// The scale of ratings that are delivered to it.
    pub rating_scale: Option<RatingScale>,
    /// Who made it; nil for a command.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its secret was last replaced.
    pub rotated_at: Option<Timestamp>,
    /// Until when the former secret is good as well.
    pub former_until: Option<Timestamp>,
    /// When it was closed for good.
    pub revoked_at: Option<Timestamp>,
}

/// An endpoint to be made.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Who delivers to it.
    pub source: WebhookSource,
    /// The company's own name for it, at most 200 characters.
    pub description: String,
    /// The scale of ratings; needed where the source has ratings.
    pub rating_scale: Option<RatingScale>,
}

/// An endpoint with the secret that is shown this one time.
#[derive(Debug)]
pub struct WithSecret {
    /// The endpoint.
    pub endpoint: EndpointSummary,
    /// What deliveries are to be signed by.
    pub secret: SecretString,
}

/// Makes an endpoint. Other processes know it within seconds of the commit.
///
/// # Errors
/// [`DbError`] when the database or a key fails.
pub async fn create(tx: &mut TenantTx, new: NewEndpoint) -> Result<WithSecret, DbError> {
    let id = WebhookEndpointId::new(
        Builder::from_random_bytes(crypto::random_bytes::<16>()?).into_uuid(),
    );
    let secret = Secret::generate()?;
    let sealed = sealed(tx, id, &secret).await?;
    store::insert_endpoint(tx, id, &new, &sealed).await?;
    let details = json!({ "source": new.source, "rating_scale": new.rating_scale });
    tx.audit(AuditNote::new("webhook_endpoint.create", "webhook_endpoint", id).with(details));
    let endpoint = get(tx, id).await?;
    Ok(WithSecret { endpoint, secret })
}

/// Gives an endpoint a new secret; the one before stays good until `former_until`. None if there is no such endpoint, or
/// it was revoked.
pub(crate) async fn rotate(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
    former_until: Timestamp,
) -> Result<Option<WithSecret>, DbError> {
    let secret = Secret::generate()?;
    let sealed = sealed(tx, id, &secret).await?;
    if !store::rotate_endpoint(tx, id, &sealed, former_until).await? {
        return Ok(None);
    }
    let details = json!({ "former_valid_until": former_until });
    tx.audit(AuditNote::new("webhook_endpoint.rotate", "webhook_endpoint", id).with(details));
    let endpoint = get(tx, id).await?;
    Ok(Some(WithSecret { endpoint, secret }))
}

/// Closes an endpoint for good and forgets its secrets; one that is closed stays so. None if there is no such endpoint.
pub(crate) async fn revoke(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
) -> Result<Option<EndpointSummary>, DbError> {
    if store::revoke_endpoint(tx, id).await? {
        tx.audit(AuditNote::new(
            "webhook_endpoint.revoke",
            "webhook_endpoint",
            id,
        ));
    }
    store::find_endpoint(tx, id).await
}

async fn get(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<EndpointSummary, DbError> {
    let found = store::find_endpoint(tx, id).await?;
    found.ok_or_else(|| DbError::Schema("an endpoint that was just written is gone".to_owned()))
}

async fn sealed(
    tx: &TenantTx,
    id: WebhookEndpointId,
    secret: &SecretString,
) -> Result<Vec<u8>, DbError> {
    let keys = tx.db().company_keys(tx.company()).await?;
    let sealer = Sealer::of(tx.company(), &keys)?;
    Ok(sealer.seal(Place::Secret(id), secret.expose_secret().as_bytes())?)
}
