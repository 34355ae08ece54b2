//! Imports: the list with its upload form, one import, its live part, its error file.

use axum::extract::{Multipart, OriginalUri, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use contracts::event::value::RatingScale as RatingScaleName;
use contracts::{ImportId, Permission};
use http::StatusCode;
use identity::session::Visitor;
use ingest::RefusedForm;
use ingest::query::{self, FileProblem, ImportSummary, RejectedRow as Rejection};
use platform::TenantTx;
use platform::http::{Allowed, AllowedForm, IdempotencyKey, Problem, may};
use serde::Deserialize;

use super::{
    Counts, Decision, Failure, ImportPage, ImportRow, Imports, Progress, RatingScale, RejectedRow,
    Source, State as Stage, Undone, UploadForm,
};
use crate::layout::{Section, address};
use crate::page::{FormError, Paging};
use crate::state::{Cockpit, Instead, Viewer, goto, instead, page};

/// Imports on a page of the list.
const SIZE: u32 = 25;
/// Rejected rows shown; the rest is in the error file.
const REJECTED: u32 = 50;
/// Zones to suggest; any other may be typed.
const ZONES: [&str; 8] = [
    "Europe/Oslo",
    "Europe/Stockholm",
    "Europe/Copenhagen",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Kyiv",
    "Europe/Warsaw",
    "UTC",
];

/// Which page of the list.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    page: Option<u64>,
}

/// The imports of a company, newest first.
#[utoipa::path(get, path = "/c/{slug}/imports", tag = "cockpit", security(("session" = ["import:read"])),
    params(("slug" = String, Path), ("page" = Option<u64>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 303), (status = 403), (status = 404)))]
pub(crate) async fn show_imports(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ImportRead>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(wanted): Query<Wanted>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let view = list(&cockpit, &viewer, wanted.page.unwrap_or(1), None).await?;
    page(StatusCode::OK, &view)
}

/// Uploads a file; the import then goes on by itself.
#[utoipa::path(post, path = "/c/{slug}/imports", tag = "cockpit", security(("session" = ["import:write"])),
    params(("slug" = String, Path)),
    responses((status = 303), (status = 403), (status = 404), (status = 413), (status = 422, content_type = "text/html")))]
pub(crate) async fn submit_import(
    State(cockpit): State<Cockpit>,
    allowed: Result<AllowedForm<may::ImportWrite>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    OriginalUri(here): OriginalUri,
    key: IdempotencyKey,
    form: Multipart,
) -> Result<Response, Instead> {
    // Before a byte is taken in: the form may come from a tab of another company.
    let (viewer, allowed) = cockpit.enter_form(allowed, &visitor, &slug, &here).await?;
    match cockpit.intake.receive_form(allowed, key, form).await {
        Ok(accepted) => {
            Ok(
                Redirect::to(&format!("{}/imports/{}", address(&slug), accepted.import))
                    .into_response(),
            )
        }
        Err(RefusedForm { problem, .. }) if problem.status() == StatusCode::FORBIDDEN => {
            Err(instead(problem))
        }
        Err(refused) => {
            // The file cannot be shown again in the form; everything else is as it was.
            let status = refused.problem.status();
            page(status, &list(&cockpit, &viewer, 1, Some(refused)).await?)
        }
    }
}

/// What is wrong with the form, at the field that it is about.
fn explain(problem: &Problem) -> Vec<FormError> {
    let field_of = |pointer: &str| match pointer.trim_start_matches('/') {
        "source" => "source",
        "rating_scale" => "rating_scale",
        "zone" => "time_zone",
        _ => "file",
    };
    let mut errors: Vec<FormError> = problem
        .field_errors()
        .iter()
        .map(|error| FormError {
            field: field_of(error.pointer.as_deref().unwrap_or_default()),
            text: error.detail.to_string(),
        })
        .collect();
    if errors.is_empty() {
        let text = problem
            .detail_text()
            .unwrap_or(problem.title_text())
            .to_owned();
        errors.push(FormError {
            field: "file",
            text,
        });
    }
    errors
}

