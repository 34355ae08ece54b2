//! `POST /c/{slug}/imports/{id}/decision`: what was decided on an import's page.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use identity::session::Visitor;
use platform::http::{Allowed, IdempotencyKey, Problem, may};
use serde::Deserialize;

use super::Decision;
use crate::layout::address;
use crate::state::{Cockpit, Instead, instead};

/// What was decided.
#[derive(Deserialize)]
pub(crate) struct Decided {
    decision: String,
}

/// Commits, abandons or undoes an import; the page then shows how far that is.
#[utoipa::path(post, path = "/c/{slug}/imports/{id}/decision", tag = "cockpit", security(("session" = ["import:write"])),
    params(("slug" = String, Path), ("id" = String, Path)),
    responses((status = 303), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub(crate) async fn submit_import_decision(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ImportWrite>, Problem>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    OriginalUri(here): OriginalUri,
    key: IdempotencyKey,
    form: Result<Form<Decided>, FormRejection>,
) -> Result<Response, Instead> {
    cockpit
        .enter(allowed.clone(), &visitor, &slug, &here)
        .await?;
    let allowed = allowed.map_err(instead)?;
    let unknown = || {
        Problem::with_status(StatusCode::UNPROCESSABLE_ENTITY, "decision_unknown")
            .detail("An import can be committed, abandoned or undone. Nothing was changed.")
    };
    let Form(form) = form.map_err(|_| instead(unknown()))?;
    let decision = Decision::find(&form.decision).ok_or_else(|| instead(unknown()))?;
    let decision = match decision {
        Decision::Commit => ingest::Decision::Commit,
        Decision::Abandon => ingest::Decision::Abandon,
        Decision::Undo => ingest::Decision::Undo,
    };
    let decided = cockpit.intake.decide(&allowed, &key, &id, decision).await;
    decided.map_err(instead)?;
    Ok(Redirect::to(&format!("{}/imports/{id}", address(&slug))).into_response())
}
