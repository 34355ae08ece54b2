//! Dead letters: deliveries that were given up, until a person has them tried again or discards them.

pub(crate) mod routes;
pub(crate) mod store;

use contracts::DeliveryId;
use jiff::Timestamp;
use platform::{AuditNote, DbError, TenantTx};

use super::source::WebhookSource;

/// A delivery that was given up, without its body.
#[derive(Debug, Clone)]
pub struct DeadDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// Who delivered it.
    pub source: WebhookSource,
    /// What it tells of: the last part of the address it came to.
    pub kind: String,
    /// The sender's id of it.
    pub delivery_id: String,
    /// How often it was tried.
    pub attempts: i32,
    /// A stable name of the reason.
    pub reason_code: String,
    /// Why it was given up; never a value of it.
    pub reason: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// When it was given up.
    pub died_at: Timestamp,
}

/// Where a page of dead letters ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterCursor {
    pub(crate) died_at: Timestamp,
    pub(crate) id: DeliveryId,
}

impl LetterCursor {
    /// The place behind a letter.
    #[must_use]
    pub fn behind(letter: &DeadDelivery) -> Self {
        Self {
            died_at: letter.died_at,
            id: letter.id,
        }
    }

    /// As it is handed out.
    #[must_use]
    pub fn encode(self) -> String {
        format!(
            "{}.{}",
            self.died_at.as_microsecond(),
            self.id.uuid().simple()
        )
    }

    /// From what was handed out.
    #[must_use]
    pub fn decode(word: &str) -> Option<Self> {
        let (micros, id) = word.split_once('.')?;
        Some(Self {
            died_at: Timestamp::from_microsecond(micros.parse().ok()?).ok()?,
            id: id.parse().ok()?,
        })
    }
}

/// The company's dead letters behind `after`, oldest first.
///
/// # Errors
/// [`DbError`] when the database fails.
pub async fn list(
    tx: &mut TenantTx,
    after: Option<LetterCursor>,
    limit: i64,
) -> Result<Vec<DeadDelivery>, DbError> {
    store::list_letters(tx, after, limit).await
}

/// How many deliveries of the company wait, and how many are dead letters.
///
/// # Errors
/// [`DbError`] when the database fails.
pub async fn counts(tx: &mut TenantTx) -> Result<(u64, u64), DbError> {
    store::count_deliveries(tx).await
}

/// What may be done about deliveries that were given up.
pub struct DeadLetters;

impl DeadLetters {
    /// Has a dead letter tried again as if it had just arrived; false if there is none of that id.
    ///
    /// # Errors
    /// [`DbError`] when the database fails.
    pub async fn replay(tx: &mut TenantTx, id: DeliveryId) -> Result<bool, DbError> {
        let replayed = store::replay_letter(tx, id).await?;
        if replayed {
            tx.audit(AuditNote::new("delivery.replay", "delivery", id));
        }
        Ok(replayed)
    }

    /// Discards a dead letter with its body; false if there is none of that id.
    ///
    /// # Errors
    /// [`DbError`] when the database fails.
    pub async fn discard(tx: &mut TenantTx, id: DeliveryId) -> Result<bool, DbError> {
        let discarded = store::discard_letter(tx, id).await?;
        if discarded {
            tx.audit(AuditNote::new("delivery.discard", "delivery", id));
        }
        Ok(discarded)
    }
}
