//! Memberships: what a user may be in a company.

use contracts::event::NewEvent;
use contracts::event::identity::MembershipChanged;
use contracts::event::value::MembershipStatus;
use contracts::{CompanyId, MembershipId, Role, UserId};
use platform::{AuditNote, TenantGrant, TenantTx};
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::Identity;
use crate::error::Error;

/// A company that a user may choose, and what they are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Membership {
    /// The company.
    #[serde(rename = "company_id")]
    pub company: CompanyId,
    /// Its short name in addresses.
    pub slug: String,
    /// Its name on screens.
    pub name: String,
    /// Its IANA time zone.
    pub zone: String,
    /// The user's role there.
    pub role: Role,
}

/// Gives a user a role in the grant's company, in place of any other role there.
/// Nothing happens when they have it already.
pub async fn add_membership(
    identity: &Identity,
    grant: &TenantGrant,
    user: UserId,
    role: Role,
) -> Result<MembershipId, Error> {
    let mut system = identity.db().system("add-membership").await?;
    let known = store::is_active(&mut system, user).await?;
    drop(system);
    if !known {
        return Err(Error::UserNotFound);
    }
    put_membership(identity, grant, user, role).await
}

/// As [`add_membership`], for a user whose account may be about to be made.
pub(crate) async fn put_membership(
    identity: &Identity,
    grant: &TenantGrant,
    user: UserId,
    role: Role,
) -> Result<MembershipId, Error> {
    if role == Role::SystemAdmin {
        return Err(Error::RoleOutsideCompanies);
    }
    let mut tx = identity.db().tenant(grant).await?;
    let id = MembershipId::new(tx.clock().new_id());
    let Some(id) = store::upsert_membership(&mut tx, id, user, role).await? else {
        return store::find_membership(&mut tx, user)
            .await?
            .ok_or(Error::MembershipNotFound);
    };
    tell(&mut tx, id, user, role, MembershipStatus::Active)?;
    tx.commit().await?;
    Ok(id)
}

/// Takes a user's place in the grant's company away, from their next request on.
pub async fn end_membership(
    identity: &Identity,
    grant: &TenantGrant,
    user: UserId,
) -> Result<(), Error> {
    let mut tx = identity.db().tenant(grant).await?;
    let (id, role) = store::end_membership(&mut tx, user)
        .await?
        .ok_or(Error::MembershipNotFound)?;
    tell(&mut tx, id, user, role, MembershipStatus::Revoked)?;
    tx.commit().await?;
    Ok(())
}

/// The companies that a user may choose, by name; none when they are disabled.
pub async fn memberships_of(identity: &Identity, user: UserId) -> Result<Vec<Membership>, Error> {
    let mut tx = identity.db().system("list-memberships").await?;
    Ok(store::list_memberships(&mut tx, user).await?)
}

fn tell(
    tx: &mut TenantTx,
    id: MembershipId,
    user: UserId,
    role: Role,
    status: MembershipStatus,
) -> Result<(), Error> {
    let changed = MembershipChanged {
        membership_id: id.uuid(),
        user_id: user.uuid(),
        role,
        status,
        changed_at: tx.clock().now(),
    };
    let source = format!("/identity/memberships/{}", id.uuid());
    tx.publish(NewEvent::new(changed, source))?;
    let details = serde_json::json!({ "user": user, "role": role, "status": status });
    tx.audit(AuditNote::new("membership.change", "membership", id).with(details));
    Ok(())
}
