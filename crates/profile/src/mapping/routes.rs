//! `/v1/profile/mapping` and `/v1/profile/{id}/external-ids`.

use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use contracts::PersonId;
use contracts::event::NewEvent;
use contracts::journey::ExternalIdProvider;
use http::StatusCode;
use jiff::Timestamp;
use platform::http::{Allowed, Begun, FieldError, IdempotencyKey, Problem, may};
use platform::vault::{self, Linked};
use platform::{AuditNote, Db, DbError, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{identifier_kind, masked, provider, store};
use crate::journey::updated;
use crate::person::routes::{get, person};

/// The longest id that a provider gives.
const LONGEST: usize = 255;

/// Says that another system knows a person by an id. No `Debug`: the id leads to a person.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LinkExternalId {
    /// The person.
    #[serde(default)]
    profile_id: Option<PersonId>,
    /// The person, under the name that other systems send; one of the two is needed.
    #[serde(default)]
    user_id: Option<PersonId>,
    /// The other system.
    provider: ExternalIdProvider,
    /// The id that the person has there: 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    external_id: String,
}

/// An id that another system knows a person by.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExternalId {
    /// The other system.
    provider: ExternalIdProvider,
    /// The id's last two characters, or none of a short id.
    masked: String,
    /// When it was linked by request; absent when it came with imported data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    linked_at: Option<Timestamp>,
}

/// All ids of a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExternalIds {
    /// The person.
    profile_id: PersonId,
    /// The ids, without those of people's addresses and names.
    items: Vec<ExternalId>,
}

/// Links an id of another system to a person.
#[utoipa::path(
    post, path = "/v1/profile/mapping", tag = "profile",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = LinkExternalId,
    responses(
        (status = 201, description = "Linked now", body = ExternalIds),
        (status = 200, description = "Linked before", body = ExternalIds),
        (status = 404, body = Problem), (status = 409, description = "Somebody else has this id", body = Problem), (status = 422, body = Problem),
    ),
    security(("session" = ["profile:write"])),
)]
pub(crate) async fn link_external_id(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileWrite>,
    key: IdempotencyKey,
    body: Bytes,
) -> Result<Response, Problem> {
    let (request, person) = read(&body)?;
    let mut tx = db.tenant(allowed.grant()).await?;
    let claim = match key.begin(&mut tx, &body).await? {
        Begun::First(claim) => claim,
        Begun::Repeated(answer) => return Ok(answer),
    };
    get(&mut tx, person).await?;
    let kind = identifier_kind(request.provider);
    let linked = vault::link(&mut tx, person, kind, &request.external_id).await?;
    let (identifier, status) = match linked {
        Linked::Now(id) => (id, StatusCode::CREATED),
        Linked::Before(id) => (id, StatusCode::OK),
        // Whose it is, is not said.
        Linked::Another(_) => {
            return Err(Problem::conflict("external_id_taken")
                .detail("This id belongs to another person. Nothing was changed."));
        }
    };
    let new = store::insert_link(&mut tx, person, request.provider, identifier).await?;
    if new {
        announce(&mut tx, person, request.provider)?;
    }
    let answer = ExternalIds {
        profile_id: person,
        items: vec![ExternalId {
            provider: request.provider,
            masked: masked(request.external_id.trim()),
            linked_at: store::find_links(&mut tx, person)
                .await?
                .get(&identifier)
                .copied(),
        }],
    };
    let answer = claim.answer(&mut tx, status, None, &answer).await?;
    if new {
        tx.commit().await?;
    } else {
        tx.commit_bookkeeping().await?;
    }
    Ok(answer)
}

/// The ids that other systems know a person by, masked. Each reading is audited.
#[utoipa::path(
    get, path = "/v1/profile/{id}/external-ids", tag = "profile",
    params(("id" = PersonId, Path)),
    responses((status = 200, body = ExternalIds), (status = 404, body = Problem)),
    security(("session" = ["profile:read"])),
)]
pub(crate) async fn list_external_ids(
    State(db): State<Db>,
    allowed: Allowed<may::ProfileRead>,
    Path(id): Path<String>,
) -> Result<axum::Json<ExternalIds>, Problem> {
    let person = person(&id)?;
    let mut tx = db.tenant(allowed.grant()).await?;
    get(&mut tx, person).await?;
    let links = store::find_links(&mut tx, person).await?;
    let mut items: Vec<ExternalId> = vault::open_identifiers(&mut tx, person)
        .await?
        .iter()
        .filter_map(|identifier| {
            Some(ExternalId {
                provider: provider(&identifier.kind)?,
                masked: masked(&identifier.value),
                linked_at: links.get(&identifier.id).copied(),
            })
        })
        .collect();
    items.sort_by(|a, b| (a.provider, &a.masked).cmp(&(b.provider, &b.masked)));
    let note = AuditNote::new("external_id.read", "profile", person);
    tx.audit(note.with(json!({ "ids": items.len() })));
    tx.commit().await?;
    Ok(axum::Json(ExternalIds {
        profile_id: person,
        items,
    }))
}

/// What is asked for. What the reader says of a body may quote it, so it is not passed on.
fn read(body: &[u8]) -> Result<(LinkExternalId, PersonId), Problem> {
    let request: LinkExternalId = serde_json::from_slice(body).map_err(|_| {
        Problem::bad_request("body_malformed")
            .detail("Send JSON of the form {\"profileId\": \"per_…\", \"provider\": \"discord\", \"externalId\": \"…\"}; providers are buddy, discord, kintell and upskilling.")
    })?;
    let mut errors = Vec::new();
    let person = match (request.profile_id, request.user_id) {
        (Some(one), None) | (None, Some(one)) => Some(one),
        (Some(one), Some(other)) if one == other => Some(one),
        _ => None,
    };
    if person.is_none() {
        let detail = "Name one person, by profileId or userId.";
        errors.push(FieldError::at("/profileId", "person_not_named", detail));
    }
    let id = request.external_id.trim();
    let length = id.chars().count();
    if !(1..=LONGEST).contains(&length) || id.chars().any(char::is_control) {
        let detail = "An id has 1 to 255 characters, none of them a control character.";
        errors.push(FieldError::at(
            "/externalId",
            "external_id_malformed",
            detail,
        ));
    }
    match person {
        Some(person) if errors.is_empty() => Ok((request, person)),
        _ => Err(Problem::unprocessable("mapping_refused", errors)),
    }
}

fn announce(
    tx: &mut TenantTx,
    person: PersonId,
    provider: ExternalIdProvider,
) -> Result<(), DbError> {
    let now = tx.clock().now();
    let event = updated(person.uuid(), ["external_ids"], "profile.mapping", now)?;
    tx.publish(NewEvent::new(event, "/profile/requests"))?;
    let note = AuditNote::new("external_id.link", "profile", person);
    tx.audit(note.with(json!({ "provider": provider.as_str() })));
    Ok(())
}
