//! `/v1/people/…`: who may be one, merging and undoing.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use contracts::event::value::MergeReason;
use contracts::{MatchId, MergeId, PersonId};
use http::StatusCode;
use platform::http::{Allowed, Begun, IdempotencyKey, Problem, may};
use platform::{Db, TenantTx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::office::{People, was_merged, wrong_page};
use super::review::{self, Dismissed};
use super::{
    FoundMatch, MatchState, Merge, MergeError, MergeOrder, UndoError, merge, preview, undo,
};
use crate::person::Profile;

/// Which page of the matches.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MatchParameters {
    /// `pending` if not given.
    #[param(inline)]
    state: Option<MatchState>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// Matches in a page: 1 to 50, 20 if not given.
    limit: Option<u8>,
}

/// People who may be one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Matches {
    /// The strongest case first.
    items: Vec<FoundMatch>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// People who may be one, with what they are known by, masked. Each reading is audited.
#[utoipa::path(
    get, path = "/v1/people/matches", tag = "people",
    params(MatchParameters),
    responses((status = 200, body = Matches), (status = 400, body = Problem)),
    security(("session" = ["profile:read"])),
)]
pub(crate) async fn list_matches(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileRead>,
    page: Result<Query<MatchParameters>, QueryRejection>,
) -> Result<axum::Json<Matches>, Problem> {
    let Query(page) = page.map_err(|_| wrong_page())?;
    let limit = limit(page.limit)?;
    let state = page.state.unwrap_or(MatchState::Pending);
    let cursor = page.cursor.as_deref();
    let people = People::new(&db);
    let (items, next_cursor) = people
        .matches(allowed.grant(), state, cursor, limit)
        .await?;
    Ok(axum::Json(Matches { items, next_cursor }))
}

/// Why two people are two.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DismissReason {
    /// They are different people.
    DifferentPeople,
    /// Several people read one mailbox.
    SharedMailbox,
    /// Anything else.
    Other,
}

impl DismissReason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::DifferentPeople => "different_people",
            Self::SharedMailbox => "shared_mailbox",
            Self::Other => "other",
        }
    }
}

/// Says that two people are two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DismissMatch {
    /// Why.
    reason: DismissReason,
}

/// A suggestion after a decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decided {
    /// The suggestion.
    id: MatchId,
    /// How it stands.
    state: MatchState,
}

/// Takes a pair off the list: they are two.
#[utoipa::path(
    post, path = "/v1/people/matches/{id}/dismiss", tag = "people",
    params(("id" = MatchId, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = DismissMatch,
    responses((status = 200, body = Decided), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, description = "They were merged", body = Problem)),
    security(("session" = ["profile:write"])),
)]
pub(crate) async fn dismiss_match(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let id: MatchId = id.parse().map_err(|_| Problem::not_found())?;
    let request: DismissMatch = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request("body_malformed")
            .detail("Send JSON of the form {\"reason\": \"different_people\"}; reasons are different_people, shared_mailbox and other.")
    })?;
    let mut tx = db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &body).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(answer) => return Ok(answer),
    };
    let done = review::dismiss(&mut tx, id, request.reason.as_str()).await?;
    let state = MatchState::Dismissed;
    let answer = claim
        .answer(&mut tx, StatusCode::OK, None, &Decided { id, state })
        .await?;
    match done {
        None => return Err(Problem::not_found()),
        Some(Dismissed::Merged) => {
            return Err(was_merged());
        }
        Some(Dismissed::Now) => {
            tx.commit().await?;
        }
        Some(Dismissed::Before) => tx.commit_bookkeeping().await?,
    }
    Ok(answer)
}

/// Says that two people are one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergePeople {
    /// Whose id is to stand for both.
    keep: PersonId,
    /// Whose id is to be another name for it.
    merge: PersonId,
    /// Why.
    reason: MergeReason,
}

/// Takes two people for one, with everybody who is one with either.
#[utoipa::path(
    post, path = "/v1/people/merge", tag = "people",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = MergePeople,
    responses((status = 201, body = Merge), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, description = "They are one already", body = Problem)),
    security(("session" = ["profile:write"])),
)]
pub(crate) async fn merge_people(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileWrite>,
    key: IdempotencyKey,
    body: Bytes,
) -> Result<Response, Problem> {
    let request: MergePeople = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request("body_malformed")
            .detail("Send JSON of the form {\"keep\": \"per_…\", \"merge\": \"per_…\", \"reason\": \"entered_twice\"}; reasons are confirmed, entered_twice, new_account, new_address and other.")
    })?;
    let mut tx = db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &body).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(answer) => return Ok(answer),
    };
    let order = MergeOrder {
        keep: request.keep,
        merge: request.merge,
        reason: request.reason,
    };
    let merge = merge(&mut tx, order).await?;
    let answer = claim
        .answer(&mut tx, StatusCode::CREATED, None, &merge)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

