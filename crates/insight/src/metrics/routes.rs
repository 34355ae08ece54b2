//! Figures and their lineage over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::{CompanyId, FigureId, ImportId, SessionId};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use platform::http::{Allowed, Problem, may};
use platform::{Db, TenantTx, crypto};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lineage::{After, Contribution, Lineage};
use super::{Metric, Period};
use crate::error::Error;
use crate::{Config, query};

/// Most months of a history.
const MAX_MONTHS: i16 = 120;
/// Most sessions of a page.
const MAX_PAGE: i64 = 200;

#[derive(Clone)]
struct Routes {
    db: Db,
    config: Config,
}

/// The routes with their state.
pub(super) fn routes(db: Db, config: Config) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_metrics))
        .routes(routes!(list_metric_history))
        .routes(routes!(get_lineage))
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
    /// The value of the period before.
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
    let mut tx = state.db.tenant(allowed.grant()).await?;
    let before = query::figures_of(&mut tx, period.previous()).await?;
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
                .find(|old| old.metric == figure.metric)
                .and_then(|old| old.value),
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
    let zone = state.config.zone(allowed.company()).await?;
    let today = state.db.clock().now().to_zoned(zone).date();
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

/// Which page of the sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LineageParameters {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many sessions, 1 to 200; 50 if not given.
    limit: Option<i64>,
}

/// A session that the figure was made from.
#[derive(Debug, Serialize, ToSchema)]
struct ContributionOut {
    session: SessionId,
    programme: String,
    #[schema(value_type = String)]
    completed_at: Timestamp,
    minutes: i32,
    #[schema(value_type = Option<String>)]
    rating: Option<Decimal>,
    origin: Option<OriginOut>,
}

/// The import row that a session came from.
#[derive(Debug, Serialize, ToSchema)]
struct OriginOut {
    import: ImportId,
    /// The data row of the file, from 1.
    row: u64,
    href: String,
}

/// What the value was computed from.
#[derive(Debug, Serialize, ToSchema)]
struct InputsOut {
    /// The first day counted.
    from: String,
    /// The first day not counted any more.
    before: String,
    sessions: i64,
    participants: i64,
    volunteers: i64,
    minutes: i64,
    ratings: i64,
    #[schema(value_type = String)]
    rating_sum: Decimal,
}

/// A figure with its formula, its inputs and the sessions behind them.
#[derive(Debug, Serialize, ToSchema)]
struct LineageOut {
    figure: FigureId,
    metric: &'static str,
    period: String,
    #[schema(value_type = Option<String>)]
    value: Option<Decimal>,
    unit: &'static str,
    formula_version: String,
    formula: &'static str,
    #[schema(value_type = String)]
    computed_at: Timestamp,
    /// Whether the inputs have changed since the value was computed.
    stale: bool,
    inputs: InputsOut,
    sessions: Vec<ContributionOut>,
    /// Give this as `cursor` for the sessions that follow.
    next: Option<String>,
}

/// Where a figure comes from: its formula, its inputs, and every session with its import row.
#[utoipa::path(get, path = "/v1/lineage/{figure}", tag = "metrics", security(("session" = ["metrics:read"])),
    params(("figure" = String, Path, description = "`fig_…`"), LineageParameters),
    responses((status = 200, body = LineageOut), (status = 304), (status = 400), (status = 401), (status = 403), (status = 404)))]
async fn get_lineage(
    State(state): State<Routes>,
    allowed: Allowed<may::MetricsRead>,
    Path(figure): Path<String>,
    Query(parameters): Query<LineageParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let figure: FigureId = figure.parse().map_err(|_| Error::FigureNotFound)?;
    let limit = parameters.limit.unwrap_or(50);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::Parameter("limit is a number from 1 to 200".into()).into());
    }
    let mut tx = state.db.tenant(allowed.grant()).await?;
    let lineage = query::find_lineage(&mut tx, figure)
        .await?
        .ok_or(Error::FigureNotFound)?;
    let cursor = Cursor::new(&mut tx, figure).await?;
    let after = parameters
        .cursor
        .as_deref()
        .map(|text| cursor.open(text))
        .transpose()?;
    let page = query::contributions(&mut tx, lineage.metric, lineage.period, after, limit).await?;
    let full = i64::try_from(page.len()).is_ok_and(|count| count == limit);
    let next = page.last().filter(|_| full).map(|last| cursor.seal(last));
    tagged(&headers, allowed.company(), &out(lineage, page, next))
}

