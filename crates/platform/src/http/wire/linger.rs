//! A close that lets the last answer arrive.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Instant;

use super::alarm::Alarm;

/// Bytes thrown away at most before the socket is closed on its sender.
const BUDGET: usize = 8 * 1024 * 1024;

/// Closing a socket that holds unread bytes resets the connection, and a reset
/// may overtake the answer just written. So what still comes is read and thrown
/// away for a moment.
#[derive(Debug, Default)]
pub(super) struct Linger {
    since: Option<Instant>,
    thrown_away: usize,
    alarm: Alarm,
}

impl Linger {
    pub(super) const fn begun(&self) -> bool {
        self.since.is_some()
    }

    /// Ready when the peer has closed, or has had `patience`, or sent too much.
    pub(super) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
        patience: Duration,
    ) -> Poll<()> {
        let deadline = *self.since.get_or_insert_with(Instant::now) + patience;
        let mut scratch = [0; 8 * 1024];
        loop {
            if self.alarm.poll(cx, deadline).is_ready() {
                return Poll::Ready(());
            }
            let mut buf = ReadBuf::new(&mut scratch);
            match Pin::new(&mut *io).poll_read(cx, &mut buf) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) => {
                    let read = buf.filled().len();
                    self.thrown_away += read;
                    if read == 0 || self.thrown_away > BUDGET {
                        return Poll::Ready(());
                    }
                }
            }
        }
    }
}
