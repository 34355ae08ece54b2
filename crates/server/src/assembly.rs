//! All services put together.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use axum::Router;
use identity::Identity;
use ingest::Intake;
use platform::events::Consumer;
use platform::flags::Flag;
use platform::http::{ErrorPageRenderer, apidoc};
use platform::jobs::{JobKind, Schedule};
use platform::{Assembly, DbError, Worker};
use tokio::sync::OnceCell;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi};

use crate::gateway::{self, Gateway, Mounted};
use crate::system::System;

/// What a process serves and does.
pub struct Assembled {
    /// Every route, behind the sign-in.
    pub router: Router,
    /// The API's description.
    pub openapi: OpenApi,
    /// Readers of events.
    pub consumers: Vec<Consumer>,
    /// Kinds of job.
    pub jobs: Vec<JobKind>,
    /// Recurring jobs.
    pub schedules: Vec<Schedule>,
    /// Standing work.
    pub workers: Vec<Worker>,
    /// Feature flags.
    pub flags: Vec<&'static Flag>,
    /// How failed requests look in a browser.
    pub error_page: ErrorPageRenderer,
}

/// Puts all services together over an opened system.
pub fn assemble(system: &System) -> anyhow::Result<Assembled> {
    let public_url = system.settings.public_url();
    let identity = Identity::new(
        system.db.clone(),
        system.issuer.clone(),
        &identity::Config {
            public_url,
            proxies: system.settings.server.proxies.clone(),
        },
    );
    let gateway = Gateway {
        db: system.db.clone(),
        clock: system.clock.clone(),
        started: Instant::now(),
        system: Arc::new(OnceCell::new()),
    };
    let mounted = gateway.system.clone();
    let ingest_config = ingest_config(system);
    let all = Assembly::of([
        gateway::service(gateway),
        identity::service(&identity),
        ingest::service(&ingest_config, &system.db, &system.issuer),
        profile::service(&system.db),
        insight::service(&system.db, insight_config(system)),
        cockpit::service(
            &system.db,
            &identity,
            Intake::new(&ingest_config, &system.db),
        ),
    ]);
    let (routes, mut openapi) = all.routes.split_for_parts();
    describe(&mut openapi);
    // Set once, before the first request.
    let _ = mounted.set(Mounted {
        roles: all.roles,
        consumers: all.consumers.iter().map(|consumer| consumer.name).collect(),
        flags: all.flags.clone(),
    });
    let documents = apidoc::routes(&openapi).context("describe the API")?;
    let mounts = routes.merge(documents).merge(cockpit::assets::routes());
    Ok(Assembled {
        router: identity::authenticate::layer(mounts, &identity),
        openapi,
        consumers: all.consumers,
        jobs: all.jobs,
        schedules: all.schedules,
        workers: all.workers,
        flags: all.flags,
        error_page: cockpit::error_page(),
    })
}

fn describe(openapi: &mut OpenApi) {
    openapi.info = InfoBuilder::new()
        .title("Attest")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Programme data in, impact figures with their lineage out.",
        ))
        .build();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-attest")));
    openapi
        .components
        .get_or_insert_with(Components::new)
        .add_security_scheme("session", cookie);
}

/// Ingest's settings.
pub(crate) fn ingest_config(system: &System) -> ingest::Config {
    ingest::Config {
        data_dir: system.settings.data_dir.clone(),
        max_upload_bytes: system.settings.ingest.max_upload_bytes,
    }
}

/// Companies are identity's; insight is told of them through this.
fn insight_config(system: &System) -> insight::Config {
    let db = system.db.clone();
    insight::Config::new(move |company| {
        let db = db.clone();
        Box::pin(async move {
            let found = identity::query::find_company(&db, &company.to_string()).await;
            let found = found.map_err(|error| DbError::Schema(error.to_string()))?;
            Ok(found.map(|company| insight::CompanyInfo {
                slug: company.slug,
                zone: company.zone,
            }))
        })
    })
}
