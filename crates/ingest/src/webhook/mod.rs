//! Webhooks: deliveries of other systems, kept before they are answered and taken in afterwards.
//!
//! `signature` says whether a delivery is genuine, `endpoint` where deliveries may arrive and by which secrets they are
//! signed, `inbox` keeps what arrived, many deliveries in one commit, `process` takes it in, and `letter` is about what was
//! given up.

pub mod endpoint;
pub(crate) mod inbox;
pub mod letter;
pub(crate) mod process;
pub(crate) mod seal;
pub mod signature;
pub mod source;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use platform::http::{BodyLimit, Problem};
use platform::{Db, GrantIssuer};
use utoipa_axum::router::OpenApiRouter;

use endpoint::directory::{Directory, MAX_AGE};
use inbox::{Inbox, MAX_BODY};

/// Webhooks of all companies. Cloning shares everything.
#[derive(Debug, Clone)]
pub struct Webhooks {
    pub(crate) db: Db,
    pub(crate) directory: Arc<Directory>,
    pub(crate) inbox: Inbox,
}

impl Webhooks {
    /// Webhooks over a database. `issuer` makes the grants for companies whose signature was verified.
    #[must_use]
    pub fn new(db: &Db, issuer: &GrantIssuer) -> Self {
        Self {
            db: db.clone(),
            directory: Arc::new(Directory::new(db, MAX_AGE)),
            inbox: Inbox::new(db, issuer),
        }
    }
}

/// The routes of webhooks.
pub(crate) fn routes(webhooks: Webhooks) -> OpenApiRouter {
    let deliveries = inbox::routes::routes().layer(BodyLimit(MAX_BODY as u64));
    deliveries
        .merge(endpoint::routes::routes())
        .merge(letter::routes::routes())
        .with_state(webhooks)
}

/// The framework's own words might repeat what was sent.
fn unreadable(rejection: &axum::extract::rejection::JsonRejection) -> Problem {
    use http::StatusCode;
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported")
                .detail("Send JSON, with the header Content-Type: application/json.")
        }
        _ => Problem::bad_request("body_malformed")
            .detail("The body is not the JSON object that the API description asks for."),
    }
}
