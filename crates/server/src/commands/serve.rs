//! `attest serve`

use std::time::Duration;

use anyhow::Context;
use platform::events::{BusRunner, unread_events};
use platform::http::{EdgeLimits, EdgeOptions, HostPolicy, edge, serve};
use platform::jobs::{JobRunner, unfinished_jobs};
use platform::telemetry;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::assembly::assemble;
use crate::settings::Settings;
use crate::system::{Schema, System};
use crate::witness;

/// How long consumers and jobs may take to end after the last connection.
const DRAIN: Duration = Duration::from_secs(30);

/// How often it is looked whether all events were read.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    start_telemetry(&settings)?;
    let system = System::open(settings, Schema::Expect, false).await?;
    let serving = Serving::start(&system).await?;
    eprintln!(
        "Attest serves {} ({})",
        public_url(&system, serving.address),
        system.database_description()
    );
    let result = serving.until_told(&system).await;
    system.close().await;
    result
}

/// The address that browsers use; where none is set, the one listened on, whose port the system may have chosen.
fn public_url(system: &System, address: std::net::SocketAddr) -> String {
    if system.settings.server.public_url.is_empty() {
        format!("http://{address}")
    } else {
        system.settings.public_url()
    }
}

/// Logs to standard error and collects metrics, as the settings say.
pub(crate) fn start_telemetry(settings: &Settings) -> anyhow::Result<()> {
    let config = telemetry::TelemetryConfig {
        filter: settings.log.filter.clone(),
        ..telemetry::TelemetryConfig::default()
    };
    telemetry::init(&config).context("log.filter")
}

/// A running server.
pub(crate) struct Serving {
    stop: CancellationToken,
    tasks: TaskTracker,
    edge: tokio::task::JoinHandle<Result<(), platform::http::ServeError>>,
    /// The address listened on.
    pub(crate) address: std::net::SocketAddr,
    /// What consumes events.
    pub(crate) bus: BusRunner,
}

impl Serving {
    /// Binds the listener, starts consumers, jobs, schedules, witness and edge.
    pub(crate) async fn start(system: &System) -> anyhow::Result<Self> {
        let listen = system.settings.server.listen;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}: is another program using it? Choose another with --listen"))?;
        let address = listener.local_addr()?;
        let assembled = assemble(system)?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let bus = BusRunner::new(&system.db, assembled.consumers);
        bus.spawn(&tasks, &stop);
        JobRunner::new(&system.db, assembled.jobs).spawn(&tasks, &stop);
        platform::jobs::spawn_schedules(&system.db, assembled.schedules, &tasks, &stop);
        for worker in assembled.workers {
            tasks.spawn((worker.run)(stop.clone()));
        }
        witness::spawn(system, &tasks, &stop);
        let mut options = EdgeOptions::new(hosts(system, address.port()));
        options.behind_tls = system.settings.public_url().starts_with("https://");
        options.error_page = Some(assembled.error_page);
        let router = edge(assembled.router, options);
        let limits = EdgeLimits {
            connections: system.settings.server.max_connections,
            per_address: system.settings.server.max_connections_per_address,
            proxies: system.settings.server.proxies.clone(),
            ..EdgeLimits::default()
        };
        // The edge drains first, while consumers and jobs still work.
        let drained = stop.clone();
        let listening = CancellationToken::new();
        let edge = tokio::spawn(serve(listener, router, limits, listening.clone()));
        tasks.spawn(async move {
            drained.cancelled().await;
            listening.cancel();
        });
        Ok(Self {
            stop,
            tasks,
            edge,
            address,
            bus,
        })
    }

    /// Waits until every event has been read and no job is due.
    pub(crate) async fn wait_for_consumers(&self, system: &System) -> anyhow::Result<()> {
        loop {
            let mut open = unfinished_jobs(&system.db).await?;
            for consumer in self.bus.consumer_names() {
                open += unread_events(&system.db, consumer).await?;
            }
            if open == 0 {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Serves until a signal, or until the database ends. The first signal drains, the second ends at once.
    pub(crate) async fn until_told(self, system: &System) -> anyhow::Result<()> {
        let (mut interrupt, mut terminate) = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        );
        let ended = tokio::select! {
            () = told(&mut interrupt, &mut terminate) => None,
            how = system.database_ended() => Some(how),
        };
        if let Some(how) = ended {
            self.stop.cancel();
            anyhow::bail!(
                "the database ended by itself ({how}); see postgres.log in the data directory"
            );
        }
        eprintln!("Finishing what has begun; press Ctrl-C again to end at once.");
        tokio::select! {
            () = self.stop() => Ok(()),
            () = told(&mut interrupt, &mut terminate) => anyhow::bail!("ended at once"),
        }
    }

    /// Stops accepting, lets requests, consumers and jobs end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        match self.edge.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %error, "The edge did not end cleanly"),
            Err(_) => tracing::warn!("The edge ended in a panic"),
        }
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("Background work did not end in time");
        }
    }
}

async fn told(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn hosts(system: &System, port: u16) -> HostPolicy {
    let url = system.settings.public_url();
    let public = url
        .split_once("://")
        .map_or(url.as_str(), |(_, rest)| rest)
        .to_owned();
    HostPolicy::new(port, [public])
}
