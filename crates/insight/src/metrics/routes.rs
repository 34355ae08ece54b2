//! Figures over HTTP.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use contracts::{CompanyId, FigureId};
use http::HeaderMap;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::http::{Allowed, Problem, may};
use platform::{Db, DbError};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::tagged;
use super::{Metric, Period, lineage_routes};
use crate::error::Error;
use crate::{Config, query};

/// Most months of a history.
const MAX_MONTHS: i16 = 120;

/// What the handlers work with.
#[derive(Clone)]
pub(super) struct Routes {
    pub(super) db: Db,
    config: Config,
}

impl Routes {
    /// The day in the company's zone.
    async fn today(&self, company: CompanyId) -> Result<Date, DbError> {
        let zone = self.config.zone(company).await?;
        Ok(self.db.clock().now().to_zoned(zone).date())
    }
}

/// The routes with their state.
pub(super) fn routes(db: Db, config: Config) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_metrics))
        .routes(routes!(list_metric_history))
        .routes(routes!(lineage_routes::get_lineage))
        .with_state(Routes { db, config })
}

/// A figure.
#[derive(Debug, Serialize, ToSchema)]
struct FigureOut {
    /// Its id, which opens its lineage.
    id: FigureId,
    /// What is measured.
    metric: &'static str,
    /// The exact value as a decimal; null where there is nothing to measure.
    #[schema(value_type = Option<String>)]
    value: Option<Decimal>,
    /// The unit of the value.
    unit: &'static str,
    /// How many sessions, or ratings, it was made from.
    sample_size: i64,
    /// The formula and its version.
    formula_version: String,
    /// When it was computed.
    #[schema(value_type = String)]
    computed_at: Timestamp,
    /// The value of the period before; of a running year, that of the same months of
    /// the year before.
    #[schema(value_type = Option<String>)]
    previous: Option<Decimal>,
    /// Where its lineage is.
    lineage: String,
}

/// The figures of a company and a period.
#[derive(Debug, Serialize, ToSchema)]
struct MetricsOut {
    company: String,
    period: String,
    /// Whether the figures are about to change because events are still being counted.
    pending: bool,
    figures: Vec<FigureOut>,
}

/// The figures of a company and a period: `2026-03`, `2026-Q1` or `2026-YTD`.
#[utoipa::path(get, path = "/v1/metrics/{company}/{period}", tag = "metrics", security(("session" = ["metrics:read"])),
    params(("company" = String, Path, description = "The company's short name or id"), ("period" = String, Path)),
    responses((status = 200, body = MetricsOut), (status = 304), (status = 400), (status = 401), (status = 403), (status = 404)))]
async fn get_metrics(
    State(state): State<Routes>,
    allowed: Allowed<may::MetricsRead>,
    Path((company, period)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let company = chosen(&state, &allowed, &company).await?;
    let period: Period = parameter(&period)?;
    let today = state.today(allowed.company()).await?;
    let mut tx = state.db.tenant(allowed.grant()).await?;
    let before = query::previous_values(&mut tx, period, today).await?;
    let figures = query::figures_of(&mut tx, period).await?;
    let pending = query::pending(&mut tx).await?.touches(period);
    let figures = figures
        .into_iter()
        .map(|figure| FigureOut {
            id: figure.id,
            metric: figure.metric.as_str(),
            value: figure.value.map(|value| value.normalize()),
            unit: figure.metric.formula().unit,
            sample_size: figure.sample_size,
            formula_version: figure.formula_version,
            computed_at: figure.computed_at,
            previous: before
                .iter()
                .find(|(metric, _)| *metric == figure.metric)
                .and_then(|(_, value)| value.map(|value| value.normalize())),
            lineage: format!("/v1/lineage/{}", figure.id),
        })
        .collect();
    tagged(
        &headers,
        allowed.company(),
        &MetricsOut {
            company,
            period: period.to_string(),
            pending,
            figures,
        },
    )
}

/// Which metric, and how far back.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HistoryParameters {
    /// What is measured; `sessions` if not given.
    metric: Option<String>,
    /// How many months up to the present one, 1 to 120; 12 if not given.
    months: Option<i16>,
}

/// A month of a history.
#[derive(Debug, Serialize, ToSchema)]
struct HistoryPoint {
    period: String,
    #[schema(value_type = Option<String>)]
    value: Option<Decimal>,
}

/// A metric month by month.
#[derive(Debug, Serialize, ToSchema)]
struct HistoryOut {
    metric: &'static str,
    unit: &'static str,
    items: Vec<HistoryPoint>,
}

/// A metric month by month, oldest first.
#[utoipa::path(get, path = "/v1/metrics/{company}/history", tag = "metrics", security(("session" = ["metrics:read"])),
    params(("company" = String, Path, description = "The company's short name or id"), HistoryParameters),
    responses((status = 200, body = HistoryOut), (status = 304), (status = 400), (status = 401), (status = 403), (status = 404)))]
async fn list_metric_history(
    State(state): State<Routes>,
    allowed: Allowed<may::MetricsRead>,
    Path(company): Path<String>,
    Query(parameters): Query<HistoryParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    chosen(&state, &allowed, &company).await?;
    let metric: Metric = parameter(parameters.metric.as_deref().unwrap_or("sessions"))?;
    let months = parameters.months.unwrap_or(12);
    if !(1..=MAX_MONTHS).contains(&months) {
        return Err(Error::Parameter("months is a number from 1 to 120".into()).into());
    }
    let today = state.today(allowed.company()).await?;
    let mut tx = state.db.tenant(allowed.grant()).await?;
    let items = query::history(&mut tx, metric, today, months)
        .await?
        .into_iter()
        .map(|(period, value)| HistoryPoint {
            period: period.to_string(),
            value: value.map(|value| value.normalize()),
        })
        .collect();
    tagged(
        &headers,
        allowed.company(),
        &HistoryOut {
            metric: metric.as_str(),
            unit: metric.formula().unit,
            items,
        },
    )
}

/// The short name of the company of the address, if it is the one that was chosen.
async fn chosen<P>(state: &Routes, allowed: &Allowed<P>, name: &str) -> Result<String, Error> {
    let slug = state
        .config
        .company(allowed.company())
        .await?
        .map(|info| info.slug)
        .unwrap_or_default();
    let by_id = name
        .parse::<CompanyId>()
        .is_ok_and(|id| id == allowed.company());
    if by_id || (!slug.is_empty() && slug == name) {
        Ok(slug)
    } else {
        Err(Error::CompanyNotFound)
    }
}

pub(super) fn parameter<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &str,
) -> Result<T, Error> {
    text.parse()
        .map_err(|error: T::Err| Error::Parameter(error.to_string().into()))
}
