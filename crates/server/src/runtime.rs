//! The Postgres that this binary carries, if its build was given one.

use platform::postgres::Packed;

/// The packed Postgres runtime; `None` in a build without, which runs an installed Postgres.
#[must_use]
pub(crate) fn packed() -> Option<Packed> {
    #[cfg(packed_postgres)]
    return Some(Packed::new(
        env!("ATTEST_PACKED_POSTGRES"),
        include_bytes!(concat!(env!("OUT_DIR"), "/postgres.tar.zst")).as_slice(),
    ));
    #[cfg(not(packed_postgres))]
    None
}
