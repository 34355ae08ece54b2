//! The dashboard with a company's figures.

use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use identity::session::Visitor;
use insight::query::{self, Metric};
use jiff::civil::Date;
use platform::http::{Allowed, Problem, may};
use platform::{DbError, TenantTx};
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use super::{Dashboard, Figure, Kind, Measure, MonthCount, Period, Picker, sessions_chart};
use crate::chart::Chart;
use crate::layout::Section;
use crate::state::{Cockpit, Instead, Viewer, instead, page};

/// Months in the chart.
const MONTHS: i16 = 12;

/// The period that is asked for; the year to date if none is.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    period: Option<String>,
}

/// A company's figures for a period.
#[utoipa::path(get, path = "/c/{slug}", tag = "cockpit", security(("session" = ["metrics:read"])),
    params(("slug" = String, Path), ("period" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 303), (status = 403), (status = 404)))]
pub(crate) async fn show_dashboard(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::MetricsRead>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(wanted): Query<Wanted>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let today = viewer.today(&cockpit.db);
    let period = match wanted.period.as_deref() {
        None | Some("") => Period::containing(Kind::YearToDate, today),
        Some(text) => text.parse().map_err(|_| instead(Problem::not_found()))?,
    };
    let mut tx = cockpit.tenant(&viewer).await?;
    let earliest = query::earliest_day(&mut tx).await.map_err(instead)?;
    let view = read(
        &mut tx,
        &viewer,
        period,
        earliest,
        today,
        cockpit.db.clock().now(),
    )
    .await
    .map_err(instead)?;
    page(StatusCode::OK, &view)
}

async fn read(
    tx: &mut TenantTx,
    viewer: &Viewer,
    period: Period,
    earliest: Option<Date>,
    today: Date,
    as_of: jiff::Timestamp,
) -> Result<Dashboard, DbError> {
    let figures = figures(tx, period, today).await?;
    let chart = if earliest.is_some() {
        Some(chart(tx, today).await?)
    } else {
        None
    };
    let pending = query::pending(tx).await?;
    Ok(Dashboard {
        layout: viewer.layout(
            &format!("Dashboard, {}", period.label(today)),
            Section::Dashboard,
        ),
        picker: Picker::new(viewer.slug(), period, earliest.unwrap_or(today), today),
        figures: if earliest.is_some() {
            figures
        } else {
            Vec::new()
        },
        chart,
        begins: earliest.unwrap_or(today),
        as_of,
        zone: viewer.zone.clone(),
        pending: u64::try_from(pending.events).unwrap_or_default(),
    })
}

async fn figures(tx: &mut TenantTx, period: Period, today: Date) -> Result<Vec<Figure>, DbError> {
    let (present, before) = match period.to_string().parse() {
        Ok(period) => (
            query::figures_of(tx, period).await?,
            query::previous_values(tx, period, today).await?,
        ),
        Err(_) => (Vec::new(), Vec::new()),
    };
    Ok(Measure::ALL
        .into_iter()
        .map(|measure| {
            let metric = metric(measure);
            let figure = present.iter().find(|figure| figure.metric == metric);
            Figure {
                measure,
                figure_id: figure
                    .map(|figure| figure.id.to_string())
                    .unwrap_or_default(),
                value: figure.map_or_else(|| measure.of_nothing(), |figure| figure.value),
                previous: before
                    .iter()
                    .find(|(before, _)| *before == metric)
                    .and_then(|(_, value)| *value),
            }
        })
        .collect())
}

async fn chart(tx: &mut TenantTx, today: Date) -> Result<Chart, DbError> {
    let months: Vec<MonthCount> = query::history(tx, Metric::Sessions, today, MONTHS)
        .await?
        .into_iter()
        .map(|(period, value)| MonthCount {
            month: period.start(),
            sessions: value.and_then(|value| value.to_u64()).unwrap_or_default(),
        })
        .collect();
    Ok(sessions_chart(
        &months,
        today,
        "Imported sessions, by the month they ended in",
    ))
}

/// The metric behind a measure.
pub(crate) fn metric(measure: Measure) -> Metric {
    match measure {
        Measure::Participants => Metric::Participants,
        Measure::Volunteers => Metric::Volunteers,
        Measure::Sessions => Metric::Sessions,
        Measure::Hours => Metric::Hours,
        Measure::AverageRating => Metric::AverageRating,
    }
}
