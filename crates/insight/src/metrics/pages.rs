//! The sessions behind a figure by numbered pages, for people who leaf through them.

use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};

use super::Metric;
use super::lineage::{Contribution, Lineage, origin};

impl Lineage {
    /// How many sessions are behind the figure: of a mean of ratings, those that were rated.
    #[must_use]
    pub fn sessions(&self) -> i64 {
        match self.metric {
            Metric::AverageRating => self.totals.ratings,
            _ => self.totals.sessions,
        }
    }
}

/// The sessions behind a figure, newest first, at most `limit` behind the first `offset`.
pub async fn contributions_from(
    tx: &mut TenantTx,
    lineage: &Lineage,
    offset: i64,
    limit: i64,
) -> Result<Vec<Contribution>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select session_id, programme, participant_id, volunteer_id, completed_at, duration_minutes, rating, origin
         from insight.session_fact
         where company_id = $1 and month >= $2 and month < $3 and (not $4 or rating is not null)
         order by completed_at desc, session_id desc offset $5 limit $6",
        company,
        lineage.period.start().to_sqlx(),
        lineage.period.end().to_sqlx(),
        lineage.metric == Metric::AverageRating,
        offset,
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list the sessions behind a figure"))?;
    Ok(rows
        .into_iter()
        .map(|row| Contribution {
            session: row.session_id.into(),
            programme: row.programme,
            participant: row.participant_id.into(),
            volunteer: row.volunteer_id.into(),
            completed_at: row.completed_at.to_jiff(),
            minutes: row.duration_minutes,
            rating: row.rating,
            origin: origin(&row.origin),
        })
        .collect())
}
