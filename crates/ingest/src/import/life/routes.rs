//! `/v1/imports/{id}/…`: committing what was checked, abandoning, undoing.

use axum::extract::{Path, State};
use axum::response::Response;
use contracts::ImportId;
use http::StatusCode;
use platform::http::{Allowed, Begun, IdempotencyKey, Problem, may};
use platform::jobs::{self, NewJob};
use platform::{AuditNote, TenantTx};

use super::store;
use super::undo::{UNDO_IMPORT, UndoImportPayload};
use crate::import::intake::Intake;
use crate::import::job::{RUN_IMPORT, RunImportPayload};
use crate::import::spool::SpoolId;
use crate::import::summary::{ImportSummary, find_import};
use crate::import::view::ImportView;

/// What somebody decides about an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Take in what was checked.
    Commit,
    /// Leave it where it is: of a checked file nothing is taken in, of a running one no further row.
    Abandon,
    /// Take back what it did.
    Undo,
}

impl Decision {
    const fn action(self) -> &'static str {
        match self {
            Self::Commit => "import.release",
            Self::Abandon => "import.abandon",
            Self::Undo => "import.undo",
        }
    }

    /// Why it cannot be done now.
    fn refusal(self, import: &ImportSummary) -> Problem {
        let detail = match self {
            Self::Commit => "Only a checked import can be committed",
            Self::Abandon => "Only an import that has not ended can be abandoned",
            Self::Undo => "Only an ended import that took rows in can be undone",
        };
        Problem::conflict("import_state")
            .title("The import is not in a state for this")
            .detail(format!("{detail}; this one is {}.", import.state.as_str()))
    }
}

impl Intake {
    /// Does what was decided, and answers with the import; a repeated request gets the first one's answer.
    ///
    /// # Errors
    /// 404 for an import that is not there, 409 in a state in which it cannot be done.
    pub async fn decide(
        &self,
        allowed: &Allowed<may::ImportWrite>,
        key: &IdempotencyKey,
        id: &str,
        decision: Decision,
    ) -> Result<Response, Problem> {
        let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
        let mut tx = self.db.tenant(allowed.grant()).await?;
        let import = find_import(&mut tx, id).await?;
        let import = import.ok_or_else(Problem::not_found)?;
        let claim = match key.begin(&mut tx, id.uuid().as_bytes()).await? {
            Begun::Repeated(response) => return Ok(response),
            Begun::First(claim) => claim,
        };
        if !carry_out(&mut tx, id, decision).await? {
            return Err(decision.refusal(&import));
        }
        tx.audit(AuditNote::new(decision.action(), "import", id));
        let import = find_import(&mut tx, id).await?;
        let view = ImportView::from(import.ok_or_else(Problem::not_found)?);
        let response = claim
            .answer(&mut tx, StatusCode::ACCEPTED, None, &view)
            .await?;
        tx.commit().await?;
        if decision == Decision::Abandon {
            let file = SpoolId {
                company: allowed.company(),
                import: id,
            };
            if let Err(error) = self.spool.remove(file) {
                // The sweep finds it again.
                tracing::warn!(import.id = %id, error = %error, "A spooled file could not be removed");
            }
        }
        Ok(response)
    }
}

async fn carry_out(
    tx: &mut TenantTx,
    import: ImportId,
    decision: Decision,
) -> Result<bool, Problem> {
    let (done, job) = match decision {
        Decision::Commit => (
            store::release_import(tx, import).await?,
            Some(NewJob::new(RUN_IMPORT, RunImportPayload { import })),
        ),
        Decision::Abandon => (store::abandon_import(tx, import).await?, None),
        Decision::Undo => (
            store::begin_undo(tx, import).await?,
            Some(NewJob::new(UNDO_IMPORT, UndoImportPayload { import })),
        ),
    };
    if let Some(job) = job.filter(|_| done) {
        jobs::enqueue(tx, job?).await?;
    }
    Ok(done)
}

/// Commit a checked import: its rows are taken in by a job.
#[utoipa::path(
    post,
    path = "/v1/imports/{id}/commit",
    tag = "imports",
    params(("id" = String, Path, description = "The import's id."), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 202, body = ImportView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, description = "It was not checked, or has ended.", content_type = "application/problem+json"),
    ),
    security(("session" = ["import:write"])),
)]
pub(crate) async fn commit_import(
    State(intake): State<Intake>,
    allowed: Allowed<may::ImportWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    intake.decide(&allowed, &key, &id, Decision::Commit).await
}

/// Abandon an import: of a checked file nothing is taken in, of a running one no further row.
#[utoipa::path(
    post,
    path = "/v1/imports/{id}/abandon",
    tag = "imports",
    params(("id" = String, Path, description = "The import's id."), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 202, body = ImportView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, description = "It has ended.", content_type = "application/problem+json"),
    ),
    security(("session" = ["import:write"])),
)]
pub(crate) async fn abandon_import(
    State(intake): State<Intake>,
    allowed: Allowed<may::ImportWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    intake.decide(&allowed, &key, &id, Decision::Abandon).await
}

/// Undo an import: what it made goes, what it changed is as it was before, unless somebody else has changed it since.
#[utoipa::path(
    post,
    path = "/v1/imports/{id}/undo",
    tag = "imports",
    params(("id" = String, Path, description = "The import's id."), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 202, body = ImportView),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, description = "It has not ended, took nothing in, or was undone.", content_type = "application/problem+json"),
    ),
    security(("session" = ["import:write"])),
)]
pub(crate) async fn undo_import(
    State(intake): State<Intake>,
    allowed: Allowed<may::ImportWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    intake.decide(&allowed, &key, &id, Decision::Undo).await
}
