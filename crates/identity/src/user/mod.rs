//! People who log in, and what they may be in which company.

mod membership;
mod password;
mod policy;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use contracts::{CompanyId, PersonId, UserId};
use platform::vault::{self, IdentifierKind, Vault};
use platform::{AuditNote, DbError, SystemTx, TenantTx};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::Identity;
use crate::error::Error;

pub(crate) use membership::put_membership;
pub use membership::{Membership, add_membership, end_membership, memberships_of};
pub(crate) use password::Hasher;
pub use password::Password;
pub use policy::{MAX_LENGTH, MIN_LENGTH, PasswordFault, check_password};

/// A user to be made.
#[derive(Clone)]
pub struct NewUser<'a> {
    /// The address they sign in with; case does not matter.
    pub email: &'a str,
    /// The name they are greeted with, 1 to 255 characters.
    pub display_name: &'a str,
    /// What they sign in with; see [`check_password`].
    pub password: Password,
}

/// A user as shown to themselves.
#[derive(Clone, Serialize, ToSchema)]
pub struct Account {
    /// Their id.
    #[serde(rename = "user_id")]
    pub id: UserId,
    /// The address they sign in with.
    pub email: String,
    /// The name they are greeted with.
    pub display_name: String,
}

/// The id only: the rest is personal.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Makes a user, by the operator's command.
pub async fn create_user(identity: &Identity, new: NewUser<'_>) -> Result<UserId, Error> {
    check_password(&new.password, new.email).map_err(Error::Password)?;
    let password_hash = prepare(identity, &new).await?;
    let mut tx = identity.db().system("create-user").await?;
    let user = resolve(&mut tx, new.email, new.display_name).await?;
    let made = insert(&mut tx, user, &password_hash, false).await?;
    if !made {
        return Err(Error::EmailTaken);
    }
    tx.commit().await?;
    Ok(user)
}

/// Makes a user a system administrator, who reaches every company, or ends that.
/// It takes effect at their next request.
pub async fn set_system_admin(
    identity: &Identity,
    user: UserId,
    is_admin: bool,
) -> Result<(), Error> {
    let mut tx = identity.db().system("set-system-admin").await?;
    if !store::update_system_admin(&mut tx, user, is_admin).await? {
        return Err(Error::UserNotFound);
    }
    let details = serde_json::json!({ "system_admin": is_admin });
    tx.audit(AuditNote::new("user.set_system_admin", "user", user).with(details));
    tx.commit().await?;
    Ok(())
}

/// Shuts a user out of everything from their next request on; their sessions end.
/// True if they were not disabled before.
pub async fn disable_user(identity: &Identity, user: UserId) -> Result<bool, Error> {
    let mut tx = identity.db().system("disable-user").await?;
    if !store::exists(&mut tx, user).await? {
        return Err(Error::UserNotFound);
    }
    if !store::disable_user(&mut tx, user).await? {
        return Ok(false);
    }
    let ended = store::delete_sessions(&mut tx, user).await?;
    let details = serde_json::json!({ "sessions_ended": ended });
    tx.audit(AuditNote::new("user.disable", "user", user).with(details));
    tx.commit().await?;
    Ok(true)
}

/// The user who signs in with an address, disabled or not.
pub async fn find_user(identity: &Identity, email: &str) -> Result<Option<UserId>, Error> {
    let mut tx = identity.db().system("find-user").await?;
    let Some(person) = vault::find_person(&mut tx, IdentifierKind::Email, email).await? else {
        return Ok(None);
    };
    let user = UserId::new(person.uuid());
    Ok(store::exists(&mut tx, user).await?.then_some(user))
}

/// What a user is known by, in clear.
pub(crate) async fn open_account(tx: &mut SystemTx, user: UserId) -> Result<Account, DbError> {
    let mut account = Account {
        id: user,
        email: String::new(),
        display_name: String::new(),
    };
    for known in vault::open_identifiers(tx, PersonId::new(user.uuid())).await? {
        if known.kind == IdentifierKind::Email.as_str() {
            account.email.clone_from(&known.value);
        } else if known.kind == IdentifierKind::DisplayName.as_str() {
            account.display_name.clone_from(&known.value);
        }
    }
    Ok(account)
}

/// Checks the words and hashes the password, which needs no transaction.
pub(crate) async fn prepare(
    identity: &Identity,
    new: &NewUser<'_>,
) -> Result<Zeroizing<String>, Error> {
    if !is_email(new.email) {
        return Err(Error::EmailMalformed);
    }
    if !is_name(new.display_name) {
        return Err(Error::NameMalformed);
    }
    identity.hasher().hash(new.password.clone()).await
}

/// The person behind an address, made and named if need be.
pub(crate) async fn resolve(
    tx: &mut SystemTx,
    email: &str,
    display_name: &str,
) -> Result<UserId, Error> {
    debug_assert_eq!(tx.company(), CompanyId::SYSTEM);
    let tx: &mut TenantTx = tx;
    let persons = Vault::new()
        .resolve(tx, IdentifierKind::Email, &[email])
        .await?;
    let person = persons
        .into_iter()
        .next()
        .flatten()
        .ok_or(Error::EmailMalformed)?;
    vault::link(tx, person, IdentifierKind::DisplayName, display_name).await?;
    Ok(UserId::new(person.uuid()))
}

/// Inserts an account with its audit entry; false when the person has one.
pub(crate) async fn insert(
    tx: &mut SystemTx,
    user: UserId,
    password_hash: &str,
    system_admin: bool,
) -> Result<bool, Error> {
    if !store::insert_account(tx, user, password_hash, system_admin).await? {
        return Ok(false);
    }
    let details = serde_json::json!({ "system_admin": system_admin });
    tx.audit(AuditNote::new("user.create", "user", user).with(details));
    Ok(true)
}

/// Enough to catch a slip; only a message that arrives proves an address.
fn is_email(text: &str) -> bool {
    let text = text.trim();
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && !domain.is_empty()
        && text.len() <= 254
        && !local.contains('@')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether a text can be a name on a screen.
pub(crate) fn is_name(text: &str) -> bool {
    let text = text.trim();
    (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
