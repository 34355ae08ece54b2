//! `/v1/imports`: taking files in and looking after them.

use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::response::Response;
use contracts::ImportId;
use platform::http::{Allowed, AllowedForm, BodyLimit, IdempotencyKey, Problem, may};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::download;
use super::form::{UploadForm, UploadQuery};
use super::intake::Intake;
use super::life;
use super::summary::{self, ImportCursor, ImportSummary};
use super::view::{ImportPage, ImportView, RejectedRowPage, RejectedRowView};

const TAG: &str = "imports";
const PAGE: u32 = 50;
const MAX_PAGE: u32 = 200;

pub(crate) fn routes(intake: Intake) -> OpenApiRouter {
    let limit = BodyLimit(intake.max_request_bytes());
    OpenApiRouter::new()
        .routes(routes!(create_import, list_imports))
        .routes(routes!(get_import))
        .routes(routes!(list_import_errors))
        .routes(routes!(download_import_errors))
        .routes(routes!(life::routes::commit_import))
        .routes(routes!(life::routes::abandon_import))
        .routes(routes!(life::routes::undo_import))
        // The spool counts what it is sent; the edge cuts off what no upload can be.
        .layer(DefaultBodyLimit::disable())
        .layer(limit)
        .with_state(intake)
}

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 unless said.
    limit: Option<u32>,
}

impl PageQuery {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE)
    }

    fn cursor<T>(&self, decode: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let Some(word) = &self.cursor else {
            return Ok(None);
        };
        let cursor = decode(word).ok_or_else(|| {
            Problem::bad_request("cursor_malformed")
                .detail("The cursor is not one that was handed out. Begin at the first page, without a cursor.")
        })?;
        Ok(Some(cursor))
    }
}

/// Upload a file.
///
/// The file is stored, sealed, before this answers; a job then takes its rows in. Look at the import's address for how
/// far it is. A file that was uploaded before changes nothing.
#[utoipa::path(
    post,
    path = "/v1/imports",
    tag = TAG,
    params(UploadQuery, ("Idempotency-Key" = Option<String>, Header, description = "A key of the caller's; a repeated request with the same key has one effect.")),
    request_body(content(
        (UploadForm = "multipart/form-data"),
        (String = "text/csv"),
    )),
    responses(
        (status = 202, body = ImportView, description = "The file is stored.", headers(("Location" = String, description = "The import's address."))),
        (status = 413, body = Problem, description = "The file is larger than the limit.", content_type = "application/problem+json"),
        (status = 415, body = Problem, description = "Neither a form nor a CSV file.", content_type = "application/problem+json"),
        (status = 422, body = Problem, description = "An option is missing or wrong.", content_type = "application/problem+json"),
    ),
    security(("session" = ["import:write"])),
)]
async fn create_import(
    State(intake): State<Intake>,
    allowed: AllowedForm<may::ImportWrite>,
    key: IdempotencyKey,
    query: Result<Query<UploadQuery>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let query = query.map_err(|_| unknown_parameter())?;
    Ok(intake
        .receive(allowed, key, query.0, request)
        .await?
        .response)
}

/// List imports, newest first.
#[utoipa::path(
    get,
    path = "/v1/imports",
    tag = TAG,
    params(PageQuery),
    responses((status = 200, body = ImportPage)),
    security(("session" = ["import:read"])),
)]
async fn list_imports(
    State(intake): State<Intake>,
    allowed: Allowed<may::ImportRead>,
    query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<ImportPage>, Problem> {
    let Query(query) = query.map_err(|_| unknown_parameter())?;
    let (after, limit) = (query.cursor(ImportCursor::decode)?, query.limit());
    let mut tx = intake.db.tenant(allowed.grant()).await?;
    let mut imports = summary::list_imports(&mut tx, after, limit + 1).await?;
    let more = imports.len() > limit as usize;
    imports.truncate(limit as usize);
    let next = imports.last().filter(|_| more).map(ImportCursor::behind);
    Ok(Json(ImportPage {
        next_cursor: next.map(ImportCursor::encode),
        imports: imports.into_iter().map(ImportView::from).collect(),
    }))
}

/// See one import: its state, its counts, how fast it goes.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}",
    tag = TAG,
    params(("id" = String, Path, description = "The import's id.")),
    responses(
        (status = 200, body = ImportView),
        (status = 404, body = Problem, description = "No such import of this company.", content_type = "application/problem+json"),
    ),
    security(("session" = ["import:read"])),
)]
async fn get_import(
    State(intake): State<Intake>,
    allowed: Allowed<may::ImportRead>,
    Path(id): Path<String>,
) -> Result<Json<ImportView>, Problem> {
    Ok(Json(find(&intake, &allowed, &id).await?.into()))
}

/// See the refused rows of an import, with everything that is wrong with each.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}/errors",
    tag = TAG,
    params(("id" = String, Path, description = "The import's id."), PageQuery),
    responses(
        (status = 200, body = RejectedRowPage),
        (status = 404, body = Problem, description = "No such import of this company.", content_type = "application/problem+json"),
    ),
    security(("session" = ["import:read"])),
)]
async fn list_import_errors(
    State(intake): State<Intake>,
    allowed: Allowed<may::ImportRead>,
    Path(id): Path<String>,
    query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<RejectedRowPage>, Problem> {
    let Query(query) = query.map_err(|_| unknown_parameter())?;
    let after: u64 = query.cursor(|word| word.parse().ok())?.unwrap_or_default();
    let (import, limit) = (find(&intake, &allowed, &id).await?, query.limit());
    let mut tx = intake.db.tenant(allowed.grant()).await?;
    let mut rows = summary::list_rejected_rows(&mut tx, import.id, after, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    Ok(Json(RejectedRowPage {
        next_cursor: rows.last().filter(|_| more).map(|row| row.row.to_string()),
        rows: rows.into_iter().map(RejectedRowView::from).collect(),
    }))
}

/// Download the refused rows as a CSV file, to be corrected and uploaded again.
///
/// It has the columns of the original and three more that say why; cells that a spreadsheet would run as a formula
/// carry an apostrophe, which the next upload takes away again.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}/errors.csv",
    tag = TAG,
    params(("id" = String, Path, description = "The import's id.")),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 404, body = Problem, description = "No such import of this company.", content_type = "application/problem+json"),
    ),
    security(("session" = ["import:read"])),
)]
async fn download_import_errors(
    State(intake): State<Intake>,
    allowed: Allowed<may::ImportRead>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let import = find(&intake, &allowed, &id).await?;
    Ok(download::error_file(&intake.db, *allowed.grant(), import))
}

/// Foreign, unknown and malformed ids are all not there.
async fn find(
    intake: &Intake,
    allowed: &Allowed<may::ImportRead>,
    id: &str,
) -> Result<ImportSummary, Problem> {
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    let mut tx = intake.db.tenant(allowed.grant()).await?;
    let import = summary::find_import(&mut tx, id).await?;
    import.ok_or_else(Problem::not_found)
}

fn unknown_parameter() -> Problem {
    Problem::bad_request("query_malformed")
        .detail("The address has a parameter that is not known or cannot be read.")
}
