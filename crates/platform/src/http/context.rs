//! What credentials became: who asks, for which company, and whether a form is theirs.

use axum::extract::FromRequestParts;
use contracts::UserId;
use http::request::Parts;
use uuid::Uuid;

use super::problem::Problem;
use super::request_id::{CorrelationId, RequestId};
use crate::access::{Actor, TenantGrant, Trace};

/// Whether a changing request is known to come from our own page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Csrf {
    /// No browser session is involved, or the request changes nothing.
    NotNeeded,
    /// The origin is ours and the token was right.
    Verified,
    /// The origin is ours; the token is inside a multipart body that the handler reads.
    InBody,
}

/// A browser's session, as far as pages need it.
#[derive(Debug, Clone)]
pub struct BrowserSession {
    /// Who logged in.
    pub user: UserId,
    /// The token that forms of this session must carry.
    pub csrf_token: String,
}

/// Credentials become one of these for every request, before any handler runs.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The chain of effects that begins with this request.
    pub trace: Trace,
    /// Who asks.
    pub actor: Actor,
    /// The company that was chosen, if a membership of it was just verified.
    pub grant: Option<TenantGrant>,
    /// The browser's session, if that is what the credentials were.
    pub session: Option<BrowserSession>,
    /// Whether a form is ours.
    pub csrf: Csrf,
}

impl RequestContext {
    /// Nobody has said who they are.
    #[must_use]
    pub const fn anonymous(trace: Trace) -> Self {
        Self {
            trace,
            actor: Actor::Anonymous,
            grant: None,
            session: None,
            csrf: Csrf::NotNeeded,
        }
    }

    /// The trace that the edge gave the request.
    #[must_use]
    pub fn trace_of(extensions: &http::Extensions) -> Trace {
        let request = extensions
            .get::<RequestId>()
            .map_or_else(Uuid::nil, |id| id.0);
        let correlation = extensions.get::<CorrelationId>().map_or(request, |id| id.0);
        Trace {
            request,
            correlation,
            causation: None,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self::anonymous(Self::trace_of(&parts.extensions))))
    }
}
