//! Choosing the company.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use identity::session::{Visitor, choose_company, current_session};
use serde::Deserialize;

use super::{Choice, ChooseCompany};
use crate::layout::{Layout, address};
use crate::state::{Cockpit, Instead, goto, identity_problem, page};

/// The start: the chosen company's dashboard, or the way to one.
#[utoipa::path(get, path = "/", tag = "cockpit", responses((status = 303)))]
pub(crate) async fn show_start(
    State(cockpit): State<Cockpit>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    if visitor.user().is_none() {
        return Err(goto("/login"));
    }
    let session = current_session(&cockpit.identity, &visitor)
        .await
        .map_err(identity_problem)?;
    let target = session
        .chosen()
        .map_or_else(|| "/company".to_owned(), |chosen| address(&chosen.slug));
    Err(goto(&target))
}

/// The companies that one may choose.
#[utoipa::path(get, path = "/company", tag = "cockpit", responses((status = 200, content_type = "text/html"), (status = 303)))]
pub(crate) async fn show_company_choice(
    State(cockpit): State<Cockpit>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    if visitor.user().is_none() {
        return Err(goto("/login"));
    }
    let session = current_session(&cockpit.identity, &visitor)
        .await
        .map_err(identity_problem)?;
    let choices = session
        .memberships
        .iter()
        .map(|membership| Choice {
            slug: membership.slug.clone(),
            name: membership.name.clone(),
            role: membership.role.label().to_owned(),
        })
        .collect();
    let layout = Layout::signed_in(
        "Choose a company",
        &session.csrf_token,
        &session.user.display_name,
    );
    page(StatusCode::OK, &ChooseCompany { layout, choices })
}

/// The company that was chosen.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    company: String,
}

/// Chooses a company; the session goes on under a new token.
#[utoipa::path(post, path = "/company", tag = "cockpit", security(("session" = [])), responses((status = 303), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn submit_company_choice(
    State(cockpit): State<Cockpit>,
    visitor: Visitor,
    Form(form): Form<Chosen>,
) -> Result<Response, Instead> {
    let begun = choose_company(&cockpit.identity, &visitor, &form.company)
        .await
        .map_err(identity_problem)?;
    let target = begun
        .session
        .chosen()
        .map_or_else(|| "/company".to_owned(), |chosen| address(&chosen.slug));
    Ok((begun.cookies, Redirect::to(&target)).into_response())
}
