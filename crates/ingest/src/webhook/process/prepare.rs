//! From sealed bodies to rows that can be stored, and from there to what became of each delivery.

use std::collections::{BTreeMap, HashMap};

use contracts::event::value::RatingScale;
use contracts::{CompanyId, DeliveryId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use platform::TenantTx;
use platform::crypto::CompanyKeys;
use platform::vault::Vault;

use super::message::{Fault, Told, read};
use super::next_attempt;
use super::store::{Due, Ending};
use crate::error::Error;
use crate::import::model::Counts;
use crate::import::way::Way as _;
use crate::kintell::apply;
use crate::kintell::booking::{self, BookingRow};
use crate::kintell::content::{ContentHasher, PreparedRow};
use crate::kintell::mapping::{Mapper, MappingOptions};
use crate::record::prepare::PreparedRecord;
use crate::record::way::Records;
use crate::sheet::file_error::FileError;
use crate::sheet::header::Header;
use crate::sheet::record::{Record, RowText};
use crate::sheet::row_error::RowError;
use crate::source::{Origin, Source};
use crate::webhook::seal::{Place, open};

/// Deliveries, mapped.
pub(super) struct Prepared {
    bookings: Vec<BookingRow>,
    /// Sessions by the scale of their ratings.
    sessions: BTreeMap<Option<RatingScale>, Vec<PreparedRow>>,
    /// Rows of other sources; a source comes behind those that its rows may refer to.
    records: BTreeMap<(Source, Option<RatingScale>), (Records, Vec<PreparedRecord>)>,
    endings: Vec<Ending>,
}

/// Opens and maps deliveries. One that cannot be read is a dead letter, and stops no other.
pub(super) fn prepare(
    due: Vec<Due>,
    company: CompanyId,
    keys: &CompanyKeys,
    now: Timestamp,
) -> Prepared {
    let mut prepared = Prepared {
        bookings: Vec::new(),
        sessions: BTreeMap::new(),
        records: BTreeMap::new(),
        endings: Vec::with_capacity(due.len()),
    };
    for due in due {
        let attempts = due.attempts + 1;
        let ending = match prepared.add(&due, company, keys, now) {
            Ok(()) => Ending::processed(due.id, attempts),
            Err(fault) => Ending::dead(due.id, attempts, fault.code, &fault.detail),
        };
        prepared.endings.push(ending);
    }
    prepared
}

impl Prepared {
    fn add(
        &mut self,
        due: &Due,
        company: CompanyId,
        keys: &CompanyKeys,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let body = open(keys, company, Place::Body(due.id), &due.body)
            .map_err(|error| Fault::new("body_sealed", error.to_string()))?;
        let options = MappingOptions {
            rating_scale: due.scale,
            zone: TimeZone::UTC,
            now,
        };
        // All that a delivery tells of is mapped before any of it is kept: it is taken in whole, or not at all.
        let mapped: Result<Vec<Mapped>, Fault> = read(due.source, due.kind, &body)?
            .iter()
            .map(|told| self.map(due, told, keys, &options))
            .collect();
        for mapped in mapped? {
            match mapped {
                Mapped::Session(row) => self.sessions.entry(due.scale).or_default().push(*row),
                Mapped::Booking(row) => self.bookings.push(row),
                Mapped::Record(source, row) => {
                    if let Some((_, rows)) = self.records.get_mut(&(source, due.scale)) {
                        rows.push(*row);
                    }
                }
            }
        }
        Ok(())
    }

    fn map(
        &mut self,
        due: &Due,
        told: &Told,
        keys: &CompanyKeys,
        options: &MappingOptions,
    ) -> Result<Mapped, Fault> {
        let origin = Origin::Delivery { id: due.id.uuid() };
        let of_row = |errors: Vec<RowError>| Fault::of_row(&errors);
        match told {
            Told::Session(cells) => {
                let names = cells.names().map(str::to_owned).collect();
                let header = Header::from_names(names).map_err(|error| Fault::of_file(&error))?;
                let mapper = Mapper::new(&header, options.clone());
                let mapper = mapper.map_err(|error| Fault::of_file(&error))?;
                let (text, ends) = cells.joined();
                let session = mapper.map(Record::new(1, &text, &ends)).map_err(of_row)?;
                let hasher = ContentHasher::new(keys.index(), due.scale);
                Ok(Mapped::Session(Box::new(hasher.prepare(origin, session))))
            }
            Told::Booking(cells) => {
                let row = booking::map(origin, options, |name| cells.get(name));
                Ok(Mapped::Booking(row.map_err(of_row)?))
            }
            Told::Record(source, cells) => {
                let (records, _) = self.records.entry((*source, due.scale)).or_insert_with(|| {
                    let records = Records::without_file(*source, options.clone(), keys.index());
                    (records, Vec::new())
                });
                // Should the row be refused, the delivery's id in place of its text says which it was.
                let id = due.id.to_string();
                let text = RowText::from(Record::new(1, &id, &[id.len()]));
                let row = records.map_cells(origin, text, |name| cells.get(name));
                Ok(Mapped::Record(*source, Box::new(row.map_err(of_row)?)))
            }
        }
    }

    /// Takes everything in: bookings before the sessions that may be theirs.
    pub(super) async fn take_in(self, tx: &mut TenantTx) -> Result<(Vec<Ending>, Counts), Error> {
        booking::take_in(tx, &self.bookings).await?;
        let (mut counts, mut vault) = (Counts::default(), Vault::new());
        for (scale, rows) in &self.sessions {
            counts.add(apply::take_in(tx, &mut vault, *scale, rows).await?);
        }
        let mut waiting: HashMap<DeliveryId, Fault> = HashMap::new();
        for (records, rows) in self.records.values() {
            let taken = records.take_in(tx, &mut vault, rows).await?;
            counts.add(taken.counts);
            for refused in taken.refused {
                let id = refused.text.record().get(0).and_then(|id| id.parse().ok());
                if let Some(id) = id {
                    waiting.insert(id, Fault::of_row(&refused.errors));
                }
            }
        }
        let now = tx.clock().now();
        let mut endings = self.endings;
        for ending in &mut endings {
            // What it speaks of is not known yet, and may come.
            if let Some(fault) = waiting.remove(&ending.id) {
                let again = next_attempt(now, ending.attempts);
                *ending = Ending::failed(ending.id, ending.attempts, again, &fault.detail);
            }
        }
        Ok((endings, counts))
    }
}

/// A row that can be stored.
enum Mapped {
    Session(Box<PreparedRow>),
    Booking(BookingRow),
    Record(Source, Box<PreparedRecord>),
}

impl Fault {
    fn of_file(error: &FileError) -> Self {
        Self::new(error.code(), error.to_string())
    }

    /// Everything that is wrong, without the values.
    fn of_row(errors: &[RowError]) -> Self {
        let told: Vec<String> = errors
            .iter()
            .map(|error| {
                let column = error.column.unwrap_or("body");
                format!("{} {column}: {}", error.code, error.reason)
            })
            .collect();
        Self::new("refused", told.join("; "))
    }
}
