//! Reading and writing under deadlines.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_util::io::poll_read_buf;

use super::fault::Fault;
use super::stream::{GuardedStream, Phase};

impl<S: AsyncRead + AsyncWrite + Unpin> GuardedStream<S> {
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