fn out(lineage: Lineage, page: Vec<Contribution>, next: Option<String>) -> LineageOut {
    let (formula, totals) = (lineage.metric.formula(), lineage.totals);
    LineageOut {
        figure: lineage.id,
        metric: lineage.metric.as_str(),
        period: lineage.period.to_string(),
        value: lineage.value.map(|value| value.normalize()),
        unit: formula.unit,
        formula_version: lineage.formula_version,
        formula: formula.words,
        computed_at: lineage.computed_at,
        stale: lineage.stale,
        inputs: InputsOut {
            from: lineage.period.start().to_string(),
            before: lineage.period.end().to_string(),
            sessions: totals.sessions,
            participants: totals.participants,
            volunteers: totals.volunteers,
            minutes: totals.minutes,
            ratings: totals.ratings,
            rating_sum: totals.rating_sum.normalize(),
        },
        sessions: page.into_iter().map(contribution).collect(),
        next,
    }
}

fn contribution(row: Contribution) -> ContributionOut {
    ContributionOut {
        session: row.session,
        programme: row.programme,
        completed_at: row.completed_at,
        minutes: row.minutes,
        rating: row.rating.map(|rating| rating.normalize()),
        origin: row.origin.map(|(import, row)| OriginOut {
            import,
            row,
            href: format!("/v1/imports/{import}"),
        }),
    }
}

/// Cursors name a place in one figure's sessions of one company; a MAC under the
/// company's index key keeps them from being made up or carried elsewhere.
struct Cursor {
    key: crypto::Key,
    figure: FigureId,
}

impl Cursor {
    async fn new(tx: &mut TenantTx, figure: FigureId) -> Result<Self, Error> {
        let keys = tx.db().company_keys(tx.company()).await?;
        Ok(Self {
            key: keys.index().derive(&[b"insight lineage cursor"]),
            figure,
        })
    }

    fn seal(&self, last: &Contribution) -> String {
        let place = format!(
            "{}.{}",
            last.completed_at.as_microsecond(),
            last.session.uuid().simple()
        );
        let tag = self.tag(&place);
        URL_SAFE_NO_PAD.encode(format!("{place}.{tag}"))
    }

    fn open(&self, text: &str) -> Result<After, Error> {
        let wrong =
            || Error::Parameter("this cursor belongs to another list; begin without one".into());
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let text = String::from_utf8(bytes).map_err(|_| wrong())?;
        let (place, tag) = text.rsplit_once('.').ok_or_else(wrong)?;
        if !crypto::same(tag.as_bytes(), self.tag(place).as_bytes()) {
            return Err(wrong());
        }
        let (at, session) = place.split_once('.').ok_or_else(wrong)?;
        let at = at
            .parse()
            .ok()
            .and_then(|at| Timestamp::from_microsecond(at).ok())
            .ok_or_else(wrong)?;
        Ok(After {
            completed_at: at,
            session: session.parse().map_err(|_| wrong())?,
        })
    }

    fn tag(&self, place: &str) -> String {
        let tag = self
            .key
            .derive(&[self.figure.uuid().as_bytes(), place.as_bytes()]);
        hex::encode(&tag.expose()[..16])
    }
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

fn parameter<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Error> {
    text.parse()
        .map_err(|error: T::Err| Error::Parameter(error.to_string().into()))
}

/// JSON with an entity tag that is the company's own, or 304 if the caller has it already.
fn tagged<T: Serialize>(
    headers: &HeaderMap,
    company: CompanyId,
    body: &T,
) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    let mut hash = Sha256::new();
    hash.update(company.uuid().as_bytes());
    hash.update(&bytes);
    let tag = format!("\"{}\"", hex::encode(&hash.finalize()[..16]));
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let cache = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, cache).into_response());
    }
    Ok((cache, Json(body)).into_response())
}
