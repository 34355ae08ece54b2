//! `/v1/profile/{id}` and its history.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use contracts::PersonId;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use platform::http::{Allowed, Begun, IdempotencyKey, Problem, may};
use platform::{Db, TenantTx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::store::{self, HistoryPosition};
use super::update::{self, UpdateProfile, wishes};
use super::{FlagHistoryEntry, Profile};

/// A person's profile: roles, enrolments, flags and milestones; never a name.
#[utoipa::path(
    get, path = "/v1/profile/{id}", tag = "profile",
    params(("id" = PersonId, Path)),
    responses((status = 200, body = Profile, headers(("ETag" = String))), (status = 304), (status = 404, body = Problem)),
    security(("session" = ["profile:read"])),
)]
pub(crate) async fn get_profile(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileRead>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = db.tenant(allowed.grant()).await?;
    let profile = get(&mut tx, person(&id)?).await?;
    let etag = profile.etag();
    let tag = HeaderValue::from_str(&etag).map_err(Problem::internal)?;
    if matches(&headers, &header::IF_NONE_MATCH, &etag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(([(header::ETAG, tag)], axum::Json(profile)).into_response())
}

/// Sets flags. With `If-Match`, only if the profile is still the one that was read.
#[utoipa::path(
    put, path = "/v1/profile/{id}", tag = "profile",
    params(("id" = PersonId, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body = UpdateProfile,
    responses((status = 200, body = Profile), (status = 404, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)),
    security(("session" = ["profile:write"])),
)]
pub(crate) async fn update_profile(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileWrite>,
    key: IdempotencyKey,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let person = person(&id)?;
    let request: UpdateProfile = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request("body_malformed")
            .detail("Send JSON of the form {\"flags\": {\"is_discord_member\": true}}.")
    })?;
    let mut tx = db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &body).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(answer) => return Ok(answer),
    };
    if !store::lock_profile(&mut tx, person).await? {
        return Err(Problem::not_found());
    }
    let profile = get(&mut tx, person).await?;
    if matches(&headers, &header::IF_MATCH, &profile.etag()) == Some(false) {
        return Err(
            Problem::with_status(StatusCode::PRECONDITION_FAILED, "profile_changed")
                .detail("The profile was changed since you read it. Read it again and repeat."),
        );
    }
    let wishes =
        wishes(&request).map_err(|errors| Problem::unprocessable("flags_refused", errors))?;
    let changed = update::update(&mut tx, &profile, &wishes).await?;
    let profile = get(&mut tx, person).await?;
    let answer = claim
        .answer(&mut tx, StatusCode::OK, None, &profile)
        .await?;
    if changed {
        tx.commit().await?;
    } else {
        tx.commit_bookkeeping().await?;
    }
    Ok(answer)
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryPage {
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// Entries in a page: 1 to 200, 50 if not given.
    limit: Option<u8>,
}

/// Changes of a person's flags.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FlagHistory {
    /// The latest first.
    items: Vec<FlagHistoryEntry>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Every change of every flag of a person, the latest first.
#[utoipa::path(
    get, path = "/v1/profile/{id}/history", tag = "profile",
    params(("id" = PersonId, Path), HistoryPage),
    responses((status = 200, body = FlagHistory), (status = 400, body = Problem), (status = 404, body = Problem)),
    security(("session" = ["profile:read"])),
)]
pub(crate) async fn list_profile_history(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileRead>,
    Path(id): Path<String>,
    page: Result<Query<HistoryPage>, axum::extract::rejection::QueryRejection>,
) -> Result<axum::Json<FlagHistory>, Problem> {
    let person = person(&id)?;
    let Query(page) = page.map_err(|_| wrong_page())?;
    let limit = usize::from(page.limit.unwrap_or(50));
    if !(1..=200).contains(&limit) {
        return Err(wrong_page());
    }
    let before = match &page.cursor {
        Some(cursor) => Some(position(cursor).ok_or_else(wrong_page)?),
        None => None,
    };
    let mut tx = db.tenant(allowed.grant()).await?;
    let profile = get(&mut tx, person).await?;
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut rows = store::list_history(&mut tx, profile.rows, before, more).await?;
    let next = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| next).map(|(at, _)| cursor(at));
    let items = rows.into_iter().map(|(_, entry)| entry).collect();
    Ok(axum::Json(FlagHistory { items, next_cursor }))
}

/// The id of an address; one that is none is at no address.
pub(crate) fn person(id: &str) -> Result<PersonId, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}

/// A profile of the company; unknown and foreign ids look the same.
pub(crate) async fn get(tx: &mut TenantTx, person: PersonId) -> Result<Profile, Problem> {
    store::find_profile(tx, person)
        .await?
        .ok_or_else(Problem::not_found)
}

/// Whether a conditional header names the tag; None without the header.
fn matches(headers: &HeaderMap, name: &header::HeaderName, etag: &str) -> Option<bool> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    Some(values.any(|value| {
        value.to_str().is_ok_and(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag == etag)
        })
    }))
}

fn wrong_page() -> Problem {
    Problem::bad_request("page_malformed")
        .detail("A limit is 1 to 200; a cursor is the nextCursor of the page before.")
}

fn cursor((at, id): &HistoryPosition) -> String {
    let mut bytes = at.as_microsecond().to_be_bytes().to_vec();
    bytes.extend(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn position(cursor: &str) -> Option<HistoryPosition> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (at, id) = bytes.split_first_chunk::<8>()?;
    let at = Timestamp::from_microsecond(i64::from_be_bytes(*at)).ok()?;
    Some((at, Uuid::from_slice(id).ok()?))
}
