//! Which months are to be computed again.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

/// A month that is to be computed again. Each change of its facts gives it another
/// mark, so that who computed an earlier state does not take a later one's mark away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) month: Date,
    pub(crate) mark: Uuid,
}

/// Marks months. A computation that is under way keeps nobody from this, and sees
/// the mark change when it is done.
pub(crate) async fn mark_months(tx: &mut TenantTx, months: BTreeSet<Date>) -> Result<(), DbError> {
    let (company, mark) = (tx.company().uuid(), tx.clock().new_id());
    let months: Vec<_> = months.into_iter().map(ToSqlx::to_sqlx).collect();
    sqlx::query!(
        "insert into insight.dirty_month (company_id, month, mark)
         select $1, m.month, $3 from unnest($2::date[]) as m (month) order by m.month
         on conflict (company_id, month) do update set mark = excluded.mark",
        company,
        &months as _,
        mark,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("mark months"))?;
    Ok(())
}

/// The marked months, without keeping anybody from marking.
pub(crate) async fn list_marks(tx: &mut TenantTx) -> Result<Vec<Mark>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select month, mark from insight.dirty_month where company_id = $1 order by month",
        company
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read marked months"))?;
    Ok(rows
        .into_iter()
        .map(|row| Mark {
            month: row.month.to_jiff(),
            mark: row.mark,
        })
        .collect())
}

/// Takes marks away where they have not changed since. Rows are locked in the order
/// in which they are marked, so that nobody waits for the other.
pub(crate) async fn delete_marks(tx: &mut TenantTx, marks: &[Mark]) -> Result<(), DbError> {
    let company = tx.company().uuid();
    sqlx::query!(
        "with seen as (
             select month from insight.dirty_month
             where company_id = $1 and mark = any($2)
             order by month for update
         )
         delete from insight.dirty_month as d using seen where d.company_id = $1 and d.month = seen.month",
        company,
        &marks.iter().map(|mark| mark.mark).collect::<Vec<_>>(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("take marks away"))?;
    Ok(())
}
