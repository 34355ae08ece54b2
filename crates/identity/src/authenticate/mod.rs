//! From credentials to the one `RequestContext` that handlers see.
//!
//! Session, user and membership are read in one statement for every request, so
//! that whoever was disabled, signed out or taken out of the company is so at once.

mod csrf;
mod origin;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use platform::http::{BrowserSession, Caller, Csrf, Problem, RequestContext};
use platform::{Actor, Trace};

use crate::Identity;
use crate::error::Error;
use crate::session::{SessionToken, csrf_token, find_cookie, store};

pub(crate) use origin::Origins;

/// Puts authentication around a router. Routes added afterwards go without it.
pub fn layer(router: Router, identity: &Identity) -> Router {
    router.layer(from_fn_with_state(identity.clone(), authenticate))
}

/// Middleware: verifies the credentials, refuses forged requests, and leaves a
/// `RequestContext` for the handler.
pub async fn authenticate(
    State(identity): State<Identity>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&identity, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admit(identity: &Identity, request: Request) -> Result<Request, Problem> {
    let trace = RequestContext::trace_of(request.extensions());
    let mut context = match Credential::of(request.headers()) {
        None => RequestContext::anonymous(trace),
        Some(Credential::Session(token)) => session_context(identity, &token, trace)
            .await
            .map_err(Error::into_problem)?,
    };
    let (csrf, mut request) = csrf::check(identity, &context, request).await?;
    context.csrf = csrf;
    if let Some(caller) = request.extensions().get::<Caller>() {
        if let Some(session) = &context.session {
            caller.set_actor(session.user.uuid());
        }
        if let Some(grant) = &context.grant {
            caller.set_company(grant.company().uuid());
        }
    }
    request.extensions_mut().insert(context);
    Ok(request)
}

/// What a request may prove itself with. Tokens and keys in the header
/// `Authorization` are further members; they win over a cookie.
enum Credential {
    Session(SessionToken),
}

impl Credential {
    fn of(headers: &HeaderMap) -> Option<Self> {
        find_cookie(headers)
            .and_then(SessionToken::parse)
            .map(Self::Session)
    }
}

/// The context of a session's user; of nobody when the session is not in force.
async fn session_context(
    identity: &Identity,
    token: &SessionToken,
    trace: Trace,
) -> Result<RequestContext, Error> {
    let hash = token.hash();
    let mut tx = identity.db().system_traced("authenticate", trace).await?;
    let Some(found) = store::find_session(&mut tx, &hash).await? else {
        return Ok(RequestContext::anonymous(trace));
    };
    if found.is_seen_long_ago(identity.clock().now()) {
        store::touch_session(&mut tx, &hash).await?;
        tx.commit_bookkeeping().await?;
    }
    let grant = found.chosen.map(|(company, role)| {
        identity
            .issuer()
            .for_member(company, found.user, role, trace)
    });
    Ok(RequestContext {
        trace,
        actor: Actor::User(found.user),
        grant,
        session: Some(BrowserSession {
            user: found.user,
            csrf_token: csrf_token(identity.db().keyring(), &hash),
        }),
        csrf: Csrf::NotNeeded,
    })
}
