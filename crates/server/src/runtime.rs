//! The Postgres that this binary carries, if its build was given one.

use platform::postgres::Packed;

/// The archive's name and bytes.
#[cfg(packed_postgres)]
const ARCHIVE: Option<(&str, &[u8])> = Some((
    env!("ATTEST_PACKED_POSTGRES"),
    include_bytes!(concat!(env!("OUT_DIR"), "/postgres.tar.zst")),
));
#[cfg(not(packed_postgres))]
const ARCHIVE: Option<(&str, &[u8])> = None;

/// The packed Postgres runtime; `None` in a build without, which runs an installed Postgres.
#[must_use]
pub(crate) fn packed() -> Option<Packed> {
    ARCHIVE.map(|(name, bytes)| Packed::new(name, bytes))
}
