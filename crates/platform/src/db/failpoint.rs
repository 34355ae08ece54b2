//! Places at which the tests let a process fail: between two steps that must both
//! happen or neither. Outside tests nothing happens there.

use super::{Db, DbError};

/// A place between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failpoint {
    /// Effects are in the transaction, audit entries and events are not.
    BeforeFlush,
    /// Everything is in the transaction, which is not committed.
    BeforeCommit,
    /// Committed, and nobody was woken.
    AfterCommit,
    /// A consumer's handler has returned, its position is not stored.
    AfterHandler,
    /// A job's lease is taken, and it does not run yet.
    AfterClaim,
    /// A job has run, and its end is not written down.
    BeforeFinish,
}

#[cfg(test)]
impl Failpoint {
    /// Every one of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::BeforeFlush,
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::AfterHandler,
        Self::AfterClaim,
        Self::BeforeFinish,
    ];
}

/// How the tests let it fail.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Error,
    Panic,
}

/// What is to fail in one database's transactions.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Failpoints(
    std::sync::Mutex<Option<(Failpoint, Failure)>>,
    std::sync::atomic::AtomicUsize,
);

impl Db {
    /// Fails here if a test wants it to.
    #[cfg_attr(
        not(test),
        expect(
            clippy::unnecessary_wraps,
            clippy::unused_self,
            reason = "it fails in tests only"
        )
    )]
    pub(crate) fn reach(&self, point: Failpoint) -> Result<(), DbError> {
        #[cfg(test)]
        self.shared.failpoints.reach(point)?;
        let _ = point;
        Ok(())
    }

    /// Lets the next transaction or run that comes to `point` fail, once.
    #[cfg(test)]
    pub(crate) fn fail_at(&self, point: Failpoint, failure: Failure) {
        *self.shared.failpoints.0.lock().unwrap() = Some((point, failure));
    }

    /// Takes back what [`Db::fail_at`] said, if it has not come true.
    #[cfg(test)]
    pub(crate) fn heal(&self) {
        *self.shared.failpoints.0.lock().unwrap() = None;
    }

    /// How often something has failed as it was told to.
    #[cfg(test)]
    pub(crate) fn failed(&self) -> usize {
        self.shared
            .failpoints
            .1
            .load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[cfg(test)]
impl Failpoints {
    fn reach(&self, point: Failpoint) -> Result<(), DbError> {
        let mut wanted = self.0.lock().unwrap();
        let Some((_, failure)) = wanted.filter(|(wanted, _)| *wanted == point) else {
            return Ok(());
        };
        *wanted = None;
        drop(wanted);
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match failure {
            Failure::Error => Err(DbError::Schema(format!("told to fail at {point:?}"))),
            Failure::Panic => panic!("told to fail at {point:?}"),
        }
    }
}
