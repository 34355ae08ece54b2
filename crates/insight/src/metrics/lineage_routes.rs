//! Where figures come from, over HTTP.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use contracts::{FigureId, ImportId, SessionId};
use http::HeaderMap;
use jiff::Timestamp;
use platform::http::{Allowed, Problem, may};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::tagged;
use super::cursor::Cursor;
use super::lineage::{Contribution, Lineage};
use super::routes::Routes;
use crate::error::Error;
use crate::query;

/// Most sessions of a page.
const MAX_PAGE: i64 = 200;

/// Which page of the sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LineageParameters {
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
pub(super) async fn get_lineage(
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
    let (metric, period) = (lineage.metric, lineage.period);
    // One more than asked for tells whether anything follows.
    let mut page = query::contributions(&mut tx, metric, period, after, limit + 1).await?;
    let more = i64::try_from(page.len()).is_ok_and(|count| count > limit);
    if more {
        page.pop();
    }
    let next = page.last().filter(|_| more).map(|last| cursor.seal(last));
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
