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
    let names = vault::open_names(tx, person).await?;
    shown.extend(names.iter().map(|name| MaskedIdentifier {
        kind: "name".to_owned(),
        masked: initials(name),
    }));
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

/// `Amelia Bedelia` becomes `A. B.`
fn initials(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_alphanumeric());
    let first = parts.filter_map(|part| part.chars().next());
    let initials: Vec<String> = first.map(|c| format!("{}.", c.to_uppercase())).collect();
    initials.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_by_its_initials() {
        assert_eq!(initials("Amelia Bedelia"), "A. B.");
        assert_eq!(initials("hansen, ole-kristian"), "H. O. K.");
        assert_eq!(initials(" "), "");
    }
}
