//! From sealed bodies to rows that can be stored, and from there to what became of each delivery.

use std::collections::BTreeMap;

use contracts::CompanyId;
use contracts::event::value::RatingScale;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use platform::TenantTx;
use platform::crypto::CompanyKeys;
use platform::vault::Vault;

use super::message::{Fault, Told, read};
use super::store::{Due, Ending};
use crate::error::Error;
use crate::import::model::Counts;
use crate::kintell::apply;
use crate::kintell::booking::{self, BookingRow};
use crate::kintell::content::{ContentHasher, PreparedRow};
use crate::kintell::mapping::{Mapper, MappingOptions};
use crate::sheet::file_error::FileError;
use crate::sheet::header::Header;
use crate::sheet::record::Record;
use crate::sheet::row_error::RowError;
use crate::source::Origin;
use crate::webhook::seal::{Place, open};

/// Deliveries, mapped.
pub(super) struct Prepared {
    bookings: Vec<BookingRow>,
    /// Sessions by the scale of their ratings.
    sessions: BTreeMap<Option<RatingScale>, Vec<PreparedRow>>,
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
        let origin = Origin::Delivery { id: due.id.uuid() };
        match read(due.source, due.kind, &body)? {
            Told::Session(cells) => {
                let names = cells.names().map(str::to_owned).collect();
                let header = Header::from_names(names).map_err(|error| Fault::of_file(&error))?;
                let mapper =
                    Mapper::new(&header, options).map_err(|error| Fault::of_file(&error))?;
                let (text, ends) = cells.joined();
                let session = mapper.map(Record::new(1, &text, &ends));
                let session = session.map_err(|errors| Fault::of_row(&errors))?;
                let hasher = ContentHasher::new(keys.index(), due.scale);
                let rows = self.sessions.entry(due.scale).or_default();
                rows.push(hasher.prepare(origin, session));
            }
            Told::Booking(cells) => {
                let row = booking::map(origin, &options, |name| cells.get(name));
                self.bookings
                    .push(row.map_err(|errors| Fault::of_row(&errors))?);
            }
        }
        Ok(())
    }

    /// Takes everything in: bookings before the sessions that may be theirs.
    pub(super) async fn take_in(self, tx: &mut TenantTx) -> Result<(Vec<Ending>, Counts), Error> {
        booking::take_in(tx, &self.bookings).await?;
        let (mut counts, mut vault) = (Counts::default(), Vault::new());
        for (scale, rows) in &self.sessions {
            counts.add(apply::take_in(tx, &mut vault, *scale, rows).await?);
        }
        Ok((self.endings, counts))
    }
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
