//! Telling sleepers that there is work: within the process at once, and to other
//! processes by one debounced NOTIFY, because Postgres serialises the commits of
//! all transactions that notify.

use std::sync::Arc;

use contracts::CompanyId;
use tokio::sync::Notify;

/// The channel that other processes listen on.
pub(crate) const CHANNEL: &str = "attest_wake";

/// Wakes whoever waits for events or jobs. Cloning shares the sleepers.
#[derive(Clone, Default, Debug)]
pub(crate) struct Wake {
    events: Arc<Notify>,
    jobs: Arc<Notify>,
    others: Arc<Notify>,
}

impl Wake {
    /// Events of a company have been committed here.
    pub(crate) fn events(&self, _company: CompanyId) {
        self.events.notify_waiters();
        self.others.notify_one();
    }

    /// A job has been committed here.
    pub(crate) fn jobs(&self) {
        self.jobs.notify_waiters();
        self.others.notify_one();
    }

    /// Another process says that something was committed.
    pub(crate) fn everybody_here(&self) {
        self.events.notify_waiters();
        self.jobs.notify_waiters();
    }

    /// Waits for events; register before looking at the database.
    pub(crate) fn events_listener(&self) -> tokio::sync::futures::OwnedNotified {
        self.events.clone().notified_owned()
    }

    /// Waits for jobs; register before looking at the database.
    pub(crate) fn jobs_listener(&self) -> tokio::sync::futures::OwnedNotified {
        self.jobs.clone().notified_owned()
    }

    /// Waits until other processes should be told.
    pub(crate) async fn wait_to_tell_others(&self) {
        self.others.notified().await;
    }
}
