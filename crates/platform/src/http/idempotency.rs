//! A mutation repeated with the same `Idempotency-Key` has one effect and one answer.
//!
//! The record commits with the effect. While the first request runs, a second one
//! with the same key waits for it at the unique key, and is then given its answer
//! (draft-ietf-httpapi-idempotency-key-header).

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::db::{DbError, TenantTx};

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A longer key is refused.
const MAX_KEY: usize = 255;

/// The key that a request came with. A request without one is its own key.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Option<String>,
    route: String,
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let key = match parts.headers.get(IDEMPOTENCY_KEY) {
            None => None,
            Some(value) => Some(readable(value)?),
        };
        Ok(Self {
            key,
            route: format!("{} {}", parts.method, parts.uri.path()),
        })
    }
}

fn readable(value: &HeaderValue) -> Result<String, Problem> {
    value
        .to_str()
        .ok()
        .filter(|key| !key.is_empty() && key.len() <= MAX_KEY)
        .map(ToOwned::to_owned)
        .ok_or_else(|| {
            Problem::bad_request("idempotency_key_malformed")
                .detail("An Idempotency-Key has 1 to 255 visible characters.")
        })
}

/// What the record says.
#[derive(Debug)]
pub enum Begun {
    /// This is the first request with its key: go on, and answer through the claim.
    First(Claim),
    /// It was answered before; this is that answer.
    Repeated(Response),
}

/// The right to answer under a key.
#[derive(Debug)]
pub struct Claim {
    key_hash: Option<[u8; 32]>,
}

impl IdempotencyKey {
    /// The same request with a key that came in a form.
    #[must_use]
    pub fn or_from_form(self, key: Option<&str>) -> Self {
        Self {
            key: self.key.or_else(|| {
                key.filter(|key| !key.is_empty() && key.len() <= MAX_KEY)
                    .map(ToOwned::to_owned)
            }),
            ..self
        }
    }

    /// Claims the key in the transaction, or finds the answer it was given.
    /// `request` is what tells one request from another: a hash or the body itself.
    pub async fn begin(&self, tx: &mut TenantTx, request: &[u8]) -> Result<Begun, Problem> {
        let Some(key) = &self.key else {
            return Ok(Begun::First(Claim { key_hash: None }));
        };
        let key_hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let mut request_hash = Sha256::new();
        request_hash.update(self.route.as_bytes());
        request_hash.update([0]);
        request_hash.update(request);
        let request_hash: [u8; 32] = request_hash.finalize().into();
        if claim(tx, &key_hash, &request_hash).await? {
            return Ok(Begun::First(Claim {
                key_hash: Some(key_hash),
            }));
        }
        repeat(tx, &key_hash, &request_hash).await
    }
}

impl Claim {
    /// Answers with JSON and keeps the answer with the effect. The caller commits.
    pub async fn answer<T: Serialize>(
        self,
        tx: &mut TenantTx,
        status: StatusCode,
        location: Option<&str>,
        body: &T,
    ) -> Result<Response, Problem> {
        let body = serde_json::to_vec(body).map_err(Problem::internal)?;
        if let Some(key_hash) = self.key_hash {
            let (company, actor) = (tx.company().uuid(), tx.actor().id());
            sqlx::query!(
                "update platform.idempotency_record set status = $4, location = $5, body = $6
                 where company_id = $1 and actor_id = $2 and key_hash = $3",
                company,
                actor,
                &key_hash[..],
                i16::try_from(status.as_u16()).unwrap_or_default(),
                location,
                body,
            )
            .execute(tx.conn())
            .await
            .map_err(DbError::during("keep an answer"))?;
        }
        Ok(response(status, location, body))
    }
}

async fn claim(
    tx: &mut TenantTx,
    key_hash: &[u8; 32],
    request_hash: &[u8; 32],
) -> Result<bool, DbError> {
    let (company, actor, now) = (tx.company().uuid(), tx.actor().id(), tx.clock().now());
    let claimed = sqlx::query!(
        "insert into platform.idempotency_record (company_id, actor_id, key_hash, request_hash, status, body, created_at)
         values ($1, $2, $3, $4, 0, '', $5) on conflict do nothing",
        company,
        actor,
        &key_hash[..],
        &request_hash[..],
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("claim an idempotency key"))?;
    Ok(claimed.rows_affected() == 1)
}

async fn repeat(
    tx: &mut TenantTx,
    key_hash: &[u8; 32],
    request_hash: &[u8; 32],
) -> Result<Begun, Problem> {
    let (company, actor) = (tx.company().uuid(), tx.actor().id());
    let row = sqlx::query!(
        "select request_hash, status, location, body from platform.idempotency_record
         where company_id = $1 and actor_id = $2 and key_hash = $3",
        company,
        actor,
        &key_hash[..],
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("repeat an answer"))?;
    if row.request_hash != request_hash {
        return Err(Problem::unprocessable("idempotency_key_reused", Vec::new())
            .detail("This Idempotency-Key was used for another request. Use a new key for a new request."));
    }
    let status = u16::try_from(row.status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| {
        Problem::conflict("request_in_progress")
            .detail("The first request with this key is still running.")
    })?;
    Ok(Begun::Repeated(response(
        status,
        row.location.as_deref(),
        row.body,
    )))
}

fn response(status: StatusCode, location: Option<&str>, body: Vec<u8>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(location).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
