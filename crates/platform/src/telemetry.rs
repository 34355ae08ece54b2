//! Logs and metrics of the process.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

/// Upper bounds of the duration histograms, in seconds.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// How the process speaks of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Which log lines are kept, in the notation of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// The form of a log line.
    pub format: LogFormat,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            filter: "info,sqlx=warn".to_owned(),
            format: LogFormat::Auto,
        }
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For a person's eyes.
    Text,
}

/// Why the process stays mute.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter cannot be read.
    #[error("the log filter cannot be read")]
    Filter(#[source] ParseError),
    /// Logging was set up before.
    #[error("the log was set up twice")]
    Log(#[source] TryInitError),
    /// Metrics were set up before, or their buckets are empty.
    #[error("the metrics recorder cannot be installed")]
    Metrics(#[source] BuildError),
}

/// Sends log lines to standard error and begins to count. Once a process.
///
/// # Errors
/// [`TelemetryError`] when the filter is unreadable or this is the second call.
pub fn init(config: &TelemetryConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&config.filter).map_err(TelemetryError::Filter)?;
    let text = match config.format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Text => true,
    };
    let lines = if text {
        fmt::layer()
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .boxed()
    } else {
        json_lines(io::stderr).boxed()
    };
    registry()
        .with(filter)
        .with(lines)
        .try_init()
        .map_err(TelemetryError::Log)?;
    install_recorder()?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// The layer that writes one JSON object a line.
pub(crate) fn json_lines<S, W>(writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> registry::LookupSpan<'a>,
    W: for<'w> fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(writer)
}

fn install_recorder() -> Result<(), TelemetryError> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(TelemetryError::Metrics)?;
    METRICS.get_or_init(|| handle);
    Ok(())
}

/// All metrics in Prometheus' text format; empty before [`init`].
pub fn render() -> String {
    METRICS
        .get()
        .map(PrometheusHandle::render)
        .unwrap_or_default()
}

/// Keeps the recorder small while nobody reads it, until `shutdown`.
pub async fn upkeep(shutdown: CancellationToken) {
    let mut tick = interval(Duration::from_secs(5));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = tick.tick() => METRICS.get().map(PrometheusHandle::run_upkeep).unwrap_or_default(),
        }
    }
}

/// Logs where a panic happened. Its text is kept only when it is a constant:
/// one made at run time may carry the data that made the code panic.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&'static str>().copied();
    let location = panic.location().map(tracing::field::display);
    let trace = Backtrace::capture();
    let trace = (trace.status() == BacktraceStatus::Captured).then(|| trace.to_string());
    tracing::error!(target: "panic", location, message, trace, "the program panicked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_filter_is_an_error_and_not_a_silent_process() {
        let config = TelemetryConfig {
            filter: "info,=,".to_owned(),
            ..TelemetryConfig::default()
        };
        assert!(matches!(init(&config), Err(TelemetryError::Filter(_))));
    }

    #[test]
    fn durations_are_rendered_in_buckets() {
        install_recorder().unwrap();
        metrics::histogram!("work_seconds").record(Duration::from_millis(30));
        let text = render();
        assert!(
            text.contains("work_seconds_bucket{le=\"0.025\"} 0"),
            "{text}"
        );
        assert!(
            text.contains("work_seconds_bucket{le=\"0.05\"} 1"),
            "{text}"
        );
    }
}
