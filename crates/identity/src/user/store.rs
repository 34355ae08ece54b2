//! SQL about users and memberships.

use contracts::{MembershipId, Role, UserId};
use jiff_sqlx::ToSqlx;
use platform::{DbError, SystemTx, TenantTx};

use super::Membership;

/// False when the person has an account.
pub(crate) async fn insert_account(
    tx: &mut SystemTx,
    user: UserId,
    password_hash: &str,
    system_admin: bool,
) -> Result<bool, DbError> {
    let now = tx.clock().now();
    let inserted = sqlx::query!(
        "insert into identity.user_account (id, password_hash, system_admin, created_at)
         values ($1, $2, $3, $4) on conflict do nothing",
        user.uuid(),
        password_hash,
        system_admin,
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("make a user"))?;
    Ok(inserted.rows_affected() == 1)
}

pub(crate) async fn exists(tx: &mut SystemTx, user: UserId) -> Result<bool, DbError> {
    sqlx::query_scalar!(
        r#"select exists (select from identity.user_account where id = $1) as "exists!""#,
        user.uuid(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("find a user"))
}

/// Whether there is such a user, not disabled.
pub(crate) async fn is_active(tx: &mut SystemTx, user: UserId) -> Result<bool, DbError> {
    sqlx::query_scalar!(
        r#"select exists (select from identity.user_account where id = $1 and disabled_at is null) as "exists!""#,
        user.uuid(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("find a user"))
}

/// The hash that a user's password must have; none for the unknown and the disabled.
pub(crate) async fn find_password_hash(
    tx: &mut SystemTx,
    user: UserId,
) -> Result<Option<String>, DbError> {
    sqlx::query_scalar!(
        "select password_hash from identity.user_account where id = $1 and disabled_at is null",
        user.uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("find a user's password"))
}

/// False when there is no such user.
pub(crate) async fn update_system_admin(
    tx: &mut SystemTx,
    user: UserId,
    is_admin: bool,
) -> Result<bool, DbError> {
    let updated = sqlx::query!(
        "update identity.user_account set system_admin = $2 where id = $1",
        user.uuid(),
        is_admin,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("change a user"))?;
    Ok(updated.rows_affected() == 1)
}

/// False when the user was disabled before.
pub(crate) async fn disable_user(tx: &mut SystemTx, user: UserId) -> Result<bool, DbError> {
    let now = tx.clock().now();
    let updated = sqlx::query!(
        "update identity.user_account set disabled_at = $2 where id = $1 and disabled_at is null",
        user.uuid(),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("disable a user"))?;
    Ok(updated.rows_affected() == 1)
}

/// How many sessions ended.
pub(crate) async fn delete_sessions(tx: &mut SystemTx, user: UserId) -> Result<u64, DbError> {
    let deleted = sqlx::query!(
        "delete from identity.login_session where user_id = $1",
        user.uuid(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("end a user's sessions"))?;
    Ok(deleted.rows_affected())
}

/// The membership's id, or none when nothing had to change.
pub(crate) async fn upsert_membership(
    tx: &mut TenantTx,
    id: MembershipId,
    user: UserId,
    role: Role,
) -> Result<Option<MembershipId>, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let changed = sqlx::query_scalar!(
        "insert into identity.membership (company_id, id, user_id, role, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict (company_id, user_id) do update set role = excluded.role, ended_at = null
         where membership.role <> excluded.role or membership.ended_at is not null
         returning id",
        company,
        id.uuid(),
        user.uuid(),
        role.as_str(),
        now.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("change a membership"))?;
    Ok(changed.map(MembershipId::new))
}

/// The user's membership of the company, if it is in force.
pub(crate) async fn find_membership(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<MembershipId>, DbError> {
    let company = tx.company().uuid();
    let id = sqlx::query_scalar!(
        "select id from identity.membership where company_id = $1 and user_id = $2 and ended_at is null",
        company,
        user.uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("find a membership"))?;
    Ok(id.map(MembershipId::new))
}

/// The membership that ended with the role it had; none when none was in force.
pub(crate) async fn end_membership(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<(MembershipId, Role)>, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let ended = sqlx::query!(
        "update identity.membership set ended_at = $3
         where company_id = $1 and user_id = $2 and ended_at is null
         returning id, role",
        company,
        user.uuid(),
        now.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("end a membership"))?;
    ended
        .map(|row| Ok((row.id.into(), role(&row.role)?)))
        .transpose()
}

/// What a user may choose: their memberships, or every company for a system administrator.
pub(crate) async fn list_memberships(
    tx: &mut SystemTx,
    user: UserId,
) -> Result<Vec<Membership>, DbError> {
    let rows = sqlx::query!(
        r#"select c.company_id, c.slug, c.name, c.zone, u.system_admin, m.role as "role?"
         from identity.user_account as u
         cross join identity.company as c
         left join identity.membership as m
             on m.company_id = c.company_id and m.user_id = u.id and m.ended_at is null
         where u.id = $1 and u.disabled_at is null and (u.system_admin or m.id is not null)
         order by c.name, c.company_id"#,
        user.uuid(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list memberships"))?;
    rows.into_iter()
        .map(|row| {
            Ok(Membership {
                company: row.company_id.into(),
                slug: row.slug,
                name: row.name,
                zone: row.zone,
                role: effective_role(row.system_admin, row.role.as_deref())?
                    .ok_or_else(|| DbError::Schema("a membership without a role".to_owned()))?,
            })
        })
        .collect()
}

/// What a user is in a company: a system administrator is one everywhere.
pub(crate) fn effective_role(
    system_admin: bool,
    stored: Option<&str>,
) -> Result<Option<Role>, DbError> {
    if system_admin {
        return Ok(Some(Role::SystemAdmin));
    }
    stored.map(role).transpose()
}

fn role(stored: &str) -> Result<Role, DbError> {
    stored
        .parse()
        .map_err(|_| DbError::Schema("an unknown role".to_owned()))
}
