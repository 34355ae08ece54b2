//! The form that nobody has signed in to yet. Without a token of its own, another
//! site could sign a browser in to the attacker's account (login CSRF).

use platform::crypto::{random_bytes, same};
use platform::keys::Keyring;

use super::cookie::{SIGN_IN_FORM_COOKIE, SetCookies};
use super::token::is_hex;
use super::visitor::Visitor;
use crate::Identity;
use crate::error::Error;

/// What a page with the sign-in form needs.
pub struct SignInForm {
    /// The form's hidden field `csrf_token`.
    pub csrf_token: String,
    /// The cookie that the token belongs to, if the browser has none yet.
    pub cookies: SetCookies,
}

/// A token for the sign-in form: keyed, over a random cookie of this browser.
pub fn sign_in_form(identity: &Identity, visitor: &Visitor) -> Result<SignInForm, Error> {
    let keyring = identity.db().keyring();
    if let Some(cookie) = visitor.form_cookie().filter(|cookie| is_hex(cookie, 32)) {
        return Ok(SignInForm {
            csrf_token: token_of(keyring, cookie),
            cookies: SetCookies::default(),
        });
    }
    let cookie = hex::encode(random_bytes::<16>().map_err(Error::Random)?);
    Ok(SignInForm {
        csrf_token: token_of(keyring, &cookie),
        cookies: SetCookies::default().set(SIGN_IN_FORM_COOKIE, &cookie, None),
    })
}

/// Whether a posted sign-in form is one that this browser was given. Where the
/// request comes from was checked before, with every unsafe request.
pub fn verify_sign_in_form(
    identity: &Identity,
    visitor: &Visitor,
    csrf_token: &str,
) -> Result<(), Error> {
    let cookie = visitor.form_cookie().ok_or(Error::ForeignForm)?;
    let expected = token_of(identity.db().keyring(), cookie);
    if same(expected.as_bytes(), csrf_token.as_bytes()) {
        Ok(())
    } else {
        Err(Error::ForeignForm)
    }
}

fn token_of(keyring: &Keyring, cookie: &str) -> String {
    let key = keyring.csrf_key().derive(&[b"sign-in", cookie.as_bytes()]);
    hex::encode(key.expose())
}
