//! `/v1/session`: the session as a resource with one member, one's own.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::IntoResponse;
use http::StatusCode;
use platform::http::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::visitor::Visitor;
use super::{SessionView, SetCookies, choose_company, current_session, sign_in, sign_out};
use crate::Identity;
use crate::error::Error;
use crate::user::Password;

pub(crate) fn routes(identity: Identity) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create_session, get_session, delete_session))
        .routes(routes!(choose_session_company))
        .with_state(identity)
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    /// The user's address.
    email: String,
    /// The user's password.
    #[schema(value_type = String, format = Password)]
    password: Password,
}

/// The company to work in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// Its slug or its id.
    company: String,
}

/// Signs in; the answer sets the cookie `__Host-attest`.
#[utoipa::path(
    post, path = "/v1/session", tag = "session",
    request_body = Credentials,
    responses(
        (status = 201, body = SessionView),
        (status = 401, body = Problem, description = "`sign_in_refused`: unknown user or wrong password"),
        (status = 429, body = Problem, description = "`too_many_attempts`: wait as long as `Retry-After` says"),
    ),
)]
async fn create_session(
    State(identity): State<Identity>,
    visitor: Visitor,
    body: Result<Json<Credentials>, JsonRejection>,
) -> Result<(StatusCode, SetCookies, Json<SessionView>), Problem> {
    let Json(credentials) = body.map_err(|rejection| unreadable(&rejection))?;
    let begun = sign_in(
        &identity,
        &visitor,
        &credentials.email,
        credentials.password,
    )
    .await
    .map_err(Error::into_problem)?;
    Ok((StatusCode::CREATED, begun.cookies, Json(begun.session)))
}

/// Says who is signed in, where they may work, and where they do.
#[utoipa::path(
    get, path = "/v1/session", tag = "session", security(("session" = [])),
    responses((status = 200, body = SessionView), (status = 401, body = Problem)),
)]
async fn get_session(
    State(identity): State<Identity>,
    visitor: Visitor,
) -> Result<Json<SessionView>, Problem> {
    let session = current_session(&identity, &visitor).await;
    session.map(Json).map_err(Error::into_problem)
}

/// Signs out. Without a session it does nothing.
#[utoipa::path(
    delete, path = "/v1/session", tag = "session", security(("session" = [])),
    responses((status = 204), (status = 403, body = Problem)),
)]
async fn delete_session(
    State(identity): State<Identity>,
    visitor: Visitor,
) -> Result<impl IntoResponse, Problem> {
    let cookies = sign_out(&identity, &visitor).await;
    let cookies = cookies.map_err(Error::into_problem)?;
    Ok((StatusCode::NO_CONTENT, cookies, ()))
}

/// Works in another company; the answer sets a new cookie and has a new token.
#[utoipa::path(
    put, path = "/v1/session/company", tag = "session", security(("session" = [])),
    request_body = Choice,
    responses(
        (status = 200, body = SessionView),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "No such company, or not a member of it"),
    ),
)]
async fn choose_session_company(
    State(identity): State<Identity>,
    visitor: Visitor,
    body: Result<Json<Choice>, JsonRejection>,
) -> Result<(SetCookies, Json<SessionView>), Problem> {
    let Json(choice) = body.map_err(|rejection| unreadable(&rejection))?;
    let begun = choose_company(&identity, &visitor, &choice.company).await;
    let begun = begun.map_err(Error::into_problem)?;
    Ok((begun.cookies, Json(begun.session)))
}

/// The framework's own words might repeat what was sent.
fn unreadable(rejection: &JsonRejection) -> Problem {
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported")
                .detail("Send JSON, with the header Content-Type: application/json.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::with_status(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large")
        }
        _ => Problem::bad_request("body_malformed")
            .detail("The body is not the JSON object that the API description asks for."),
    }
}
