//! The gateway: health, metrics, the API's description, and what concerns the
//! whole system rather than one crate.

mod health;
mod metrics;
mod operations;

use std::sync::Arc;
use std::time::Instant;

use platform::{Clock, Db, Service};
use tokio::sync::OnceCell;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the gateway's routes work with.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) started: Instant,
    /// Set once all services are put together.
    pub(crate) system: Arc<OnceCell<Mounted>>,
}

/// What is mounted in this process.
#[derive(Debug)]
pub(crate) struct Mounted {
    /// Roles, with the crate that offers each.
    pub(crate) roles: Vec<(&'static str, &'static str)>,
    /// The consumers' names.
    pub(crate) consumers: Vec<&'static str>,
    /// Feature flags.
    pub(crate) flags: Vec<&'static platform::flags::Flag>,
}

impl Gateway {
    pub(crate) fn mounted(&self) -> Option<&Mounted> {
        self.system.get()
    }
}

/// The gateway as a service.
pub(crate) fn service(gateway: Gateway) -> Service {
    let routes = OpenApiRouter::new()
        .routes(routes!(health::show_health))
        .routes(routes!(health::show_liveness))
        .routes(routes!(health::show_readiness))
        .routes(routes!(health::show_all_health))
        .routes(routes!(health::show_service_health))
        .routes(routes!(metrics::show_process_metrics))
        .routes(routes!(operations::list_dead_letters))
        .routes(routes!(operations::replay_dead_letter))
        .routes(routes!(operations::list_flags))
        .routes(routes!(operations::set_flag))
        .with_state(gateway);
    Service::new("server", &["gateway"]).routes(routes)
}
