//! `/v1/webhook-endpoints`: an administrator's care of endpoints and their secrets.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use contracts::event::value::RatingScale;
use contracts::{UserId, WebhookEndpointId};
use http::{HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use platform::http::{Allowed, Begun, FieldError, IdempotencyKey, Problem, may};
use platform::{Db, TenantTx};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{EndpointSummary, LONGEST_OVERLAP, NewEndpoint, WithSecret, store};
use crate::kintell::rating::{find_scale, scale_name};
use crate::webhook::source::WebhookSource;
use crate::webhook::{Webhooks, unreadable};

const TAG: &str = "webhooks";
const LONGEST_DESCRIPTION: usize = 200;
/// Endpoints of one company that are in force, at most: every process holds all of them in memory.
const MOST_ENDPOINTS: i64 = 100;
/// How long a former secret stays good unless said otherwise.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

pub(crate) fn routes() -> OpenApiRouter<Webhooks> {
    OpenApiRouter::new()
        .routes(routes!(create_webhook_endpoint, list_webhook_endpoints))
        .routes(routes!(rotate_webhook_endpoint))
        .routes(routes!(revoke_webhook_endpoint))
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct EndpointView {
    /// Its id.
    id: WebhookEndpointId,
    /// Who delivers to it.
    source: WebhookSource,
    /// The company's own name for it.
    description: String,
    /// The scale of ratings that are delivered to it, `0-1` or `1-5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating_scale: Option<&'static str>,
    /// Where to deliver to, one path for each kind of delivery.
    paths: Vec<String>,
    /// What deliveries are to be signed by: in the answer to whoever made it, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Until when the secret before is good as well.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    former_valid_until: Option<Timestamp>,
    /// Who made it; absent for a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserId>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its secret was last replaced.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_at: Option<Timestamp>,
    /// When it was closed for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

impl From<EndpointSummary> for EndpointView {
    fn from(endpoint: EndpointSummary) -> Self {
        let id = endpoint.id;
        let kinds = endpoint.source.kinds().iter();
        Self {
            id,
            source: endpoint.source,
            description: endpoint.description,
            rating_scale: endpoint.rating_scale.map(scale_name),
            paths: kinds
                .map(|kind| format!("/v1/webhooks/{id}/{}", kind.as_str()))
                .collect(),
            secret: None,
            former_valid_until: endpoint.former_until,
            created_by: Some(endpoint.created_by).filter(|by| !by.uuid().is_nil()),
            created_at: endpoint.created_at,
            rotated_at: endpoint.rotated_at,
            revoked_at: endpoint.revoked_at,
        }
    }
}

/// The company's endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointList {
    /// Those in force first, then the newest; at most 200.
    items: Vec<EndpointView>,
}

/// An endpoint to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointOrder {
    /// Who will deliver to it.
    source: WebhookSource,
    /// The company's own name for it, at most 200 characters.
    #[serde(default)]
    description: String,
    /// The scale of the ratings that will be delivered, `0-1` or `1-5`; needed for `kintell` and `buddy`.
    #[serde(default)]
    rating_scale: Option<String>,
}

impl EndpointOrder {
    fn check(self) -> Result<NewEndpoint, Problem> {
        let refuse = |pointer: &str, code: &'static str, detail: &'static str| {
            Problem::unprocessable(code, vec![FieldError::at(pointer, code, detail)]).detail(detail)
        };
        let scale = self.rating_scale.as_deref().map(find_scale);
        let rating_scale: Option<RatingScale> = match (scale, self.source.has_ratings()) {
            (Some(Some(scale)), true) => Some(scale),
            (None, false) => None,
            (None, true) => {
                let detail = "Say on which scale this source rates: 0-1 or 1-5.";
                return Err(refuse("/rating_scale", "rating_scale_missing", detail));
            }
            (Some(None), true) => {
                let detail = "A scale is 0-1 or 1-5.";
                return Err(refuse("/rating_scale", "rating_scale_unknown", detail));
            }
            (Some(_), false) => {
                let detail = "This source delivers no ratings.";
                return Err(refuse("/rating_scale", "rating_scale_unused", detail));
            }
        };
        let description = self.description.trim().to_owned();
        let plain = !description.chars().any(char::is_control);
        if !plain || description.chars().count() > LONGEST_DESCRIPTION {
            let detail = "A description has at most 200 characters and no line breaks.";
            return Err(refuse("/description", "description_malformed", detail));
        }
        Ok(NewEndpoint {
            source: self.source,
            description,
            rating_scale,
        })
    }
}

/// How a secret is to be replaced.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// Until when the present secret stays good beside the new one: at most 30 days from now, 24 hours unless said. A time
    /// that has passed ends it at once.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(default)]
    former_valid_until: Option<Timestamp>,
}

