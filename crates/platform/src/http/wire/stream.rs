//! What is known of a connection's bytes, and the verdicts on them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::alarm::Alarm;
use super::fault::Fault;
use super::framing::Framing;
use super::head;
use super::linger::Linger;
use super::watch::Watch;
use crate::http::limits::EdgeLimits;

/// What hyper is given in place of a refused head. No client can send it, since
/// the asterisk form is refused, so the service knows it for what it is and
/// answers with the fault, in order after the answers before it.
const REFUSED: &[u8] = b"OPTIONS * HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n";

/// A client's socket under watch.
#[derive(Debug)]
pub(crate) struct GuardedStream<S> {
    pub(super) io: S,
    pub(super) limits: Arc<EdgeLimits>,
    pub(super) watch: Arc<Watch>,
    /// Received and not yet judged.
    pub(super) raw: BytesMut,
    /// Judged and not yet handed on.
    pub(super) passed: BytesMut,
    pub(super) phase: Phase,
    pub(super) peer_closed: bool,
    pub(super) read_alarm: Alarm,
    pub(super) write_alarm: Alarm,
    pub(super) write_since: Option<Instant>,
    pub(super) linger: Linger,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// Before or within a head, of which `looked` bytes were searched for its end.
    Head {
        looked: usize,
        first: bool,
        since: Option<Instant>,
    },
    /// Within a body.
    Body(Body),
    /// Refused: nothing more is read.
    Refused,
}

#[derive(Debug)]
pub(super) struct Body {
    pub(super) framing: Framing,
    pub(super) received: u64,
    pub(super) waited: Duration,
    pub(super) since: Option<Instant>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> GuardedStream<S> {
    pub(crate) fn new(io: S, limits: Arc<EdgeLimits>, watch: Arc<Watch>) -> Self {
        Self {
            io,
            limits,
            watch,
            raw: BytesMut::new(),
            passed: BytesMut::new(),
            phase: Phase::Head {
                looked: 0,
                first: true,
                since: Some(Instant::now()),
            },
            peer_closed: false,
            read_alarm: Alarm::default(),
            write_alarm: Alarm::default(),
            write_since: None,
            linger: Linger::default(),
        }
    }

    /// Moves what can be judged from `raw` to `passed`; false when more is needed.
    pub(super) fn judge(&mut self) -> io::Result<bool> {
        match &mut self.phase {
            Phase::Refused => Ok(false),
            Phase::Head { .. } => Ok(self.judge_head().unwrap_or_else(|fault| {
                self.refuse(fault);
                true
            })),
            Phase::Body(_) if self.raw.is_empty() => Ok(false),
            Phase::Body(body) => {
                let taken = match body.framing.advance(&self.raw) {
                    Ok(taken) => taken,
                    Err(fault) => return Err(self.break_off(fault)),
                };
                body.received += taken as u64;
                self.passed = self.raw.split_to(taken);
                if body.framing.finished() {
                    self.phase = Phase::Head {
                        looked: 0,
                        first: false,
                        since: None,
                    };
                }
                Ok(true)
            }
        }
    }

    fn judge_head(&mut self) -> Result<bool, Fault> {
        let Phase::Head { looked, .. } = &mut self.phase else {
            return Ok(false);
        };
        // RFC 9112 section 2.2: empty lines before a request line are ignored.
        while self.raw.starts_with(b"\r\n") {
            self.raw.advance(2);
            *looked = 0;
        }
        let Some(end) = head::find_end(&self.raw, *looked, &self.limits)? else {
            *looked = self.raw.len();
            return Ok(false);
        };
        let framing = head::parse(self.raw.get(..end).unwrap_or_default(), &self.limits)?;
        self.passed = self.raw.split_to(end);
        self.watch.begin();
        self.phase = if framing.finished() {
            Phase::Head {
                looked: 0,
                first: false,
                since: None,
            }
        } else {
            Phase::Body(Body {
                framing,
                received: 0,
                waited: Duration::ZERO,
                since: None,
            })
        };
        Ok(true)
    }

    /// Has the service answer the head at hand with `fault`, and ends reading.
    pub(super) fn refuse(&mut self, fault: Fault) {
        self.watch.refuse_head(fault);
        self.watch.begin();
        self.passed = BytesMut::from(REFUSED);
        self.phase = Phase::Refused;
    }

    /// Ends the body at hand: the handler that reads it sees an error, and its
    /// answer gives way to `fault`.
    pub(super) fn break_off(&mut self, fault: Fault) -> io::Error {
        self.watch.refuse_body(fault);
        self.phase = Phase::Refused;
        io::Error::new(io::ErrorKind::InvalidData, fault.code)
    }
}
