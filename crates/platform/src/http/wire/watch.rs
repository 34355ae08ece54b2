//! What the two ends of a connection tell each other: the stream that judges
//! bytes and the service that answers requests.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Waker;

use futures_util::task::AtomicWaker;

use super::fault::Fault;

/// The shared state of one connection.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    in_flight: AtomicUsize,
    draining: AtomicBool,
    head: OnceLock<Fault>,
    body: OnceLock<Fault>,
    reader: AtomicWaker,
}

impl Watch {
    /// Counts a request that was handed on and not yet answered.
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts a request as answered.
    pub(crate) fn finish(&self) {
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.reader.wake();
    }

    /// Whether a request is being answered.
    pub(super) fn busy(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) > 0
    }

    /// Asks for no further request on this connection.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.reader.wake();
    }

    pub(super) fn draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Leaves the address to wake when a request is answered or draining begins.
    pub(super) fn wake_reader(&self, waker: &Waker) {
        self.reader.register(waker);
    }

    pub(super) fn refuse_head(&self, fault: Fault) {
        self.head.get_or_init(|| fault);
    }

    pub(super) fn refuse_body(&self, fault: Fault) {
        self.body.get_or_init(|| fault);
    }

    /// Why the connection's last head was refused.
    pub(crate) fn head_fault(&self) -> Option<Fault> {
        self.head.get().copied()
    }

    /// Why the body of the request now being answered broke off.
    pub(crate) fn body_fault(&self) -> Option<Fault> {
        self.body.get().copied()
    }
}
