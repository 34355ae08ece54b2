//! SQL about sessions.

use contracts::{CompanyId, Role, UserId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, SystemTx};

use super::{IDLE, Kept, SEEN_EVERY};
use crate::user::store::effective_role;

/// A session that is in force, of a user who is not disabled.
pub(crate) struct Found {
    pub(crate) user: UserId,
    /// The chosen company, with the role that the user has in it now.
    pub(crate) chosen: Option<(CompanyId, Role)>,
    pub(crate) expires_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
}

impl Found {
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            user: self.user,
            company: self.chosen.map(|(company, _)| company),
            expires_at: self.expires_at,
        }
    }

    /// Whether its use has to be written down again.
    pub(crate) fn is_seen_long_ago(&self, now: Timestamp) -> bool {
        self.last_seen_at.duration_until(now) >= SEEN_EVERY
    }
}

/// Session, user and membership in one statement, hence of one moment.
pub(crate) async fn find_session(
    tx: &mut SystemTx,
    token_hash: &[u8; 32],
) -> Result<Option<Found>, DbError> {
    let now = tx.clock().now();
    let row = sqlx::query!(
        r#"select s.user_id, s.expires_at, s.last_seen_at, u.system_admin,
                  c.company_id as "company_id?", m.role as "role?"
         from identity.login_session as s
         join identity.user_account as u on u.id = s.user_id
         left join identity.company as c on c.company_id = s.chosen_company_id
         left join identity.membership as m
             on m.company_id = c.company_id and m.user_id = s.user_id and m.ended_at is null
         where s.token_hash = $1 and u.disabled_at is null and s.expires_at > $2 and s.last_seen_at > $3"#,
        &token_hash[..],
        now.to_sqlx(),
        (now - IDLE).to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("find a session"))?;
    row.map(|row| {
        let role = effective_role(row.system_admin, row.role.as_deref())?;
        Ok(Found {
            user: row.user_id.into(),
            chosen: row.company_id.map(CompanyId::new).zip(role),
            expires_at: row.expires_at.to_jiff(),
            last_seen_at: row.last_seen_at.to_jiff(),
        })
    })
    .transpose()
}

/// False when the user was disabled.
pub(crate) async fn insert_session(
    tx: &mut SystemTx,
    token_hash: &[u8; 32],
    kept: &Kept,
) -> Result<bool, DbError> {
    let now = tx.clock().now();
    // The row lock makes a concurrent disabling wait, and then find this session.
    let inserted = sqlx::query!(
        "insert into identity.login_session
             (token_hash, user_id, chosen_company_id, created_at, last_seen_at, expires_at)
         select $1, u.id, $3, $4, $4, $5
         from identity.user_account as u where u.id = $2 and u.disabled_at is null
         for share",
        &token_hash[..],
        kept.user.uuid(),
        kept.company.map(CompanyId::uuid),
        now.to_sqlx(),
        kept.expires_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("begin a session"))?;
    Ok(inserted.rows_affected() == 1)
}

/// Gives a session a new token and company; false when it is gone.
pub(crate) async fn replace_session(
    tx: &mut SystemTx,
    old_hash: &[u8; 32],
    new_hash: &[u8; 32],
    kept: &Kept,
) -> Result<bool, DbError> {
    let now = tx.clock().now();
    let updated = sqlx::query!(
        "update identity.login_session
         set token_hash = $2, chosen_company_id = $4, last_seen_at = $5
         where token_hash = $1 and user_id = $3",
        &old_hash[..],
        &new_hash[..],
        kept.user.uuid(),
        kept.company.map(CompanyId::uuid),
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("change a session"))?;
    Ok(updated.rows_affected() == 1)
}

/// Writes down that a session is in use.
pub(crate) async fn touch_session(tx: &mut SystemTx, token_hash: &[u8; 32]) -> Result<(), DbError> {
    let now = tx.clock().now();
    sqlx::query!(
        "update identity.login_session set last_seen_at = $2
         where token_hash = $1 and last_seen_at < $2",
        &token_hash[..],
        now.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep a session"))?;
    Ok(())
}

/// Whose session it was, if it was there.
pub(crate) async fn delete_session(
    tx: &mut SystemTx,
    token_hash: &[u8; 32],
) -> Result<Option<UserId>, DbError> {
    let user = sqlx::query_scalar!(
        "delete from identity.login_session where token_hash = $1 returning user_id",
        &token_hash[..],
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("end a session"))?;
    Ok(user.map(UserId::new))
}

/// Removes every session that ended by itself, and the one given.
pub(crate) async fn delete_ended(
    tx: &mut SystemTx,
    token_hash: Option<[u8; 32]>,
) -> Result<(), DbError> {
    let now = tx.clock().now();
    sqlx::query!(
        "delete from identity.login_session
         where expires_at <= $1 or last_seen_at <= $2 or token_hash = $3",
        now.to_sqlx(),
        (now - IDLE).to_sqlx(),
        token_hash.as_ref().map(|hash| &hash[..]),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("remove ended sessions"))?;
    Ok(())
}
