//! What a crate offers: routes, consumers, jobs, schedules, workers, flags. The server
//! mounts services; a service cannot tell whether its neighbours share its process.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::db::Db;
use crate::events::Consumer;
use crate::flags::Flag;
use crate::http::gate;
use crate::jobs::{JobKind, Schedule};

/// Work that goes on as long as the process does. It ends soon after its token is cancelled.
#[derive(Clone)]
pub struct Worker {
    /// Its name: `crate.part`.
    pub name: &'static str,
    /// Begins it.
    pub run: Arc<dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A crate's table of contents.
pub struct Service {
    name: &'static str,
    roles: &'static [&'static str],
    routes: OpenApiRouter,
    consumers: Vec<Consumer>,
    jobs: Vec<JobKind>,
    schedules: Vec<Schedule>,
    workers: Vec<Worker>,
    flags: Vec<&'static Flag>,
}

impl Service {
    /// A service of a crate, which offers the named roles.
    #[must_use]
    pub fn new(name: &'static str, roles: &'static [&'static str]) -> Self {
        Self {
            name,
            roles,
            routes: OpenApiRouter::new(),
            consumers: Vec::new(),
            jobs: Vec::new(),
            schedules: Vec::new(),
            workers: Vec::new(),
            flags: Vec::new(),
        }
    }

    /// Adds routes, whose state is already given.
    #[must_use]
    pub fn routes(mut self, routes: OpenApiRouter) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// Adds a feature flag with the routes that it opens: where a company has it closed they answer 404.
    #[must_use]
    pub fn routes_behind(self, flag: &'static Flag, db: &Db, routes: OpenApiRouter) -> Self {
        self.flag(flag).routes(gate::behind(flag, db, routes))
    }

    /// Adds a reader of events.
    #[must_use]
    pub fn consumer(mut self, consumer: Consumer) -> Self {
        self.consumers.push(consumer);
        self
    }

    /// Adds a kind of job.
    #[must_use]
    pub fn job(mut self, job: JobKind) -> Self {
        self.jobs.push(job);
        self
    }

    /// Adds a recurring job.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.push(schedule);
        self
    }

    /// Adds work that goes on as long as the process does.
    #[must_use]
    pub fn worker(mut self, worker: Worker) -> Self {
        self.workers.push(worker);
        self
    }

    /// Adds a feature flag.
    #[must_use]
    pub fn flag(mut self, flag: &'static Flag) -> Self {
        self.flags.push(flag);
        self
    }

    /// The crate's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The roles it offers.
    #[must_use]
    pub const fn roles(&self) -> &'static [&'static str] {
        self.roles
    }
}

/// Several services as one: what the server mounts.
#[derive(Default)]
pub struct Assembly {
    /// All routes with their descriptions.
    pub routes: OpenApiRouter,
    /// All consumers.
    pub consumers: Vec<Consumer>,
    /// All kinds of job.
    pub jobs: Vec<JobKind>,
    /// All schedules.
    pub schedules: Vec<Schedule>,
    /// All standing work.
    pub workers: Vec<Worker>,
    /// All feature flags.
    pub flags: Vec<&'static Flag>,
    /// Every role, with the crate that offers it.
    pub roles: Vec<(&'static str, &'static str)>,
}

impl Assembly {
    /// Puts services together.
    #[must_use]
    pub fn of(services: impl IntoIterator<Item = Service>) -> Self {
        services
            .into_iter()
            .fold(Self::default(), |mut all, service| {
                all.roles
                    .extend(service.roles.iter().map(|role| (*role, service.name)));
                all.routes = all.routes.merge(service.routes);
                all.consumers.extend(service.consumers);
                all.jobs.extend(service.jobs);
                all.schedules.extend(service.schedules);
                all.workers.extend(service.workers);
                all.flags.extend(service.flags);
                all
            })
    }
}
