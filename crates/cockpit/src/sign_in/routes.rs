//! The sign-in form and its answers.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use identity::session::{Visitor, sign_in, sign_in_form, sign_out, verify_sign_in_form};
use identity::user::Password;
use serde::Deserialize;

use super::SignIn;
use crate::layout::Layout;
use crate::page::FormError;
use crate::state::{Cockpit, Instead, goto, identity_problem, page};

/// Where to go after signing in.
#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
    #[serde(default)]
    out: bool,
}

/// The sign-in page; whoever is signed in goes on.
#[utoipa::path(get, path = "/login", tag = "cockpit", responses((status = 200, content_type = "text/html"), (status = 303)))]
pub(crate) async fn show_sign_in(
    State(cockpit): State<Cockpit>,
    visitor: Visitor,
    Query(query): Query<Next>,
) -> Result<Response, Instead> {
    if visitor.user().is_some() {
        return Err(goto(&own_path(&query.next)));
    }
    let notice = match (query.out, query.next.as_str()) {
        (true, _) => Some("You are signed out."),
        (false, "") => None,
        (false, _) => {
            Some("Sign in to see this page. If you were signed in, your session has ended.")
        }
    };
    let notice = notice.map(str::to_owned);
    show(
        &cockpit,
        &visitor,
        StatusCode::OK,
        Typed {
            next: query.next,
            ..Typed::default()
        },
        notice,
    )
}

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    csrf_token: String,
    #[serde(default)]
    next: String,
    email: String,
    password: String,
}

#[derive(Default)]
struct Typed {
    email: String,
    next: String,
    errors: Vec<FormError>,
}

/// Signs in.
#[utoipa::path(post, path = "/login", tag = "cockpit",
    responses((status = 303), (status = 403, content_type = "text/html"), (status = 422, content_type = "text/html"), (status = 429, content_type = "text/html")))]
pub(crate) async fn submit_sign_in(
    State(cockpit): State<Cockpit>,
    visitor: Visitor,
    Form(form): Form<Credentials>,
) -> Result<Response, Instead> {
    verify_sign_in_form(&cockpit.identity, &visitor, &form.csrf_token).map_err(identity_problem)?;
    let next = own_path(&form.next);
    let begun = match sign_in(
        &cockpit.identity,
        &visitor,
        &form.email,
        Password::new(form.password),
    )
    .await
    {
        Ok(begun) => begun,
        Err(error @ (identity::Error::SignInRefused | identity::Error::TooManyAttempts { .. })) => {
            let status = match error {
                identity::Error::SignInRefused => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::TOO_MANY_REQUESTS,
            };
            let typed = Typed {
                email: form.email,
                next: form.next,
                errors: vec![explain(&error)],
            };
            return show(&cockpit, &visitor, status, typed, None);
        }
        Err(error) => return Err(identity_problem(error)),
    };
    let chosen = begun
        .session
        .chosen()
        .map(|membership| crate::layout::address(&membership.slug));
    let target = match chosen {
        None => "/company".to_owned(),
        Some(home) if next == "/" => home,
        Some(_) => next,
    };
    Ok((begun.cookies, Redirect::to(&target)).into_response())
}

fn explain(error: &identity::Error) -> FormError {
    let text = match error {
        identity::Error::TooManyAttempts { .. } => {
            "Too many sign-ins failed. Wait a few minutes, then try again."
        }
        _ => "E-mail address and password do not belong together.",
    };
    FormError {
        field: "email",
        text: text.to_owned(),
    }
}

fn show(
    cockpit: &Cockpit,
    visitor: &Visitor,
    status: StatusCode,
    typed: Typed,
    notice: Option<String>,
) -> Result<Response, Instead> {
    let form = sign_in_form(&cockpit.identity, visitor).map_err(identity_problem)?;
    let layout = Layout::public("Sign in", form.csrf_token);
    let layout = if typed.errors.is_empty() {
        layout
    } else {
        layout.failing()
    };
    let view = SignIn {
        layout,
        email: typed.email,
        next: typed.next,
        errors: typed.errors,
        notice,
    };
    Ok((form.cookies, page(status, &view)?).into_response())
}

/// Signs out.
#[utoipa::path(post, path = "/logout", tag = "cockpit", security(("session" = [])), responses((status = 303), (status = 401), (status = 403)))]
pub(crate) async fn submit_sign_out(
    State(cockpit): State<Cockpit>,
    visitor: Visitor,
) -> Result<Response, Instead> {
    let cookies = sign_out(&cockpit.identity, &visitor)
        .await
        .map_err(identity_problem)?;
    Ok((cookies, Redirect::to("/login?out=true")).into_response())
}

/// A path of this site, so that nobody is sent elsewhere after signing in; else `/`.
fn own_path(next: &str) -> String {
    let plain = next.strip_prefix('/').is_some_and(|rest| {
        !rest.starts_with(['/', '\\'])
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.?=&".contains(&byte))
    });
    if plain {
        next.to_owned()
    } else {
        "/".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_a_path_of_this_site_is_gone_to_after_signing_in() {
        for good in ["/c/acme", "/c/acme/imports", "/c/acme?period=2026-Q1"] {
            assert_eq!(own_path(good), good);
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/%09/evil.example",
            "/a:b@c",
            "javascript:x",
        ] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
    }
}
