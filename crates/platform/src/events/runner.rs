//! Keeps consumers reading: woken at once, polling behind that.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Consumer;
use super::consume::{Reader, Step};
use super::transport::Transport;
use super::wake::CHANNEL;
use crate::db::{Db, DbError};
pub use crate::retry::Retry;

/// Events in one transaction, at most.
const BATCH: i64 = 500;
/// Companies looked at in one round.
const COMPANIES: i64 = 64;
/// Batches of one company before others have their turn.
const TURN: usize = 20;

/// Runs consumers over all companies.
#[derive(Debug, Clone)]
pub struct BusRunner {
    db: Db,
    consumers: Arc<[Consumer]>,
    transport: Transport,
    retry: Retry,
    pub(super) poll: Duration,
}

impl BusRunner {
    /// A runner of `consumers`, which polls every second behind the wake-ups.
    #[must_use]
    pub fn new(db: &Db, consumers: Vec<Consumer>) -> Self {
        Self {
            db: db.as_worker(),
            consumers: consumers.into(),
            transport: Transport::default(),
            retry: Retry::default(),
            poll: Duration::from_secs(1),
        }
    }

    /// The same with other rules for trying again.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The names of its consumers.
    #[must_use]
    pub fn consumer_names(&self) -> Vec<&'static str> {
        self.consumers
            .iter()
            .map(|consumer| consumer.name)
            .collect()
    }

    /// Starts one task a consumer, and two that carry wake-ups between processes.
    pub fn spawn(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        for consumer in self.consumers.iter() {
            let (runner, consumer, stop) = (self.clone(), consumer.clone(), stop.clone());
            tasks.spawn(async move { runner.run_consumer(&consumer, &stop).await });
        }
        tasks.spawn(tell_others(self.db.clone(), stop.clone()));
        tasks.spawn(hear_others(self.db.clone(), stop.clone()));
    }

    /// Reads until no consumer has anything new, parked events aside. For commands and tests.
    pub async fn settle(&self) -> Result<(), DbError> {
        loop {
            let mut advanced = false;
            for consumer in self.consumers.iter() {
                advanced |= self.round(consumer).await?;
            }
            if !advanced {
                return Ok(());
            }
        }
    }

    async fn run_consumer(&self, consumer: &Consumer, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let woken = self.db.wake().events_listener();
            match self.round(consumer).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(consumer.name = consumer.name, error = %error, "A consumer could not read");
                }
            }
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(self.poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// One look at every company with news; whether any event was taken.
    async fn round(&self, consumer: &Consumer) -> Result<bool, DbError> {
        let companies = self
            .transport
            .companies_with_news(&self.db, consumer.name, COMPANIES)
            .await?;
        let mut advanced = false;
        let mut failed = None;
        for company in companies {
            let reader = Reader {
                db: &self.db,
                consumer,
                company,
                transport: self.transport,
                retry: self.retry,
            };
            match turn(&reader).await {
                Ok(moved) => advanced |= moved,
                // One company's trouble must not keep the others waiting.
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(advanced), Err)
    }
}

/// A company's turn: parked events that are due, then new ones.
async fn turn(reader: &Reader<'_>) -> Result<bool, DbError> {
    let mut advanced = false;
    for _ in 0..BATCH {
        if !reader.retry_one().await? {
            break;
        }
        advanced = true;
    }
    for _ in 0..TURN {
        match reader.step(BATCH).await? {
            Step::Idle => break,
            Step::Advanced => advanced = true,
            Step::Failed => {
                for _ in 0..BATCH {
                    if reader.step(1).await? == Step::Idle {
                        break;
                    }
                    advanced = true;
                }
            }
        }
    }
    Ok(advanced)
}

/// Tells other processes of commits here, at most twenty times a second.
async fn tell_others(db: Db, stop: CancellationToken) {
    let pause = Duration::from_millis(50);
    loop {
        tokio::select! {
            () = db.wake().wait_to_tell_others() => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = sqlx::query!(r#"select pg_notify($1, '') as "sent!: ()""#, CHANNEL)
            .fetch_one(db.pool())
            .await
        {
            tracing::debug!(error = %error, "Other processes could not be told; they will poll");
        }
        tokio::time::sleep(pause).await;
    }
}

/// Wakes sleepers here when another process has committed.
async fn hear_others(db: Db, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            heard = listen(&db) => if let Err(error) = heard {
                tracing::debug!(error = %error, "Listening ended; polling goes on");
            },
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn listen(db: &Db) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(db.pool()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        listener.recv().await?;
        db.wake().everybody_here();
    }
}
