//! What an administrator does to the system itself: dead letters and feature flags.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use contracts::DeadLetterId;
use http::StatusCode;
use platform::events::{self, DeadLetter};
use platform::http::{Allowed, Begun, IdempotencyKey, Problem, may};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Gateway;

/// Events that a consumer gave up on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterList {
    items: Vec<DeadLetter>,
}

/// Lists the company's events that a consumer gave up on, oldest first, at most 200.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "operations", security(("session" = ["event:read"])),
    responses((status = 200, body = DeadLetterList), (status = 401), (status = 403)))]
pub(super) async fn list_dead_letters(
    State(gateway): State<Gateway>,
    allowed: Allowed<may::EventRead>,
) -> Result<Json<DeadLetterList>, Problem> {
    let mut tx = gateway.db.tenant(allowed.grant()).await?;
    Ok(Json(DeadLetterList {
        items: events::list_dead_letters(&mut tx).await?,
    }))
}

/// What was put back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replayed {
    id: DeadLetterId,
}

/// Puts an event that a consumer gave up on back before it.
#[utoipa::path(post, path = "/v1/dead-letters/{id}/replay", tag = "operations", security(("session" = ["event:write"])),
    params(("id" = String, Path, description = "`dlq_…`")),
    responses((status = 202, body = Replayed), (status = 401), (status = 403), (status = 404)))]
pub(super) async fn replay_dead_letter(
    State(gateway): State<Gateway>,
    allowed: Allowed<may::EventWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: DeadLetterId = id.parse().map_err(|_| Problem::not_found())?;
    let mut tx = gateway.db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &[]).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(response) => return Ok(response),
    };
    if !events::replay_dead_letter(&mut tx, id).await? {
        return Err(Problem::not_found());
    }
    let response = claim
        .answer(&mut tx, StatusCode::ACCEPTED, None, &Replayed { id })
        .await?;
    tx.commit().await?;
    Ok(response)
}

/// A feature flag and its state in the company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlagState {
    name: &'static str,
    description: &'static str,
    /// The state where nobody has said otherwise.
    default: bool,
    /// The state in this company.
    enabled: bool,
}

/// The feature flags of the system.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlagList {
    items: Vec<FlagState>,
}

/// Lists all feature flags with their state in the company.
#[utoipa::path(get, path = "/v1/flags", tag = "operations", security(("session" = ["company:read"])),
    responses((status = 200, body = FlagList), (status = 401), (status = 403)))]
pub(super) async fn list_flags(
    State(gateway): State<Gateway>,
    allowed: Allowed<may::CompanyRead>,
) -> Result<Json<FlagList>, Problem> {
    let mut tx = gateway.db.tenant(allowed.grant()).await?;
    let mut items = Vec::new();
    for flag in gateway
        .mounted()
        .map(|mounted| mounted.flags.as_slice())
        .unwrap_or_default()
    {
        let enabled = flag.is_open(&mut tx).await?;
        items.push(FlagState {
            name: flag.name,
            description: flag.description,
            default: flag.default,
            enabled,
        });
    }
    Ok(Json(FlagList { items }))
}

/// Whether a feature is to be open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagChange {
    enabled: bool,
}

/// Opens or closes a feature for the company.
#[utoipa::path(put, path = "/v1/flags/{flag}", tag = "operations", security(("session" = ["flag:write"])),
    params(("flag" = String, Path, description = "The flag's name, as listed")), request_body = FlagChange,
    responses((status = 200, body = FlagState), (status = 401), (status = 403), (status = 404)))]
pub(super) async fn set_flag(
    State(gateway): State<Gateway>,
    allowed: Allowed<may::FlagWrite>,
    key: IdempotencyKey,
    Path(name): Path<String>,
    Json(change): Json<FlagChange>,
) -> Result<Response, Problem> {
    let flags = gateway
        .mounted()
        .map(|mounted| mounted.flags.as_slice())
        .unwrap_or_default();
    let flag = flags
        .iter()
        .find(|flag| flag.name == name)
        .ok_or_else(Problem::not_found)?;
    let mut tx = gateway.db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &[u8::from(change.enabled)]).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(response) => return Ok(response),
    };
    flag.set(&mut tx, change.enabled).await?;
    let state = FlagState {
        name: flag.name,
        description: flag.description,
        default: flag.default,
        enabled: change.enabled,
    };
    let response = claim.answer(&mut tx, StatusCode::OK, None, &state).await?;
    tx.commit().await?;
    Ok(response)
}
