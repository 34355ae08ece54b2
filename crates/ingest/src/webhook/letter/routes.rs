//! `/v1/webhooks/dlq`: deliveries that were given up.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use contracts::DeliveryId;
use http::StatusCode;
use jiff::Timestamp;
use platform::http::{Allowed, Begun, IdempotencyKey, Problem, may};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{DeadDelivery, LetterCursor, store};
use crate::webhook::Webhooks;
use crate::webhook::source::WebhookSource;

const TAG: &str = "webhooks";
const PAGE: i64 = 50;
const MAX_PAGE: i64 = 200;

pub(crate) fn routes() -> OpenApiRouter<Webhooks> {
    OpenApiRouter::new()
        .routes(routes!(list_dead_deliveries))
        .routes(routes!(replay_dead_delivery))
        .routes(routes!(discard_dead_delivery))
}

/// A delivery that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadDeliveryView {
    /// Its id.
    id: DeliveryId,
    /// Who delivered it.
    source: WebhookSource,
    /// What it tells of.
    kind: String,
    /// The sender's id of it.
    delivery_id: String,
    /// How often it was tried.
    attempts: i32,
    /// A stable name of the reason.
    reason_code: String,
    /// Why it was given up; no value of it.
    reason: String,
    /// When it arrived.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// When it was given up.
    #[schema(value_type = String, format = DateTime)]
    died_at: Timestamp,
}

impl From<DeadDelivery> for DeadDeliveryView {
    fn from(letter: DeadDelivery) -> Self {
        Self {
            id: letter.id,
            source: letter.source,
            kind: letter.kind,
            delivery_id: letter.delivery_id,
            attempts: letter.attempts,
            reason_code: letter.reason_code,
            reason: letter.reason,
            received_at: letter.received_at,
            died_at: letter.died_at,
        }
    }
}

/// A page of deliveries that were given up, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadDeliveryPage {
    /// The deliveries.
    items: Vec<DeadDeliveryView>,
    /// Deliveries of the company that wait to be taken in.
    pending: u64,
    /// All that were given up.
    dead: u64,
    /// What to send as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LetterQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 unless said.
    limit: Option<u32>,
}

/// A delivery that something was done with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settled {
    id: DeliveryId,
}

/// List deliveries that were given up, oldest first.
#[utoipa::path(
    get,
    path = "/v1/webhooks/dlq",
    tag = TAG,
    params(LetterQuery),
    responses((status = 200, body = DeadDeliveryPage), (status = 400, body = Problem, content_type = "application/problem+json")),
    security(("session" = ["event:read"])),
)]
async fn list_dead_deliveries(
    State(webhooks): State<Webhooks>,
    allowed: Allowed<may::EventRead>,
    query: Result<Query<LetterQuery>, QueryRejection>,
) -> Result<Json<DeadDeliveryPage>, Problem> {
    let Query(query) = query.map_err(|_| {
        Problem::bad_request("query_malformed")
            .detail("The address has a parameter that is not known or cannot be read.")
    })?;
    let after = match query.cursor.as_deref() {
        None => None,
        Some(word) => Some(LetterCursor::decode(word).ok_or_else(|| {
            Problem::bad_request("cursor_malformed")
                .detail("The cursor is not one that was handed out. Begin at the first page, without a cursor.")
        })?),
    };
    let limit = query.limit.map_or(PAGE, i64::from).clamp(1, MAX_PAGE);
    let mut tx = webhooks.db.tenant(allowed.grant()).await?;
    let mut letters = store::list_letters(&mut tx, after, limit + 1).await?;
    let (pending, dead) = store::count_deliveries(&mut tx).await?;
    let shown = usize::try_from(limit).unwrap_or_default();
    let more = letters.len() > shown;
    letters.truncate(shown);
    let next = letters.last().filter(|_| more).map(LetterCursor::behind);
    Ok(Json(DeadDeliveryPage {
        next_cursor: next.map(LetterCursor::encode),
        items: letters.into_iter().map(DeadDeliveryView::from).collect(),
        pending,
        dead,
    }))
}

/// Have a delivery that was given up tried again, as if it had just arrived.
#[utoipa::path(
    post,
    path = "/v1/webhooks/dlq/{id}/replay",
    tag = TAG,
    params(("id" = String, Path, description = "The delivery's id."), ("Idempotency-Key" = Option<String>, Header, description = "A key of the caller's.")),
    responses(
        (status = 202, body = Settled),
        (status = 404, body = Problem, description = "No such dead letter of this company.", content_type = "application/problem+json"),
    ),
    security(("session" = ["event:write"])),
)]
async fn replay_dead_delivery(
    State(webhooks): State<Webhooks>,
    allowed: Allowed<may::EventWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: DeliveryId = id.parse().map_err(|_| Problem::not_found())?;
    let mut tx = webhooks.db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &[]).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(response) => return Ok(response),
    };
    if !super::DeadLetters::replay(&mut tx, id).await? {
        return Err(Problem::not_found());
    }
    let response = claim
        .answer(&mut tx, StatusCode::ACCEPTED, None, &Settled { id })
        .await?;
    tx.commit().await?;
    webhooks.inbox.wake();
    Ok(response)
}

/// Discard a delivery that was given up. Its body is gone for good; one that comes again under its id is still known.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/dlq/{id}",
    tag = TAG,
    params(("id" = String, Path, description = "The delivery's id."), ("Idempotency-Key" = Option<String>, Header, description = "A key of the caller's.")),
    responses(
        (status = 200, body = Settled),
        (status = 404, body = Problem, description = "No such dead letter of this company.", content_type = "application/problem+json"),
    ),
    security(("session" = ["event:write"])),
)]
async fn discard_dead_delivery(
    State(webhooks): State<Webhooks>,
    allowed: Allowed<may::EventWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: DeliveryId = id.parse().map_err(|_| Problem::not_found())?;
    let mut tx = webhooks.db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &[]).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(response) => return Ok(response),
    };
    if !super::DeadLetters::discard(&mut tx, id).await? {
        return Err(Problem::not_found());
    }
    let response = claim
        .answer(&mut tx, StatusCode::OK, None, &Settled { id })
        .await?;
    tx.commit().await?;
    Ok(response)
}
