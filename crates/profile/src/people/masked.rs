//! What is shown of what a person is known by.

use contracts::PersonId;
use platform::vault::{self, Identifier, IdentifierKind};
use platform::{DbError, TenantTx};

use super::MaskedIdentifier;

/// What a person is known by, masked, in order.
pub(super) async fn identifiers(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<MaskedIdentifier>, DbError> {
    let open = vault::open_identifiers(tx, person).await?;
    let mut shown: Vec<_> = open.iter().filter_map(masked).collect();
    shown.sort();
    Ok(shown)
}

fn masked(identifier: &Identifier) -> Option<MaskedIdentifier> {
    let value = identifier.value.as_str();
    let (kind, masked) = if identifier.kind == IdentifierKind::Email.as_str() {
        let mailbox = value.split('@').next().unwrap_or_default();
        ("email", format!("{}@", crate::mapping::masked(mailbox)))
    } else {
        let system = identifier.kind.strip_prefix("external:")?;
        (system, crate::mapping::masked(value))
    };
    Some(MaskedIdentifier {
        kind: kind.to_owned(),
        masked,
    })
}
