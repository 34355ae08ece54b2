//! Figures as they were last computed.

use contracts::FigureId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use platform::{DbError, TenantTx};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::metrics::{Metric, Period};

/// Waits until nobody else computes figures of the company. Two at once could
/// overwrite the later values with the earlier ones.
pub(crate) async fn lock_figures(tx: &mut TenantTx) -> Result<(), DbError> {
    let company = tx.company().uuid().to_string();
    sqlx::query!(
        r#"select pg_advisory_xact_lock(hashtextextended('insight.figure ' || $1, 0)) as "locked!: ()""#,
        company,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("wait to compute figures"))?;
    Ok(())
}

/// A value that was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Computed {
    pub(crate) metric: Metric,
    pub(crate) period: Period,
    pub(crate) value: Option<Decimal>,
    pub(crate) sample_size: i64,
}

/// Stores values; a figure that is known keeps its id.
pub(crate) async fn upsert_figures(tx: &mut TenantTx, figures: &[Computed]) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let ids: Vec<Uuid> = figures.iter().map(|_| tx.clock().new_id()).collect();
    sqlx::query!(
        "insert into insight.figure (company_id, id, metric, period, value, sample_size, formula_version, computed_at)
         select $1, f.*, $8
         from unnest($2::uuid[], $3::text[], $4::text[], $5::numeric[], $6::bigint[], $7::text[]) as f
         on conflict (company_id, metric, period) do update
         set value = excluded.value, sample_size = excluded.sample_size,
             formula_version = excluded.formula_version, computed_at = excluded.computed_at",
        company,
        &ids,
        &column(figures, |figure| figure.metric.as_str().to_owned()),
        &column(figures, |figure| figure.period.to_string()),
        &column(figures, |figure| figure.value) as _,
        &column(figures, |figure| figure.sample_size),
        &column(figures, |figure| figure.metric.formula().version.to_owned()),
        now.to_sqlx() as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("store figures"))?;
    Ok(())
}

fn column<T>(figures: &[Computed], field: impl Fn(&Computed) -> T) -> Vec<T> {
    figures.iter().map(field).collect()
}

/// A figure as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredFigure {
    pub(crate) id: FigureId,
    pub(crate) metric: String,
    pub(crate) period: String,
    pub(crate) value: Option<Decimal>,
    pub(crate) sample_size: i64,
    pub(crate) formula_version: String,
    pub(crate) computed_at: Timestamp,
}

/// Figures of the company: all, of one period, or one.
pub(crate) async fn list_figures(
    tx: &mut TenantTx,
    period: Option<String>,
    id: Option<FigureId>,
) -> Result<Vec<StoredFigure>, DbError> {
    let company = tx.company().uuid();
    let rows = sqlx::query!(
        "select id, metric, period, value, sample_size, formula_version, computed_at from insight.figure
         where company_id = $1 and ($2::text is null or period = $2) and ($3::uuid is null or id = $3)
         order by period, metric",
        company,
        period,
        id.map(FigureId::uuid),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read figures"))?;
    Ok(rows
        .into_iter()
        .map(|row| StoredFigure {
            id: row.id.into(),
            metric: row.metric,
            period: row.period,
            value: row.value,
            sample_size: row.sample_size,
            formula_version: row.formula_version,
            computed_at: row.computed_at.to_jiff(),
        })
        .collect())
}
