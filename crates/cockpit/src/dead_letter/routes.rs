//! Deliveries that were given up, and what is decided about them.

use axum::Form;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use contracts::{DeliveryId, Permission};
use http::StatusCode;
use identity::session::Visitor;
use ingest::DeadLetters;
use ingest::query::{self, DeadDelivery, LetterCursor};
use platform::http::{Allowed, Problem, may};
use serde::Deserialize;

use super::{Deliveries, DeliveryRow};
use crate::layout::{Section, address};
use crate::state::{Cockpit, Instead, instead, page};

/// Deliveries on a page.
const SIZE: usize = 50;

/// Which page of the list.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    after: Option<String>,
}

/// Deliveries of a company that were given up, oldest first.
#[utoipa::path(get, path = "/c/{slug}/deliveries", tag = "cockpit", security(("session" = ["event:read"])),
    params(("slug" = String, Path), ("after" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 303), (status = 403), (status = 404)))]
pub(crate) async fn show_deliveries(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::EventRead>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(wanted): Query<Wanted>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    // A place that was not handed out is the beginning.
    let after = wanted.after.as_deref().and_then(LetterCursor::decode);
    let mut tx = cockpit.tenant(&viewer).await?;
    let limit = i64::try_from(SIZE + 1).unwrap_or(i64::MAX);
    let mut letters = query::list_dead_deliveries(&mut tx, after, limit)
        .await
        .map_err(instead)?;
    let (pending, dead) = query::count_deliveries(&mut tx).await.map_err(instead)?;
    let more = letters.len() > SIZE;
    letters.truncate(SIZE);
    let last = letters.last().filter(|_| more).map(LetterCursor::behind);
    let base = format!("{}/deliveries", address(viewer.slug()));
    let view = Deliveries {
        layout: viewer.layout("Deliveries", Section::Deliveries),
        pending,
        dead,
        rows: letters.into_iter().map(row).collect(),
        may_settle: viewer.grant.allows(Permission::EventWrite),
        next: last.map(|last| format!("{base}?after={}", last.encode())),
        zone: viewer.zone.clone(),
    };
    page(StatusCode::OK, &view)
}

fn row(letter: DeadDelivery) -> DeliveryRow {
    DeliveryRow {
        id: letter.id.to_string(),
        source: letter.source.label().to_owned(),
        kind: letter.kind,
        delivery_id: letter.delivery_id,
        received_at: letter.received_at,
        attempts: u64::try_from(letter.attempts).unwrap_or_default(),
        reason: letter.reason,
    }
}

/// What was decided.
#[derive(Deserialize)]
pub(crate) struct Decided {
    decision: String,
}

/// Has a delivery tried again, or discards it.
#[utoipa::path(post, path = "/c/{slug}/deliveries/{id}", tag = "cockpit", security(("session" = ["event:write"])),
    params(("slug" = String, Path), ("id" = String, Path)),
    responses((status = 303), (status = 403), (status = 404), (status = 422)))]
pub(crate) async fn submit_delivery_decision(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::EventWrite>, Problem>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    OriginalUri(here): OriginalUri,
    Form(form): Form<Decided>,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let id: DeliveryId = id.parse().map_err(|_| instead(Problem::not_found()))?;
    let mut tx = cockpit.tenant(&viewer).await?;
    let settled = match form.decision.as_str() {
        "replay" => DeadLetters::replay(&mut tx, id).await,
        "discard" => DeadLetters::discard(&mut tx, id).await,
        _ => {
            let unknown =
                Problem::with_status(StatusCode::UNPROCESSABLE_ENTITY, "decision_unknown");
            let detail = "A delivery can be tried again or discarded. Nothing was changed.";
            return Err(instead(unknown.detail(detail)));
        }
    };
    if !settled.map_err(instead)? {
        return Err(instead(Problem::not_found()));
    }
    tx.commit().await.map_err(instead)?;
    Ok(Redirect::to(&format!("{}/deliveries", address(&slug))).into_response())
}
