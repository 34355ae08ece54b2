//! Where a stored row was last told of.

use contracts::ImportId;
use uuid::Uuid;

/// A row of a file, or a delivery that a system sent by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A row of an import.
    Import {
        /// The import.
        import: ImportId,
        /// Number of the row among those that are not blank, from 1.
        row: i64,
        /// Physical line on which the row begins, from 1.
        line: i64,
    },
    /// A webhook's delivery.
    Delivery {
        /// The delivery.
        id: Uuid,
    },
}

/// An origin as columns: exactly one of the two kinds is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OriginColumns {
    pub(crate) import: Option<Uuid>,
    pub(crate) row: Option<i64>,
    pub(crate) line: Option<i64>,
    pub(crate) delivery: Option<Uuid>,
}

impl Origin {
    /// What events of the row say they come from.
    #[must_use]
    pub fn event_source(self) -> String {
        match self {
            Self::Import { import, row, .. } => {
                format!("/ingest/imports/{}/rows/{row}", import.uuid())
            }
            Self::Delivery { id } => format!("/ingest/deliveries/{id}"),
        }
    }

    /// An origin as it was stored, by import and row or by delivery; its line is not known.
    pub(crate) fn stored(
        (import, row, delivery): (Option<Uuid>, Option<i64>, Option<Uuid>),
    ) -> Self {
        match (import, row) {
            (Some(import), Some(row)) => Self::Import {
                import: import.into(),
                row,
                line: 1,
            },
            _ => Self::Delivery {
                id: delivery.unwrap_or_default(),
            },
        }
    }

    /// Physical line in the file; 1 for a delivery.
    #[must_use]
    pub fn line(self) -> u64 {
        match self {
            Self::Import { line, .. } => u64::try_from(line).unwrap_or(1),
            Self::Delivery { .. } => 1,
        }
    }

    pub(crate) fn columns(self) -> OriginColumns {
        match self {
            Self::Import { import, row, line } => OriginColumns {
                import: Some(import.uuid()),
                row: Some(row),
                line: Some(line),
                delivery: None,
            },
            Self::Delivery { id } => OriginColumns {
                delivery: Some(id),
                ..OriginColumns::default()
            },
        }
    }
}