/// Make an endpoint.
///
/// The answer has its secret, which is not shown again: a repeated request is answered without it. Rotate the secret if
/// it was lost.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    tag = TAG,
    request_body = EndpointOrder,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the caller's; a repeated request with the same key has one effect.")),
    responses(
        (status = 201, body = EndpointView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, description = "`too_many_endpoints`", content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = ["api_key:write"])),
)]
async fn create_webhook_endpoint(
    State(webhooks): State<Webhooks>,
    allowed: Allowed<may::KeyWrite>,
    key: IdempotencyKey,
    body: Result<Json<EndpointOrder>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(order) = body.map_err(|rejection| unreadable(&rejection))?;
    let request = serde_json::to_vec(&order).map_err(Problem::internal)?;
    let new = order.check()?;
    let mut tx = webhooks.db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &request).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(response) => return Ok(response),
    };
    if store::count_endpoints(&mut tx).await? >= MOST_ENDPOINTS {
        return Err(Problem::conflict("too_many_endpoints")
            .detail("A company has at most 100 endpoints. Revoke one that is not used any more."));
    }
    let WithSecret { endpoint, secret } = super::create(&mut tx, new).await?;
    let location = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let mut view = EndpointView::from(endpoint);
    // The record of the request must not hold the secret, so the answer that is kept has none.
    let kept = claim.answer(&mut tx, StatusCode::CREATED, Some(&location), &view);
    kept.await?;
    tx.commit().await?;
    webhooks.directory.changed();
    view.secret = Some(secret.expose_secret().to_owned());
    Ok(shown_once(StatusCode::CREATED, Some(&location), view))
}

/// List the company's endpoints.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    tag = TAG,
    responses((status = 200, body = EndpointList)),
    security(("session" = ["api_key:read"])),
)]
async fn list_webhook_endpoints(
    State(webhooks): State<Webhooks>,
    allowed: Allowed<may::KeyRead>,
) -> Result<Json<EndpointList>, Problem> {
    let mut tx = webhooks.db.tenant(allowed.grant()).await?;
    let endpoints = store::list_endpoints(&mut tx).await?;
    Ok(Json(EndpointList {
        items: endpoints.into_iter().map(EndpointView::from).collect(),
    }))
}

/// Replace an endpoint's secret.
///
/// The answer has the new secret, which is not shown again. The one before stays good for a while, so that the sender
/// can change over; at most two are good at a time.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/rotate",
    tag = TAG,
    request_body = Rotation,
    params(("id" = String, Path, description = "The endpoint's id."), ("Idempotency-Key" = Option<String>, Header, description = "A key of the caller's.")),
    responses(
        (status = 200, body = EndpointView),
        (status = 404, body = Problem, description = "No such endpoint in force.", content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = ["api_key:write"])),
)]
async fn rotate_webhook_endpoint(
    State(webhooks): State<Webhooks>,
    allowed: Allowed<may::KeyWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
    body: Result<Json<Rotation>, JsonRejection>,
) -> Result<Response, Problem> {
    let id: WebhookEndpointId = id.parse().map_err(|_| Problem::not_found())?;
    let Json(rotation) = body.map_err(|rejection| unreadable(&rejection))?;
    let request = serde_json::to_vec(&rotation).map_err(Problem::internal)?;
    let former_until = former_until(&webhooks.db, &rotation)?;
    let mut tx = webhooks.db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &request).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(response) => return Ok(response),
    };
    let rotated = super::rotate(&mut tx, id, former_until).await?;
    let WithSecret { endpoint, secret } = rotated.ok_or_else(Problem::not_found)?;
    let mut view = EndpointView::from(endpoint);
    claim.answer(&mut tx, StatusCode::OK, None, &view).await?;
    tx.commit().await?;
    webhooks.directory.changed();
    view.secret = Some(secret.expose_secret().to_owned());
    Ok(shown_once(StatusCode::OK, None, view))
}

/// Close an endpoint for good.
///
/// Its secrets are forgotten; deliveries to it are refused from now on, in other processes within five seconds. What it
/// received before is still taken in.
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{id}",
    tag = TAG,
    params(("id" = String, Path, description = "The endpoint's id."), ("Idempotency-Key" = Option<String>, Header, description = "A key of the caller's.")),
    responses(
        (status = 200, body = EndpointView),
        (status = 404, body = Problem, description = "No such endpoint of this company.", content_type = "application/problem+json"),
    ),
    security(("session" = ["api_key:write"])),
)]
async fn revoke_webhook_endpoint(
    State(webhooks): State<Webhooks>,
    allowed: Allowed<may::KeyWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: WebhookEndpointId = id.parse().map_err(|_| Problem::not_found())?;
    let mut tx: TenantTx = webhooks.db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &[]).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(response) => return Ok(response),
    };
    let endpoint = super::revoke(&mut tx, id).await?;
    let view = EndpointView::from(endpoint.ok_or_else(Problem::not_found)?);
    let response = claim.answer(&mut tx, StatusCode::OK, None, &view).await?;
    tx.commit_bookkeeping().await?;
    webhooks.directory.changed();
    Ok(response)
}

fn former_until(db: &Db, rotation: &Rotation) -> Result<Timestamp, Problem> {
    let now = db.clock().now();
    let asked = match rotation.former_valid_until {
        Some(asked) => asked.max(now),
        None => now.saturating_add(OVERLAP).unwrap_or(now),
    };
    if now.duration_until(asked) > LONGEST_OVERLAP {
        let detail = "The secret before may stay good for at most 30 days.";
        let error = FieldError::at("/former_valid_until", "overlap_too_long", detail);
        return Err(Problem::unprocessable("overlap_too_long", vec![error]).detail(detail));
    }
    Ok(asked)
}

/// An answer with a secret, which nothing on the way may keep.
fn shown_once(status: StatusCode, location: Option<&str>, view: EndpointView) -> Response {
    let mut response = (status, Json(view)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(location).ok()) {
        headers.insert(header::LOCATION, location);
    }
    response
}
