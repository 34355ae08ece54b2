//! Whether the system works, for probes and for people.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use platform::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::Gateway;

/// A check that takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(5);

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    /// All is well.
    Healthy,
    /// Some of it is not.
    Degraded,
    /// It does not work.
    Unhealthy,
}

/// The state of this process.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessHealth {
    status: Health,
    version: &'static str,
    uptime_seconds: u64,
    #[schema(value_type = String)]
    timestamp: Timestamp,
}

/// The state of one service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceHealth {
    name: String,
    status: Health,
    /// Where it is served; `in-process` beside this one.
    url: &'static str,
    /// Milliseconds that the check took.
    response_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// How many services are how.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Summary {
    total: usize,
    healthy: usize,
    unhealthy: usize,
    unknown: usize,
}

/// The state of every service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AllHealth {
    status: Health,
    services: Vec<ServiceHealth>,
    summary: Summary,
    #[schema(value_type = String)]
    timestamp: Timestamp,
}

/// The state of this process.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = ProcessHealth)))]
pub(super) async fn show_health(State(gateway): State<Gateway>) -> Json<ProcessHealth> {
    Json(ProcessHealth {
        status: Health::Healthy,
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: gateway.started.elapsed().as_secs(),
        timestamp: gateway.clock.now(),
    })
}

/// Whether the process runs; it asks nobody else.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, body = ProcessHealth)))]
pub(super) async fn show_liveness(state: State<Gateway>) -> Json<ProcessHealth> {
    show_health(state).await
}

/// Whether the process can serve: its database answers.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = ServiceHealth), (status = 503, body = ServiceHealth)))]
pub(super) async fn show_readiness(State(gateway): State<Gateway>) -> Response {
    let database = check_database(&gateway, "database").await;
    (code(database.status), Json(database)).into_response()
}

/// The state of every service and an overall verdict.
#[utoipa::path(get, path = "/health/all", tag = "health",
    responses((status = 200, body = AllHealth), (status = 503, body = AllHealth)))]
pub(super) async fn show_all_health(State(gateway): State<Gateway>) -> Response {
    let mut services = vec![check_database(&gateway, "database").await];
    for (role, _) in gateway
        .mounted()
        .map(|mounted| mounted.roles.as_slice())
        .unwrap_or_default()
    {
        services.push(check_database(&gateway, role).await);
    }
    let count = |status: Health| {
        services
            .iter()
            .filter(|service| service.status == status)
            .count()
    };
    let summary = Summary {
        total: services.len(),
        healthy: count(Health::Healthy),
        unhealthy: count(Health::Unhealthy),
        unknown: services.len() - count(Health::Healthy) - count(Health::Unhealthy),
    };
    let status = match (summary.healthy, summary.unhealthy) {
        (_, 0) => Health::Healthy,
        (0, _) => Health::Unhealthy,
        _ => Health::Degraded,
    };
    let all = AllHealth {
        status,
        services,
        summary,
        timestamp: gateway.clock.now(),
    };
    (code(status), Json(all)).into_response()
}

/// The state of one service, by its role.
#[utoipa::path(get, path = "/health/{service}", tag = "health",
    params(("service" = String, Path, description = "A role, such as `kintell` or `gateway`")),
    responses((status = 200, body = ServiceHealth), (status = 404), (status = 503, body = ServiceHealth)))]
pub(super) async fn show_service_health(
    State(gateway): State<Gateway>,
    Path(service): Path<String>,
) -> Result<Response, Problem> {
    let known = gateway
        .mounted()
        .and_then(|mounted| mounted.roles.iter().find(|(role, _)| *role == service));
    let (role, _) = known.ok_or_else(Problem::not_found)?;
    let health = check_database(&gateway, role).await;
    Ok((code(health.status), Json(health)).into_response())
}

/// Services of one process share its database, on which all of them depend.
async fn check_database(gateway: &Gateway, name: &str) -> ServiceHealth {
    let begun = Instant::now();
    let answered = tokio::time::timeout(DEADLINE, gateway.db.system("health")).await;
    let error = match answered {
        Ok(Ok(_)) => None,
        Ok(Err(_)) => Some("the database cannot be reached"),
        Err(_) => Some("the database did not answer in time"),
    };
    ServiceHealth {
        name: name.to_owned(),
        status: if error.is_none() {
            Health::Healthy
        } else {
            Health::Unhealthy
        },
        url: "in-process",
        response_time: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        error,
    }
}

fn code(status: Health) -> StatusCode {
    match status {
        Health::Healthy | Health::Degraded => StatusCode::OK,
        Health::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
    }
}
