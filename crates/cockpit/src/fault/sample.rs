//! Made-up error pages.

use super::Fault;
use crate::gallery::{PERSON, TOKEN, company};
use crate::layout::Layout;
use http::StatusCode;

/// The page for a status; an impossible one gives that of 500.
#[must_use]
pub fn of(status: u16) -> Fault {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let layout = Layout::signed_in("", TOKEN, PERSON).within(company(), true);
    Fault::new(layout, status, "", "req_0199b2c47d1e7a60b0c4f1d2a9e35c71")
}
