//! Sessions that were agreed on. One that takes place later keeps the id it was announced under: it is found by its own
//! id, or else by its two people, its programme and the time that was agreed on.

mod store;

use std::collections::{HashMap, HashSet};

use contracts::event::NewEvent;
use contracts::event::kintell::SessionScheduled;
use contracts::event::value::{ExternalRef, SessionType};
use contracts::{PersonId, SessionId};
use jiff::Timestamp;
use platform::vault::{IdentifierKind, Vault};
use platform::{DbError, TenantTx};

use super::field::{self, Fault};
use super::mapping::MappingOptions;
use crate::sheet::header::tidy;
use crate::sheet::row_error::{ErrorCode, RowError};
use crate::source::Origin;

const ID_LIMIT: usize = 128;

/// A session that was agreed on. Its addresses are personal data.
#[derive(Clone, PartialEq)]
pub(crate) struct BookingRow {
    pub(crate) origin: Origin,
    /// The session's id at Kintell if it has one already, else that of the booking.
    pub(crate) external_id: String,
    pub(crate) session_type: SessionType,
    pub(crate) participant_email: String,
    pub(crate) volunteer_email: String,
    pub(crate) scheduled_at: Timestamp,
}

/// Maps a booking whose cells are asked for by name.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn map<'a>(
    origin: Origin,
    options: &MappingOptions,
    cell: impl Fn(&'static str) -> Option<&'a str>,
) -> Result<BookingRow, Vec<RowError>> {
    let mut cells = Cells {
        cell,
        line: origin.line(),
        errors: Vec::new(),
    };
    let id_name = if cells.text("session_id").is_empty() {
        "booking_id"
    } else {
        "session_id"
    };
    let id = cells.must(id_name, |text| field::external_id(text, ID_LIMIT));
    let session_type = cells.must("session_type", field::session_type);
    let participant = cells.must("participant_email", field::email);
    let volunteer = cells.must("volunteer_email", field::email);
    let scheduled = cells.must("scheduled_at", |text| {
        field::date(text, &options.zone, options.now)
    });
    let made = id
        .zip(session_type)
        .zip(participant)
        .zip(volunteer)
        .zip(scheduled);
    match made {
        Some(((((external_id, session_type), participant_email), volunteer_email), scheduled)) => {
            Ok(BookingRow {
                origin,
                external_id,
                session_type,
                participant_email,
                volunteer_email,
                scheduled_at: scheduled.at,
            })
        }
        None => Err(cells.errors),
    }
}

struct Cells<F> {
    cell: F,
    line: u64,
    errors: Vec<RowError>,
}

impl<'a, F: Fn(&'static str) -> Option<&'a str>> Cells<F> {
    fn text(&self, name: &'static str) -> &'a str {
        tidy((self.cell)(name).unwrap_or_default())
    }

    fn must<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = self.text(name);
        let parsed = if text.is_empty() {
            Err(Fault {
                code: ErrorCode::MissingField,
                reason: "The field is empty".into(),
            })
        } else {
            parse(text)
        };
        parsed
            .map_err(|fault| {
                let error = RowError::of_cell(self.line, name, fault.code, text, fault.reason);
                self.errors.push(error);
            })
            .ok()
    }
}

/// A booking as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Booking {
    id: SessionId,
    session_type: SessionType,
    participant: PersonId,
    volunteer: PersonId,
    scheduled_at: Timestamp,
}

/// Stores bookings and announces those that say something new. Of several about one session the last one counts. One of
/// a session that took place already says nothing new.
pub(crate) async fn take_in(tx: &mut TenantTx, rows: &[BookingRow]) -> Result<(), DbError> {
    let mut latest: HashMap<&str, &BookingRow> = HashMap::new();
    for row in rows {
        latest.insert(&row.external_id, row);
    }
    let mut rows: Vec<&BookingRow> = latest.into_values().collect();
    rows.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    let ids: Vec<String> = rows.iter().map(|row| row.external_id.clone()).collect();
    let over: HashSet<String> = store::find_over(tx, &ids).await?;
    rows.retain(|row| !over.contains(&row.external_id));
    if rows.is_empty() {
        return Ok(());
    }
    let mut known = store::find_known(tx, &ids).await?;
    let persons = resolve(tx, &rows).await?;
    let mut writes = Vec::new();
    for (row, (participant, volunteer)) in rows.into_iter().zip(persons) {
        let before = known.remove(&row.external_id);
        let id = before
            .as_ref()
            .map_or_else(|| SessionId::new(tx.clock().new_id()), |booking| booking.id);
        let booking = Booking {
            id,
            session_type: row.session_type,
            participant,
            volunteer,
            scheduled_at: row.scheduled_at,
        };
        if before.as_ref() != Some(&booking) {
            announce(tx, row, &booking)?;
            writes.push((row, booking));
        }
    }
    store::upsert_bookings(tx, &writes).await
}

async fn resolve(
    tx: &mut TenantTx,
    rows: &[&BookingRow],
) -> Result<Vec<(PersonId, PersonId)>, DbError> {
    let addresses: Vec<&str> = rows
        .iter()
        .flat_map(|row| [row.participant_email.as_str(), row.volunteer_email.as_str()])
        .collect();
    let persons = Vault::new()
        .resolve(tx, IdentifierKind::Email, &addresses)
        .await?;
    let pairs = persons.chunks_exact(2).map(|pair| match pair {
        [Some(participant), Some(volunteer)] => Ok((*participant, *volunteer)),
        // The mapping refuses what is no address, so nothing is empty here.
        _ => Err(DbError::Schema(
            "an e-mail address gave no person".to_owned(),
        )),
    });
    pairs.collect()
}

fn announce(tx: &mut TenantTx, row: &BookingRow, booking: &Booking) -> Result<(), DbError> {
    let scheduled = SessionScheduled {
        session_id: booking.id.uuid(),
        external_session_id: ExternalRef::new(row.external_id.as_str()).ok(),
        session_type: booking.session_type,
        participant_id: booking.participant.uuid(),
        volunteer_id: booking.volunteer.uuid(),
        scheduled_at: booking.scheduled_at,
    };
    tx.publish(NewEvent::new(scheduled, row.origin.event_source()))?;
    Ok(())
}

/// A session that nobody has told of before as having taken place.
pub(super) struct Completed<'a> {
    pub(super) external_id: &'a str,
    pub(super) session_type: SessionType,
    pub(super) participant: PersonId,
    pub(super) volunteer: PersonId,
    pub(super) scheduled_at: Timestamp,
}

/// The ids under which sessions were announced, in the order of `sessions`; their bookings are over.
pub(super) async fn join(
    tx: &mut TenantTx,
    sessions: &[Completed<'_>],
) -> Result<Vec<Option<SessionId>>, DbError> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let mut open = store::find_open(tx, sessions).await?;
    let mut joined = Vec::with_capacity(sessions.len());
    for session in sessions {
        let same = |(external_id, booking): &(String, Booking)| {
            external_id == session.external_id && booking.session_type == session.session_type
        };
        let alike = |(_, booking): &(String, Booking)| {
            booking.session_type == session.session_type
                && booking.participant == session.participant
                && booking.volunteer == session.volunteer
                && booking.scheduled_at == session.scheduled_at
        };
        let place = open
            .iter()
            .position(same)
            .or_else(|| open.iter().position(alike));
        joined.push(place.map(|place| open.remove(place).1.id));
    }
    let over: Vec<SessionId> = joined.iter().copied().flatten().collect();
    if !over.is_empty() {
        store::end_bookings(tx, &over).await?;
    }
    Ok(joined)
}
