//! Browser sessions: who is signed in, and in which company they work.
//!
//! A session is known to the browser by 256 random bits in a cookie and to the
//! database by their SHA-256. Its token is never taken from a request and kept:
//! signing in and choosing a company each make a new one (OWASP ASVS 7.2.4).

mod budget;
mod choose;
mod cookie;
mod form;
mod routes;
mod sign_in;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod token;
mod visitor;

use std::fmt;

use contracts::CompanyId;
use jiff::{SignedDuration, Timestamp};
use platform::SystemTx;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::error::Error;
use crate::user::{Account, Membership, open_account};

pub(crate) use budget::Budget;
pub use choose::{choose_company, sign_out};
pub(crate) use cookie::find_session as find_cookie;
pub use cookie::{KNOWN_BROWSER_COOKIE, SESSION_COOKIE, SIGN_IN_FORM_COOKIE, SetCookies};
pub use form::{SignInForm, sign_in_form, verify_sign_in_form};
pub(crate) use routes::routes;
pub use sign_in::sign_in;
pub(crate) use token::{SessionToken, csrf_token};
pub use visitor::Visitor;

pub use crate::user::memberships_of;

/// A session ends when it was not used for this long.
pub const IDLE: SignedDuration = SignedDuration::from_hours(1);
/// A session ends this long after the sign-in, used or not.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// How old the record of the last use may grow before it is written anew.
pub(crate) const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// A session as shown to the one who is signed in.
#[derive(Clone, Serialize, ToSchema)]
pub struct SessionView {
    /// Who is signed in.
    pub user: Account,
    /// The companies they may choose, by name.
    pub memberships: Vec<Membership>,
    /// The company that was chosen.
    pub company_id: Option<CompanyId>,
    /// What unsafe requests of this session carry: as the header `X-CSRF-Token` or
    /// as the first field `csrf_token` of a form.
    pub csrf_token: String,
    /// When the session ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Without the token.
impl fmt::Debug for SessionView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionView")
            .field("user", &self.user)
            .field("company_id", &self.company_id)
            .finish_non_exhaustive()
    }
}

impl SessionView {
    /// The membership that was chosen, if it is still in force.
    #[must_use]
    pub fn chosen(&self) -> Option<&Membership> {
        let company = self.company_id?;
        self.memberships
            .iter()
            .find(|membership| membership.company == company)
    }
}

/// A session that just began or changed: what to show and what to set.
#[derive(Debug)]
pub struct Begun {
    /// The session.
    pub session: SessionView,
    /// The cookies of the answer.
    pub cookies: SetCookies,
}

/// The session that a request came with.
pub async fn current_session(identity: &Identity, visitor: &Visitor) -> Result<SessionView, Error> {
    let token = visitor.signed_in()?;
    let mut tx = identity
        .db()
        .system_traced("read-session", visitor.context().trace)
        .await?;
    let found = store::find_session(&mut tx, &token.hash())
        .await?
        .ok_or(Error::NotSignedIn)?;
    view(identity, &mut tx, token, &found.kept()).await
}

/// What a session keeps when its token changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) user: contracts::UserId,
    pub(crate) company: Option<CompanyId>,
    pub(crate) expires_at: Timestamp,
}

async fn view(
    identity: &Identity,
    tx: &mut SystemTx,
    token: &SessionToken,
    kept: &Kept,
) -> Result<SessionView, Error> {
    let memberships = crate::user::store::list_memberships(tx, kept.user).await?;
    Ok(SessionView {
        user: open_account(tx, kept.user).await?,
        company_id: kept
            .company
            .filter(|company| memberships.iter().any(|m| m.company == *company)),
        memberships,
        csrf_token: csrf_token(identity.db().keyring(), &token.hash()),
        expires_at: kept.expires_at,
    })
}
