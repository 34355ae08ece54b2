//! Signing in with a password.

use contracts::UserId;
use platform::AuditNote;
use platform::crypto::{Normalised, random_bytes, same};
use platform::vault::{self, IdentifierKind};
use uuid::Uuid;

use super::budget::Subject;
use super::cookie::{KNOWN_BROWSER_COOKIE, SESSION_COOKIE, SIGN_IN_FORM_COOKIE, SetCookies};
use super::token::{SessionToken, is_hex};
use super::visitor::Visitor;
use super::{Begun, Kept, LONGEST, store};
use crate::Identity;
use crate::error::Error;
use crate::user::{self, Password};

/// How long a browser is remembered as one that signed in: 90 days in seconds.
const KNOWN_FOR: u32 = 90 * 24 * 60 * 60;

/// Begins a session under a new token; a session that the request came with ends.
/// A user with one membership has chosen it thereby.
///
/// Unknown user, wrong password and disabled user are [`Error::SignInRefused`]
/// after the same work. A browser in which the account was signed in to before
/// has a budget of guesses of its own, so that a stranger's guesses lock nobody out.
pub async fn sign_in(
    identity: &Identity,
    visitor: &Visitor,
    email: &str,
    password: Password,
) -> Result<Begun, Error> {
    let account = account_print(identity, email);
    let subjects = subjects(identity, visitor, account);
    identity
        .budget()
        .take(&subjects, identity.clock().now())
        .map_err(|retry_after| {
            tracing::warn!(code = "too_many_attempts", "a sign-in was refused");
            Error::TooManyAttempts { retry_after }
        })?;
    let verified = verify(identity, visitor, email, password).await;
    if matches!(verified, Err(Error::SignInRefused)) {
        tracing::warn!(code = "sign_in_refused", "a sign-in was refused");
    } else {
        identity.budget().give_back(&subjects);
    }
    let begun = begin(identity, visitor, verified?).await?;
    remember_browser(identity, visitor, account, begun)
}

/// The user whose password this is.
async fn verify(
    identity: &Identity,
    visitor: &Visitor,
    email: &str,
    password: Password,
) -> Result<UserId, Error> {
    let mut tx = identity
        .db()
        .system_traced("sign-in", visitor.context().trace)
        .await?;
    let person = vault::find_person(&mut tx, IdentifierKind::Email, email).await?;
    // Asked for nobody too, so that the unknown cost as much as the known.
    let user = UserId::new(person.map_or_else(Uuid::nil, contracts::PersonId::uuid));
    let stored = user::store::find_password_hash(&mut tx, user).await?;
    // No connection is held while the password waits for its turn.
    drop(tx);
    if identity.hasher().verify(password, stored).await? {
        Ok(user)
    } else {
        Err(Error::SignInRefused)
    }
}

async fn begin(identity: &Identity, visitor: &Visitor, user: UserId) -> Result<Begun, Error> {
    let token = SessionToken::generate()?;
    let mut tx = identity
        .db()
        .system_traced("sign-in", visitor.context().trace)
        .await?;
    store::delete_ended(&mut tx, visitor.token().map(SessionToken::hash)).await?;
    let memberships = user::store::list_memberships(&mut tx, user).await?;
    let company = match memberships.as_slice() {
        [only] => Some(only.company),
        _ => None,
    };
    let kept = Kept {
        user,
        company,
        expires_at: tx.clock().now() + LONGEST,
    };
    // The user may have been disabled since the password was read.
    if !store::insert_session(&mut tx, &token.hash(), &kept).await? {
        return Err(Error::SignInRefused);
    }
    let session = super::view(identity, &mut tx, &token, &kept).await?;
    let details = serde_json::json!({ "company": company });
    tx.audit(AuditNote::new("session.sign_in", "user", user).with(details));
    tx.commit().await?;
    let cookies = SetCookies::default()
        .set(SESSION_COOKIE, token.expose(), None)
        .clear(SIGN_IN_FORM_COOKIE);
    Ok(Begun { session, cookies })
}

/// A keyed hash of the address typed: guesses are counted for accounts that do not
/// exist too, else the count would tell which do.
fn account_print(identity: &Identity, email: &str) -> [u8; 32] {
    let email = Normalised::email(email);
    let email = email.as_ref().map_or("", Normalised::as_str);
    let key = identity.db().keyring().cookie_key();
    *key.derive(&[b"account", email.as_bytes()]).expose()
}

fn subjects(identity: &Identity, visitor: &Visitor, account: [u8; 32]) -> Vec<Subject> {
    if let Some(browser) = known_browser(identity, visitor, &account) {
        return vec![Subject::KnownBrowser(browser)];
    }
    let address = visitor
        .address()
        .filter(|address| !identity.is_proxy(*address))
        .map(Subject::address);
    std::iter::once(Subject::Account(account))
        .chain(address)
        .collect()
}

/// The browser's number, if its cookie says that this account was signed in to
/// with it (OWASP's device cookie).
fn known_browser(identity: &Identity, visitor: &Visitor, account: &[u8; 32]) -> Option<[u8; 16]> {
    let (number, tag) = visitor.known_cookie()?.split_once('.')?;
    let number: [u8; 16] = hex::decode(number).ok()?.try_into().ok()?;
    let expected = browser_tag(identity, &number, account);
    (is_hex(tag, 64) && same(tag.as_bytes(), expected.as_bytes())).then_some(number)
}

fn browser_tag(identity: &Identity, number: &[u8; 16], account: &[u8; 32]) -> String {
    let key = identity.db().keyring().cookie_key();
    hex::encode(key.derive(&[b"browser", number, account]).expose())
}

fn remember_browser(
    identity: &Identity,
    visitor: &Visitor,
    account: [u8; 32],
    begun: Begun,
) -> Result<Begun, Error> {
    let number = match known_browser(identity, visitor, &account) {
        Some(number) => number,
        None => random_bytes::<16>().map_err(Error::Random)?,
    };
    let tag = browser_tag(identity, &number, &account);
    let value = format!("{}.{tag}", hex::encode(number));
    Ok(Begun {
        cookies: begun
            .cookies
            .set(KNOWN_BROWSER_COOKIE, &value, Some(KNOWN_FOR)),
        ..begun
    })
}
