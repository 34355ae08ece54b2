//! Made-up deliveries.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Deliveries, DeliveryRow};
use crate::gallery::{PERSON, TOKEN, company};
use crate::layout::{Layout, Section};

const RECEIVED: Timestamp = Timestamp::constant(1_791_986_400, 0);

/// Two deliveries that were given up.
#[must_use]
pub fn list() -> Deliveries {
    let row = |id: &str, kind: &str, reason: &str| DeliveryRow {
        id: id.to_owned(),
        source: "Kintell".to_owned(),
        kind: kind.to_owned(),
        delivery_id: "evt-20261014-1".to_owned(),
        received_at: RECEIVED,
        attempts: 10,
        reason: reason.to_owned(),
    };
    let layout = Layout::signed_in("Deliveries", TOKEN, PERSON).within(company(), true);
    Deliveries {
        layout: Layout {
            may_settle: true,
            ..layout.at(Section::Deliveries)
        },
        pending: 3,
        dead: 2,
        rows: vec![
            row(
                "del_0199aa",
                "session-completed",
                "E001 participant_email: This is not an e-mail address",
            ),
            row(
                "del_0199ab",
                "rating-created",
                "E002 session_id: There is no such session",
            ),
        ],
        may_settle: true,
        next: None,
        zone: TimeZone::UTC,
    }
}

/// None was given up.
#[must_use]
pub fn empty() -> Deliveries {
    Deliveries {
        pending: 0,
        dead: 0,
        rows: Vec::new(),
        ..list()
    }
}
