//! Deliveries that were given up: the list (`GET /c/{slug}/deliveries`), and what is decided about one
//! (`POST /c/{slug}/deliveries/{id}`).

pub(crate) mod routes;

use askama::Template;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::layout::Layout;
use crate::words;

#[cfg(any(test, feature = "samples"))]
pub mod sample;

/// The page `GET /c/{slug}/deliveries`.
#[derive(Template, Clone)]
#[template(path = "deliveries.html")]
pub struct Deliveries {
    /// The frame, within the company.
    pub layout: Layout,
    /// Deliveries that wait to be taken in.
    pub pending: u64,
    /// All that were given up.
    pub dead: u64,
    /// The oldest of those that were given up.
    pub rows: Vec<DeliveryRow>,
    /// Whether this person may decide about them.
    pub may_settle: bool,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
    /// The zone in which instants are shown.
    pub zone: TimeZone,
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its id.
    pub id: String,
    /// Who delivered it.
    pub source: String,
    /// What it tells of.
    pub kind: String,
    /// The sender's id of it.
    pub delivery_id: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// Why it was given up.
    pub reason: String,
}

impl Deliveries {
    fn received_at(&self, row: &DeliveryRow) -> String {
        words::instant(row.received_at, &self.zone)
    }
}
