//! Why a figure is what it is.

use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::Response;
use contracts::{FigureId, SessionId};
use http::StatusCode;
use identity::session::Visitor;
use ingest::query::SessionOrigin;
use insight::query::{self, Contribution, Lineage};
use platform::TenantTx;
use platform::http::{Allowed, Problem, may};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{ContributingSession, Input, Why};
use crate::dashboard::{Measure, Period, metric};
use crate::layout::{Section, address};
use crate::page::Paging;
use crate::state::{Cockpit, Instead, Viewer, instead, page};
use crate::words;

/// Sessions on a page.
const SIZE: u32 = 50;

/// Which page of the sessions.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    page: Option<u64>,
}

/// A figure's formula, inputs and sessions, down to the row of the file.
#[utoipa::path(get, path = "/c/{slug}/why/{figure}", tag = "cockpit", security(("session" = ["metrics:read"])),
    params(("slug" = String, Path), ("figure" = String, Path), ("page" = Option<u64>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 303), (status = 403), (status = 404)))]
pub(crate) async fn show_lineage(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::MetricsRead>, Problem>,
    visitor: Visitor,
    Path((slug, figure)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let id: FigureId = figure.parse().map_err(|_| instead(Problem::not_found()))?;
    let mut tx = cockpit.tenant(&viewer).await?;
    let lineage = query::find_lineage(&mut tx, id).await.map_err(instead)?;
    let lineage = lineage.ok_or_else(|| instead(Problem::not_found()))?;
    let measure = Measure::ALL
        .into_iter()
        .find(|measure| metric(*measure) == lineage.metric);
    let measure = measure.ok_or_else(|| instead(Problem::not_found()))?;
    let total = u64::try_from(lineage.sessions()).unwrap_or_default();
    let base = format!("{}/why/{id}", address(&slug));
    let paging = Paging::new(&base, wanted.page.unwrap_or(1), u64::from(SIZE), total);
    let offset = i64::try_from(paging.offset()).unwrap_or(i64::MAX);
    let rows = query::contributions_from(&mut tx, &lineage, offset, i64::from(SIZE))
        .await
        .map_err(instead)?;
    let sessions = sessions(&mut tx, &viewer, rows).await?;
    let view = view(&cockpit, &viewer, measure, &lineage, sessions, paging);
    page(StatusCode::OK, &view)
}

fn view(
    cockpit: &Cockpit,
    viewer: &Viewer,
    measure: Measure,
    lineage: &Lineage,
    sessions: Vec<ContributingSession>,
    paging: Paging,
) -> Why {
    let period = lineage.period.to_string();
    let named = period.parse::<Period>().map_or_else(
        |_| period.clone(),
        |period| period.label(viewer.today(&cockpit.db)),
    );
    Why {
        layout: viewer.layout(
            &format!("Why this number? {}, {named}", words::label(measure)),
            Section::Dashboard,
        ),
        measure,
        period: named,
        value: lineage.value,
        version: lineage.formula_version.clone(),
        worked: worked(measure, lineage),
        inputs: inputs(measure, lineage),
        computed_at: lineage.computed_at,
        zone: viewer.zone.clone(),
        back: format!("{}?period={period}", address(viewer.slug())),
        sessions,
        paging,
    }
}

/// The formula with its numbers.
fn worked(measure: Measure, lineage: &Lineage) -> Option<String> {
    let (value, totals) = (lineage.value?, &lineage.totals);
    match measure {
        Measure::Hours => Some(words::division(
            Decimal::from(totals.minutes),
            Decimal::from(60),
            value,
            2,
        )),
        Measure::AverageRating => Some(words::division(
            totals.rating_sum,
            Decimal::from(totals.ratings),
            value,
            2,
        )),
        Measure::Participants | Measure::Volunteers | Measure::Sessions => None,
    }
}

fn inputs(measure: Measure, lineage: &Lineage) -> Vec<Input> {
    let totals = &lineage.totals;
    let count = |name: &str, number: i64| Input {
        name: name.to_owned(),
        value: words::count(u64::try_from(number).unwrap_or_default()),
    };
    let sessions = count("Sessions", totals.sessions);
    match measure {
        Measure::Sessions => vec![sessions],
        Measure::Participants => vec![
            sessions,
            count("Different participants in them", totals.participants),
        ],
        Measure::Volunteers => vec![
            sessions,
            count("Different volunteers in them", totals.volunteers),
        ],
        Measure::Hours => vec![sessions, count("Minutes of these sessions", totals.minutes)],
        Measure::AverageRating => vec![
            count("Rated sessions", totals.ratings),
            Input {
                name: "Sum of their ratings".to_owned(),
                value: words::exact(totals.rating_sum),
            },
        ],
    }
}

/// The sessions with the names of the files and the lines they came from.
async fn sessions(
    tx: &mut TenantTx,
    viewer: &Viewer,
    rows: Vec<Contribution>,
) -> Result<Vec<ContributingSession>, Instead> {
    let ids: Vec<SessionId> = rows.iter().map(|row| row.session).collect();
    let mut origins = ingest::query::session_origins(tx, &ids)
        .await
        .map_err(instead)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let origin = origins.remove(&row.session);
            let home = address(viewer.slug());
            let href = |origin: &SessionOrigin| format!("{home}/imports/{}", origin.import);
            ContributingSession {
                programme: words::programme(&row.programme).to_owned(),
                date: row.completed_at.to_zoned(viewer.zone.clone()).date(),
                minutes: u32::try_from(row.minutes).unwrap_or_default(),
                rating: row.rating,
                import_href: origin.as_ref().map(href).unwrap_or_default(),
                line: origin.as_ref().map_or(0, |origin| origin.line),
                file: origin.map(|origin| origin.file_name).unwrap_or_default(),
            }
        })
        .collect())
}