/// The form as it was filled in, or fresh.
fn upload_form(cockpit: &Cockpit, viewer: &Viewer, refused: Option<RefusedForm>) -> UploadForm {
    let errors = refused
        .as_ref()
        .map_or_else(Vec::new, |refused| explain(&refused.problem));
    let (scale, zone) =
        refused.map_or((None, None), |refused| (refused.rating_scale, refused.zone));
    UploadForm {
        source: Source::KintellSessions,
        rating_scale: RatingScale::ALL
            .into_iter()
            .find(|known| Some(known.key()) == scale.as_deref())
            .unwrap_or(RatingScale::FromFile),
        time_zone: zone.unwrap_or_else(|| viewer.membership.zone.clone()),
        zones: ZONES.map(str::to_owned).to_vec(),
        limit: cockpit.intake.max_upload_bytes(),
        errors,
    }
}

async fn list(
    cockpit: &Cockpit,
    viewer: &Viewer,
    number: u64,
    refused: Option<RefusedForm>,
) -> Result<Imports, Instead> {
    let mut tx = cockpit.tenant(viewer).await?;
    let total = query::count_imports(&mut tx).await.map_err(instead)?;
    let base = format!("{}/imports", address(viewer.slug()));
    let paging = Paging::new(&base, number, u64::from(SIZE), total);
    let imports = query::list_imports_from(&mut tx, paging.offset(), SIZE)
        .await
        .map_err(instead)?;
    let layout = viewer.layout("Imports", Section::Imports);
    let layout = match &refused {
        None => layout,
        Some(_) => layout.failing(),
    };
    let may_write = viewer.grant.allows(Permission::ImportWrite);
    let form = may_write.then(|| upload_form(cockpit, viewer, refused));
    let rows = imports
        .iter()
        .map(|import| ImportRow {
            href: format!("{base}/{}", import.id),
            file: import.file_name.clone(),
            source: import.source,
            uploaded_at: import.created_at,
            state: stage(import.state),
            counts: counts(&import.counts),
        })
        .collect();
    Ok(Imports {
        layout,
        form,
        rows,
        paging,
        zone: viewer.zone.clone(),
    })
}

/// One import.
#[utoipa::path(get, path = "/c/{slug}/imports/{id}", tag = "cockpit", security(("session" = ["import:read"])),
    params(("slug" = String, Path), ("id" = String, Path)),
    responses((status = 200, content_type = "text/html"), (status = 303), (status = 403), (status = 404)))]
pub(crate) async fn show_import(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ImportRead>, Problem>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let mut tx = cockpit.tenant(&viewer).await?;
    let import = find(&mut tx, &id).await?;
    let view = ImportPage {
        layout: viewer.layout(&format!("Import of {}", import.file_name), Section::Imports),
        file: import.file_name.clone(),
        source: import.source,
        size: import.size_bytes,
        rating_scale: scale_in_words(&import),
        time_zone: import.options.zone.clone(),
        uploaded_at: import.created_at,
        zone: viewer.zone.clone(),
        progress: progress(&mut tx, &slug, &import).await?,
        decisions: decisions(&viewer, &import),
    };
    page(StatusCode::OK, &view)
}

/// The live part of an import's page.
#[utoipa::path(get, path = "/c/{slug}/imports/{id}/progress", tag = "cockpit", security(("session" = ["import:read"])),
    params(("slug" = String, Path), ("id" = String, Path)),
    responses((status = 200, content_type = "text/html"), (status = 303), (status = 403), (status = 404)))]
pub(crate) async fn show_import_progress(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ImportRead>, Problem>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let mut tx = cockpit.tenant(&viewer).await?;
    let import = find(&mut tx, &id).await?;
    page(StatusCode::OK, &progress(&mut tx, &slug, &import).await?)
}

/// The rejected rows as a file; the API's own download.
#[utoipa::path(get, path = "/c/{slug}/imports/{id}/errors.csv", operation_id = "show_import_errors_file", tag = "cockpit", security(("session" = ["import:read"])),
    params(("slug" = String, Path), ("id" = String, Path)),
    responses((status = 303), (status = 403), (status = 404)))]
pub(crate) async fn download_import_errors(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ImportRead>, Problem>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let import = find(&mut cockpit.tenant(&viewer).await?, &id).await?;
    Err(goto(&format!("/v1/imports/{}/errors.csv", import.id)))
}

fn decisions(viewer: &Viewer, import: &ImportSummary) -> Vec<Decision> {
    if !viewer.grant.allows(Permission::ImportWrite) {
        return Vec::new();
    }
    let took_in = import.counts.created + import.counts.updated > 0;
    Decision::offered(stage(import.state), took_in)
}

