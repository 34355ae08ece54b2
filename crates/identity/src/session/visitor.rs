//! Whoever sends a request, before and after they signed in.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use contracts::UserId;
use http::HeaderMap;
use http::request::Parts;
use platform::Trace;
use platform::http::{Csrf, Peer, RequestContext};

use super::cookie::{self, KNOWN_BROWSER_COOKIE, SESSION_COOKIE, SIGN_IN_FORM_COOKIE};
use super::token::SessionToken;
use crate::error::Error;

/// What sessions need to know of a request; an extractor.
#[derive(Clone)]
pub struct Visitor {
    context: RequestContext,
    address: Option<IpAddr>,
    token: Option<SessionToken>,
    form_cookie: Option<String>,
    known_cookie: Option<String>,
}

impl Visitor {
    /// A visitor without a browser: a command or a test.
    #[must_use]
    pub const fn without_browser(trace: Trace) -> Self {
        Self {
            context: RequestContext::anonymous(trace),
            address: None,
            token: None,
            form_cookie: None,
            known_cookie: None,
        }
    }

    /// A visitor whose browser sends this `Cookie` header.
    #[cfg(test)]
    pub(crate) fn with_cookies(trace: Trace, cookies: &str) -> Self {
        let mut headers = HeaderMap::new();
        if let Ok(value) = http::HeaderValue::from_str(cookies) {
            headers.insert(http::header::COOKIE, value);
        }
        Self::new(RequestContext::anonymous(trace), None, &headers)
    }

    fn new(context: RequestContext, address: Option<IpAddr>, headers: &HeaderMap) -> Self {
        let own = |name| cookie::find(headers, name).map(ToOwned::to_owned);
        Self {
            context,
            address,
            token: cookie::find(headers, SESSION_COOKIE).and_then(SessionToken::parse),
            form_cookie: own(SIGN_IN_FORM_COOKIE),
            known_cookie: own(KNOWN_BROWSER_COOKIE),
        }
    }

    /// What the request's credentials became.
    #[must_use]
    pub const fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Who is signed in, if anybody is.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.context.session.as_ref().map(|session| session.user)
    }

    pub(super) const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(super) const fn token(&self) -> Option<&SessionToken> {
        self.token.as_ref()
    }

    pub(super) fn form_cookie(&self) -> Option<&str> {
        self.form_cookie.as_deref()
    }

    pub(super) fn known_cookie(&self) -> Option<&str> {
        self.known_cookie.as_deref()
    }

    /// The token of a session that was just verified.
    pub(super) fn signed_in(&self) -> Result<&SessionToken, Error> {
        match (&self.context.session, &self.token) {
            (Some(_), Some(token)) => Ok(token),
            _ => Err(Error::NotSignedIn),
        }
    }

    /// As [`Visitor::signed_in`], for what changes the session: the request came
    /// from our own page.
    pub(super) fn signed_in_here(&self) -> Result<&SessionToken, Error> {
        let token = self.signed_in()?;
        match self.context.csrf {
            Csrf::Verified => Ok(token),
            Csrf::NotNeeded | Csrf::InBody => Err(Error::ForeignForm),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let context = parts
            .extensions
            .get::<RequestContext>()
            .cloned()
            .unwrap_or_else(|| {
                RequestContext::anonymous(RequestContext::trace_of(&parts.extensions))
            });
        let address = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        Ok(Self::new(context, address, &parts.headers))
    }
}