/// Which two.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewParameters {
    /// Whose id would stand for both.
    #[param(value_type = PersonId)]
    keep: String,
    /// Whose id would be another name for it.
    #[param(value_type = PersonId)]
    merge: String,
}

/// What a merge would make of two people. Nothing is changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MergePreview {
    /// The one to keep, as they are now.
    kept: Profile,
    /// The one to merge, as they are now.
    merged: Profile,
    /// What would be shown under either id.
    together: Profile,
}

/// What a merge would make of two people, computed by the code of the merge.
#[utoipa::path(
    get, path = "/v1/people/merge", tag = "people",
    params(PreviewParameters),
    responses((status = 200, body = MergePreview), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)),
    security(("session" = ["profile:write"])),
)]
pub(crate) async fn preview_merge(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileWrite>,
    which: Result<Query<PreviewParameters>, QueryRejection>,
) -> Result<axum::Json<MergePreview>, Problem> {
    let Query(which) = which.map_err(|_| {
        Problem::bad_request("people_not_named").detail("Name two people, by keep and merge.")
    })?;
    let order = MergeOrder {
        keep: crate::person::routes::person(&which.keep)?,
        merge: crate::person::routes::person(&which.merge)?,
        reason: MergeReason::Other,
    };
    let tx = db.tenant(allowed.grant()).await?;
    let preview = preview(tx, order).await?;
    Ok(axum::Json(MergePreview {
        kept: preview.kept,
        merged: preview.merged,
        together: preview.together,
    }))
}

/// Which page of the merges.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MergeParameters {
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// Merges in a page: 1 to 50, 20 if not given.
    limit: Option<u8>,
}

/// Merges of the company.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Merges {
    /// The latest first, those undone among them.
    items: Vec<Merge>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Every merge, the latest first, those undone among them.
#[utoipa::path(
    get, path = "/v1/people/merges", tag = "people",
    params(MergeParameters),
    responses((status = 200, body = Merges), (status = 400, body = Problem)),
    security(("session" = ["profile:read"])),
)]
pub(crate) async fn list_merges(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileRead>,
    page: Result<Query<MergeParameters>, QueryRejection>,
) -> Result<axum::Json<Merges>, Problem> {
    let Query(page) = page.map_err(|_| wrong_page())?;
    let limit = limit(page.limit)?;
    let people = People::new(&db);
    let (items, next_cursor) = people
        .merges(allowed.grant(), page.cursor.as_deref(), limit)
        .await?;
    Ok(axum::Json(Merges { items, next_cursor }))
}

/// Undoes a merge: the two are two again, as if they had never been one.
#[utoipa::path(
    post, path = "/v1/people/merges/{id}/undo", tag = "people",
    params(("id" = MergeId, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Merge), (status = 404, body = Problem), (status = 409, description = "Undone before", body = Problem)),
    security(("session" = ["profile:write"])),
)]
pub(crate) async fn undo_merge(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: MergeId = id.parse().map_err(|_| Problem::not_found())?;
    let mut tx: TenantTx = db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, id.uuid().as_bytes()).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(answer) => return Ok(answer),
    };
    let merge = undo(&mut tx, id).await?;
    let answer = claim.answer(&mut tx, StatusCode::OK, None, &merge).await?;
    tx.commit().await?;
    Ok(answer)
}

impl From<MergeError> for Problem {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::Unknown => Self::not_found(),
            MergeError::AlreadyOne => Self::conflict("already_one")
                .detail("These two are one person already. Nothing was changed."),
            MergeError::Database(error) => error.into(),
        }
    }
}

impl From<UndoError> for Problem {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Unknown => Self::not_found(),
            UndoError::Undone => Self::conflict("merge_undone")
                .detail("This merge was undone before. Nothing was changed."),
            UndoError::Database(error) => error.into(),
        }
    }
}

fn limit(asked: Option<u8>) -> Result<u8, Problem> {
    let limit = asked.unwrap_or(20);
    (1..=50)
        .contains(&limit)
        .then_some(limit)
        .ok_or_else(wrong_page)
}