async fn find(tx: &mut TenantTx, id: &str) -> Result<ImportSummary, Instead> {
    let id: ImportId = id.parse().map_err(|_| instead(Problem::not_found()))?;
    let found = query::find_import(tx, id).await.map_err(instead)?;
    found.ok_or_else(|| instead(Problem::not_found()))
}

async fn progress(
    tx: &mut TenantTx,
    slug: &str,
    import: &ImportSummary,
) -> Result<Progress, Instead> {
    let rejected = query::list_rejected_rows(tx, import.id, 0, REJECTED)
        .await
        .map_err(instead)?;
    let is_checked = import.state == query::State::Checked;
    let checked = import.check.as_ref().filter(|_| is_checked);
    Ok(Progress {
        slug: slug.to_owned(),
        import_id: import.id.to_string(),
        state: stage(import.state),
        counts: counts(checked.map_or(&import.counts, |check| &check.counts)),
        percent: percent(import),
        rejected: match checked {
            None => rejected.iter().flat_map(rows).collect(),
            Some(check) => check.refused.iter().flat_map(checked_rows).collect(),
        },
        changes: checked.map_or_else(Vec::new, |check| {
            check.changed_fields.clone().into_iter().collect()
        }),
        undone: import.undo.map(|undo| Undone {
            withdrawn: undo.withdrawn,
            restored: undo.restored,
            kept: undo.kept,
        }),
        failure: import
            .problem
            .as_ref()
            .map(|problem| failure(import, problem)),
    })
}

/// Why it failed. A file that was refused was refused whole, before its first row;
/// an import that broke off keeps the rows that the counts name.
fn failure(import: &ImportSummary, problem: &FileProblem) -> Failure {
    let safe = if import.counts.rows_in == 0 {
        "Nothing of this file was taken in, and what was stored before is as it was."
    } else {
        "The rows counted below are in and stay in, and what was stored before is as it was."
    };
    let next = if problem.status < 500 {
        "Correct the file and upload it again."
    } else {
        "Upload the same file again: rows that are in already count as unchanged."
    };
    Failure {
        what: problem.detail.clone(),
        safe: safe.to_owned(),
        next: next.to_owned(),
    }
}

/// A rejected row is shown once for each thing that is wrong with it, without the values.
fn rows(row: &Rejection) -> impl Iterator<Item = RejectedRow> {
    row.errors.iter().map(|error| RejectedRow {
        line: row.line,
        column: error.column.unwrap_or_default().to_owned(),
        code: error.code.as_str().to_owned(),
        reason: error.reason.to_string(),
        advice: error.code.advice(),
    })
}

fn checked_rows(row: &query::CheckedRefusal) -> impl Iterator<Item = RejectedRow> {
    row.faults.iter().map(|fault| RejectedRow {
        line: row.line,
        column: fault.column.clone().unwrap_or_default(),
        code: fault.code.clone(),
        reason: fault.reason.clone(),
        advice: fault
            .code
            .parse()
            .map_or("", |code: query::ErrorCode| code.advice()),
    })
}

fn percent(import: &ImportSummary) -> Option<u8> {
    let total = import.rows_total.filter(|total| *total > 0)?;
    let done = import.counts.rows_in.min(total);
    (!import.state.rests() && !import.state.has_ended())
        .then(|| u8::try_from(done * 100 / total).unwrap_or(100))
}

fn stage(state: query::State) -> Stage {
    match state {
        query::State::Uploaded => Stage::Waiting,
        query::State::Running => Stage::Running,
        query::State::Committed => Stage::Committed,
        query::State::Failed => Stage::Failed,
        query::State::Checked => Stage::Checked,
        query::State::Abandoned => Stage::Abandoned,
        query::State::Undoing => Stage::Undoing,
        query::State::Undone => Stage::Undone,
    }
}

fn counts(counts: &query::Counts) -> Counts {
    Counts {
        rows_in: counts.rows_in,
        created: counts.created,
        updated: counts.updated,
        unchanged: counts.unchanged,
        rejected: counts.rejected,
    }
}

/// The scale that the file was read with, or is to be.
fn scale_in_words(import: &ImportSummary) -> String {
    let read = import
        .layout
        .as_ref()
        .and_then(|layout| layout.rating_scale.as_deref());
    match read.or(import.options.rating_scale.map(RatingScaleName::as_str)) {
        Some("one_to_five" | "1-5") => "1 to 5 stars".to_owned(),
        Some("zero_to_one" | "0-1") => "0 to 1".to_owned(),
        _ => "on the scale found in the file".to_owned(),
    }
}
