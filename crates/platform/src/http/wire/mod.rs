//! The stream between a client's socket and hyper: it judges the bytes of each
//! request before hyper sees them and keeps the deadlines of a connection.

mod alarm;
mod fault;
mod framing;
mod head;
mod linger;
#[cfg(test)]
mod tests;
mod watch;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_util::io::poll_read_buf;

use self::alarm::Alarm;
pub(crate) use self::fault::Fault;
use self::framing::Framing;
use self::linger::Linger;
pub(crate) use self::watch::Watch;
use super::limits::EdgeLimits;

/// What hyper is given in place of a refused head. No client can send it, since
/// the asterisk form is refused, so the service knows it for what it is and
/// answers with the fault, in order after the answers before it.
const REFUSED: &[u8] = b"OPTIONS * HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n";

/// A client's socket under watch.
#[derive(Debug)]
pub(crate) struct GuardedStream<S> {
    io: S,
    limits: Arc<EdgeLimits>,
    watch: Arc<Watch>,
    /// Received and not yet judged.
    raw: BytesMut,
    /// Judged and not yet handed on.
    passed: BytesMut,
    phase: Phase,
    peer_closed: bool,
    read_alarm: Alarm,
    write_alarm: Alarm,
    write_since: Option<Instant>,
    linger: Linger,
}

#[derive(Debug)]
enum Phase {
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
struct Body {
    framing: Framing,
    received: u64,
    waited: Duration,
    since: Option<Instant>,
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
    fn judge(&mut self) -> io::Result<bool> {
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
    fn refuse(&mut self, fault: Fault) {
        self.watch.refuse_head(fault);
        self.watch.begin();
        self.passed = BytesMut::from(REFUSED);
        self.phase = Phase::Refused;
    }

    /// Ends the body at hand: the handler that reads it sees an error, and its
    /// answer gives way to `fault`.
    fn break_off(&mut self, fault: Fault) -> io::Error {
        self.watch.refuse_body(fault);
        self.phase = Phase::Refused;
        io::Error::new(io::ErrorKind::InvalidData, fault.code)
    }

    /// Reads from the socket into `raw`.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let room = if matches!(self.phase, Phase::Body(_)) {
            16 * 1024
        } else {
            4 * 1024
        };
        self.raw.reserve(room);
        let read = ready!(poll_read_buf(Pin::new(&mut self.io), cx, &mut self.raw))?;
        match &mut self.phase {
            Phase::Head { since, first, .. } => {
                // The wait for a request is over; now its head has its own deadline.
                if !*first && self.raw.len() == read {
                    *since = None;
                }
            }
            Phase::Body(body) => {
                body.waited += body
                    .since
                    .take()
                    .map(|since| since.elapsed())
                    .unwrap_or_default();
            }
            Phase::Refused => {}
        }
        Poll::Ready(Ok(read))
    }

    /// The socket has nothing: waits, but not beyond the phase's deadline.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Wait> {
        let limits = &self.limits;
        let deadline = match &mut self.phase {
            Phase::Refused => return Poll::Pending,
            Phase::Head { since, first, .. } if self.raw.is_empty() => {
                self.watch.wake_reader(cx.waker());
                if self.watch.busy() {
                    return Poll::Pending;
                }
                if self.watch.draining() {
                    return Poll::Ready(Wait::Close);
                }
                // An idle connection keeps no buffer.
                self.raw = BytesMut::new();
                let allowed = if *first {
                    limits.head_deadline
                } else {
                    limits.idle
                };
                *since.get_or_insert_with(Instant::now) + allowed
            }
            Phase::Head { since, .. } => {
                *since.get_or_insert_with(Instant::now) + limits.head_deadline
            }
            Phase::Body(body) => {
                let earned = Duration::from_secs(body.received / limits.body_rate);
                let left = (limits.body_stall + earned).saturating_sub(body.waited);
                *body.since.get_or_insert_with(Instant::now) + left.min(limits.body_stall)
            }
        };
        ready!(self.read_alarm.poll(cx, deadline));
        Poll::Ready(match &self.phase {
            Phase::Head { .. } if self.raw.is_empty() => Wait::Close,
            Phase::Head { .. } => Wait::Refuse(Fault::HEAD_TIMEOUT),
            _ => Wait::BreakOff(Fault::BODY_TIMEOUT),
        })
    }

    /// Lets a write wait, but not for ever.
    fn bounded_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.write_since = None;
            return write;
        }
        let since = *self.write_since.get_or_insert_with(Instant::now);
        ready!(self.write_alarm.poll(cx, since + self.limits.write_stall));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// What becomes of a connection whose wait ended without bytes.
enum Wait {
    Close,
    Refuse(Fault),
    BreakOff(Fault),
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for GuardedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.passed.is_empty() {
                let given = this.passed.len().min(buf.remaining());
                buf.put_slice(&this.passed.split_to(given));
                return Poll::Ready(Ok(()));
            }
            if matches!(this.phase, Phase::Refused) {
                return Poll::Pending;
            }
            if this.judge()? {
                continue;
            }
            match this.fill(cx) {
                Poll::Ready(Ok(0)) => {
                    this.peer_closed = true;
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => match ready!(this.wait(cx)) {
                    Wait::Close => return Poll::Ready(Ok(())),
                    Wait::Refuse(fault) => this.refuse(fault),
                    Wait::BreakOff(fault) => return Poll::Ready(Err(this.break_off(fault))),
                },
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for GuardedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.io).poll_write(cx, buf);
        this.bounded_write(cx, write)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.io).poll_write_vectored(cx, bufs);
        this.bounded_write(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flush = Pin::new(&mut this.io).poll_flush(cx);
        this.bounded_write(cx, flush)
    }

    /// Says goodbye, and after a refusal waits until the client has read it.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.linger.begun() {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
        }
        let at_rest = matches!(this.phase, Phase::Head { .. }) && this.raw.is_empty();
        if at_rest || this.peer_closed {
            return Poll::Ready(Ok(()));
        }
        this.linger
            .poll(&mut this.io, cx, this.limits.linger)
            .map(Ok)
    }
}
