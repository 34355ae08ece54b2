//! The privilege that a route needs, in its handler's signature.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use contracts::{CompanyId, Permission};
use http::request::Parts;

use super::context::{Csrf, RequestContext};
use super::problem::Problem;
use crate::access::TenantGrant;
use crate::crypto;

/// A permission as a type, to stand in a signature.
pub trait Privilege: Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! privileges {
    ($($name:ident),+ $(,)?) => {
        /// Every permission as a type: `Allowed<may::ImportWrite>`.
        pub mod may {
            use super::{Permission, Privilege};
            $(
                #[doc = concat!("[`Permission::", stringify!($name), "`] as a type.")]
                #[derive(Debug, Clone, Copy)]
                pub struct $name;
                impl Privilege for $name {
                    const PERMISSION: Permission = Permission::$name;
                }
            )+
        }
    };
}

privileges!(
    CompanyRead,
    CompanyWrite,
    UserRead,
    UserWrite,
    DataRead,
    DataWrite,
    DataDelete,
    DataExport,
    ProfileRead,
    ProfileWrite,
    ImportRead,
    ImportWrite,
    MetricsRead,
    ReportRead,
    ReportWrite,
    KeyRead,
    KeyWrite,
    AuditRead,
    EventRead,
    EventWrite,
    FlagWrite,
    SystemAdmin,
);

/// Proof that the actor has a company and, in it, the privilege; a handler that
/// takes this runs for nobody else.
#[derive(Debug, Clone)]
pub struct Allowed<P> {
    grant: TenantGrant,
    privilege: PhantomData<P>,
}

impl<P> Allowed<P> {
    /// The right to begin a transaction in the company.
    #[must_use]
    pub const fn grant(&self) -> &TenantGrant {
        &self.grant
    }

    /// The company.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.grant.company
    }
}

/// As [`Allowed`], for a form whose token is inside its multipart body: the proof
/// is had by showing that token.
#[derive(Debug)]
pub struct AllowedForm<P> {
    allowed: Allowed<P>,
    expected: Option<String>,
}

impl<P> AllowedForm<P> {
    /// Whether the body must begin with the session's token.
    #[must_use]
    pub const fn needs_token(&self) -> bool {
        self.expected.is_some()
    }

    /// The proof, if the token is the session's, or none is needed.
    pub fn verify(self, token: Option<&str>) -> Result<Allowed<P>, Problem> {
        match (&self.expected, token) {
            (None, _) => Ok(self.allowed),
            (Some(expected), Some(token))
                if crypto::same(expected.as_bytes(), token.as_bytes()) =>
            {
                Ok(self.allowed)
            }
            (Some(_), _) => Err(foreign_form()),
        }
    }
}

/// The answer to a form that is not ours.
#[must_use]
pub fn foreign_form() -> Problem {
    Problem::with_status(http::StatusCode::FORBIDDEN, "csrf_token_wrong")
        .title("This form is no longer valid")
        .detail("Nothing was changed. Go back, load the page again and repeat what you did.")
}

fn check<P: Privilege>(parts: &Parts) -> Result<(Allowed<P>, Option<String>), Problem> {
    let context = parts.extensions.get::<RequestContext>();
    let Some(context) = context.filter(|context| context.actor != crate::access::Actor::Anonymous)
    else {
        return Err(Problem::unauthenticated());
    };
    let Some(grant) = context.grant else {
        return Err(
            Problem::with_status(http::StatusCode::FORBIDDEN, "company_not_chosen")
                .title("No company is chosen")
                .detail("Choose a company that you are a member of, then try again."),
        );
    };
    if !grant.allows(P::PERMISSION) {
        return Err(Problem::forbidden().detail(format!(
            "This needs the permission {}, which the role {} does not have.",
            P::PERMISSION,
            grant.role()
        )));
    }
    let expected = match context.csrf {
        Csrf::InBody => Some(
            context
                .session
                .as_ref()
                .map(|session| session.csrf_token.clone())
                .unwrap_or_default(),
        ),
        Csrf::NotNeeded | Csrf::Verified => None,
    };
    Ok((
        Allowed {
            grant,
            privilege: PhantomData,
        },
        expected,
    ))
}

impl<S: Sync, P: Privilege> FromRequestParts<S> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match check(parts)? {
            (allowed, None) => Ok(allowed),
            (_, Some(_)) => Err(foreign_form()),
        }
    }
}

impl<S: Sync, P: Privilege> FromRequestParts<S> for AllowedForm<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let (allowed, expected) = check(parts)?;
        Ok(Self { allowed, expected })
    }
}
