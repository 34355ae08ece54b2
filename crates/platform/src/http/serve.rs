//! The accept loop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use metrics::counter;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::admission::{Admission, Refusal};
use super::connection::{self, Host};
use super::limits::EdgeLimits;

/// What a connection gets that finds no place. It is written without waiting.
const NO_PLACE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\ncache-control: no-store\r\n\
    retry-after: 5\r\nconnection: close\r\ncontent-length: 123\r\n\r\n\
    {\"type\":\"urn:attest:problem:too_many_connections\",\"title\":\"Service Unavailable\",\"status\":503,\"code\":\"too_many_connections\"}";

/// Longest pause after an error of `accept`.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why a server did not run, or did not end, as it should.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The limits contradict each other.
    #[error("the limits of the HTTP edge cannot be used: {0}")]
    Limits(&'static str),
    /// Connections were still open when the time to drain was over; they were cut.
    #[error("{open} connections were cut because they did not end in time")]
    Drain {
        /// How many were cut.
        open: usize,
    },
}

/// Serves `router` on `listener` until `shutdown`, then drains.
///
/// # Errors
/// [`ServeError`]; trouble with single connections or with `accept` is logged
/// and ends nothing.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: EdgeLimits,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    if let Some(fault) = limits.fault() {
        return Err(ServeError::Limits(fault));
    }
    let limits = Arc::new(limits);
    let admission = Admission::new(Arc::clone(&limits));
    let cut = CancellationToken::new();
    let host = Host {
        router,
        limits,
        drain: shutdown.clone(),
        cut: cut.clone(),
    };
    let connections = TaskTracker::new();
    let mut pause = Pause::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = Pause::default();
                open(stream, peer, &host, &admission, &connections);
            }
            Err(error) => pause.after(&error, &shutdown).await,
        }
    }
    drop(listener);
    drain(&connections, &admission, host.limits.drain, &cut).await
}

/// Starts a task for a connection that finds a place.
fn open(
    stream: TcpStream,
    peer: SocketAddr,
    host: &Host,
    admission: &Arc<Admission>,
    connections: &TaskTracker,
) {
    let seat = match admission.admit(peer.ip()) {
        Ok(seat) => seat,
        Err(refusal) => return turn_away(&stream, refusal),
    };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was refused");
    }
    let host = host.clone();
    connections.spawn(async move {
        connection::run(stream, peer, host).await;
        drop(seat);
    });
}

/// Tells a client that there is no place, if its socket takes that at once.
fn turn_away(stream: &TcpStream, refusal: Refusal) {
    counter!("http_connections_refused_total", "reason" => refusal.label()).increment(1);
    if let Err(error) = stream.try_write(NO_PLACE) {
        tracing::debug!(%error, "a refused client could not be told");
    }
}

/// Waits for open connections to end, and cuts those that take too long.
async fn drain(
    connections: &TaskTracker,
    admission: &Admission,
    patience: Duration,
    cut: &CancellationToken,
) -> Result<(), ServeError> {
    connections.close();
    if timeout(patience, connections.wait()).await.is_ok() {
        return Ok(());
    }
    let open = admission.open();
    cut.cancel();
    connections.wait().await;
    Err(ServeError::Drain { open })
}

/// How long to leave `accept` alone after it failed.
#[derive(Debug, Default)]
struct Pause(Duration);

impl Pause {
    /// Waits a while, unless the server is to end.
    async fn after(&mut self, error: &io::Error, shutdown: &CancellationToken) {
        let Some(pause) = self.next(error.kind()) else {
            return;
        };
        tracing::error!(%error, pause_ms = pause.as_millis(), "accepting connections failed");
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = sleep(pause) => {}
        }
    }

    /// A longer pause each time when the error is about this process (no file
    /// descriptor left), none when it is about one client that went away.
    fn next(&mut self, error: io::ErrorKind) -> Option<Duration> {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        if matches!(
            error,
            ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
        ) {
            return None;
        }
        self.0 = (self.0 * 2).clamp(Duration::from_millis(10), LONGEST_PAUSE);
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_descriptors_pauses_longer_each_time_up_to_a_second() {
        let mut pause = Pause::default();
        let error = io::Error::from_raw_os_error(24).kind();
        let pauses: Vec<_> = std::iter::from_fn(|| pause.next(error)).take(9).collect();
        assert_eq!(
            pauses[..2],
            [Duration::from_millis(10), Duration::from_millis(20)]
        );
        assert_eq!(pauses[8], LONGEST_PAUSE);
    }

    #[test]
    fn a_client_that_went_away_costs_no_pause() {
        assert_eq!(
            Pause::default().next(io::ErrorKind::ConnectionAborted),
            None
        );
    }

    #[test]
    fn the_canned_answer_has_the_length_it_says() {
        let text = str::from_utf8(NO_PLACE).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{}",
            body.len()
        );
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
