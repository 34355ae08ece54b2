//! The people behind rows, and the suggestions that rows give rise to.

use contracts::event::NewEvent;
use contracts::event::ingest::MatchSuggested;
use contracts::event::value::{Rate, Slug};
use platform::vault::{Evidence, Resolved, Vault};
use platform::{DbError, TenantTx};

/// The people behind rows, in their order, by the one match service of the vault. Whom
/// else they may be is published as `ingest.match.suggested`; `origin` says where the
/// row of a place came from. Every source word must be a slug.
pub(crate) async fn resolve(
    tx: &mut TenantTx,
    vault: &mut Vault,
    evidence: &[Evidence<'_>],
    origin: impl Fn(usize) -> String,
) -> Result<Vec<Option<Resolved>>, DbError> {
    let resolved = vault.resolve_people(tx, evidence).await?;
    for (row, (found, evidence)) in resolved.iter().zip(evidence).enumerate() {
        for suggestion in found.iter().flat_map(|found| &found.suggestions) {
            let person = found.as_ref().map(|found| found.person);
            let wrong = |_| DbError::Schema("a suggestion cannot be told".to_owned());
            let event = MatchSuggested {
                person_id: person.unwrap_or(suggestion.other).uuid(),
                other_id: suggestion.other.uuid(),
                reason: suggestion.reason,
                score: Rate::new(f64::try_from(suggestion.score).unwrap_or_default())
                    .map_err(wrong)?,
                source: Slug::new(evidence.source).map_err(wrong)?,
                suggested_at: tx.clock().now(),
            };
            tx.publish(NewEvent::new(event, origin(row)))?;
        }
    }
    Ok(resolved)
}
