//! Choosing a company, and signing out.

use contracts::CompanyId;
use platform::AuditNote;

use super::cookie::{SESSION_COOKIE, SetCookies};
use super::token::SessionToken;
use super::visitor::Visitor;
use super::{Begun, Kept, store};
use crate::Identity;
use crate::error::Error;

/// Works in another company from here on, under a new token. `company` is a slug
/// or an id; one that the user is no member of is [`Error::CompanyNotFound`], as
/// one that does not exist.
pub async fn choose_company(
    identity: &Identity,
    visitor: &Visitor,
    company: &str,
) -> Result<Begun, Error> {
    let old = visitor.signed_in_here()?.hash();
    let mut tx = identity
        .db()
        .system_traced("choose-company", visitor.context().trace)
        .await?;
    let session = store::find_session(&mut tx, &old)
        .await?
        .ok_or(Error::NotSignedIn)?;
    let id = company.parse::<CompanyId>().ok();
    let memberships = crate::user::store::list_memberships(&mut tx, session.user).await?;
    let chosen = memberships
        .iter()
        .find(|known| known.slug == company || Some(known.company) == id)
        .ok_or(Error::CompanyNotFound)?;
    let kept = Kept {
        company: Some(chosen.company),
        ..session.kept()
    };
    let token = SessionToken::generate()?;
    if !store::replace_session(&mut tx, &old, &token.hash(), &kept).await? {
        return Err(Error::NotSignedIn);
    }
    let details = serde_json::json!({ "company": chosen.company });
    tx.audit(AuditNote::new("session.choose_company", "user", session.user).with(details));
    let session = super::view(identity, &mut tx, &token, &kept).await?;
    tx.commit().await?;
    Ok(Begun {
        session,
        cookies: SetCookies::default().set(SESSION_COOKIE, token.expose(), None),
    })
}

/// Ends the session; without one there is nothing to end.
pub async fn sign_out(identity: &Identity, visitor: &Visitor) -> Result<SetCookies, Error> {
    let forget = SetCookies::default().clear(SESSION_COOKIE);
    let token = match visitor.signed_in_here() {
        Ok(token) => token,
        Err(Error::NotSignedIn) => return Ok(forget),
        Err(error) => return Err(error),
    };
    let mut tx = identity
        .db()
        .system_traced("sign-out", visitor.context().trace)
        .await?;
    if let Some(user) = store::delete_session(&mut tx, &token.hash()).await? {
        tx.audit(AuditNote::new("session.sign_out", "user", user));
        tx.commit().await?;
    }
    Ok(forget)
}
