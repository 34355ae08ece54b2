//! The two loads: at a rate whatever the answers take, and as fast as answers come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::client::{Client, Target};

/// What came of the deliveries of one load.
pub(crate) struct Latencies {
    /// The name that its deliveries begin with.
    pub(crate) name: &'static str,
    /// Answered 202, each with the time it took in ms, ascending.
    millis: Vec<f64>,
    /// Answered otherwise, or not at all.
    pub(crate) errors: u64,
}

impl Latencies {
    fn of(name: &'static str, parts: Vec<(Vec<f64>, u64)>) -> Self {
        let errors = parts.iter().map(|(_, errors)| errors).sum();
        let mut millis: Vec<f64> = parts.into_iter().flat_map(|(millis, _)| millis).collect();
        millis.sort_by(f64::total_cmp);
        Self {
            name,
            millis,
            errors,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.millis.len()
    }

    /// The time within which this share was answered; 0 of none.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place among counts that are far below 2^52"
        )]
        let place = (self.millis.len() as f64 * share).ceil() as usize;
        let place = place.clamp(1, self.millis.len().max(1)) - 1;
        self.millis.get(place).copied().unwrap_or_default()
    }
}

/// Sends `rate` deliveries a second. A delivery's time counts from when it was due, so that one that had to wait for
/// others is not flattered.
pub(crate) async fn open(
    target: &Target,
    connections: usize,
    rate: u32,
    seconds: u64,
) -> Result<Latencies> {
    let total = u64::from(rate) * seconds;
    let next = Arc::new(AtomicU64::new(0));
    let began = Instant::now() + Duration::from_millis(100);
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (target, next) = (target.clone(), Arc::clone(&next));
        senders.spawn(async move {
            let mut client = Client::connect(&target).await?;
            let (mut millis, mut errors) = (Vec::new(), 0);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return anyhow::Ok((millis, errors));
                }
                let due = began + Duration::from_nanos(number * 1_000_000_000 / u64::from(rate));
                sleep_until(due).await;
                match client.deliver(&target, "open", number).await {
                    Ok(202) => millis.push(due.elapsed().as_secs_f64() * 1e3),
                    Ok(_) => errors += 1,
                    Err(_) => {
                        errors += 1;
                        client = Client::connect(&target).await?;
                    }
                }
            }
        });
    }
    Ok(Latencies::of("open", gather(senders).await?))
}

/// Sends over each connection as soon as it is answered, for so long.
pub(crate) async fn closed(
    target: &Target,
    connections: usize,
    lasting: Duration,
    name: &'static str,
) -> Result<Latencies> {
    let next = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + lasting;
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (target, next) = (target.clone(), Arc::clone(&next));
        senders.spawn(async move {
            let mut client = Client::connect(&target).await?;
            let (mut millis, mut errors) = (Vec::new(), 0);
            while Instant::now() < end {
                let (number, began) = (next.fetch_add(1, Ordering::Relaxed), Instant::now());
                match client.deliver(&target, name, number).await {
                    Ok(202) => millis.push(began.elapsed().as_secs_f64() * 1e3),
                    Ok(_) => errors += 1,
                    Err(_) => {
                        errors += 1;
                        client = Client::connect(&target).await?;
                    }
                }
            }
            anyhow::Ok((millis, errors))
        });
    }
    Ok(Latencies::of(name, gather(senders).await?))
}

async fn gather(mut senders: JoinSet<Result<(Vec<f64>, u64)>>) -> Result<Vec<(Vec<f64>, u64)>> {
    let mut parts = Vec::new();
    while let Some(ended) = senders.join_next().await {
        parts.push(ended.context("a sender ended early")??);
    }
    Ok(parts)
}
