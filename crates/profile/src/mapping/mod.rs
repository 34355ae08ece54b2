//! External ids: what other systems know a person by. The ids themselves are in
//! the vault.

pub(crate) mod routes;
mod store;
#[cfg(test)]
mod tests;

use contracts::journey::ExternalIdProvider;
use platform::vault::IdentifierKind;

/// The kind that the vault keeps a provider's ids under.
pub(crate) const fn identifier_kind(provider: ExternalIdProvider) -> IdentifierKind {
    match provider {
        ExternalIdProvider::Buddy => IdentifierKind::Buddy,
        ExternalIdProvider::Discord => IdentifierKind::Discord,
        ExternalIdProvider::Kintell => IdentifierKind::Kintell,
        ExternalIdProvider::Upskilling => IdentifierKind::Upskilling,
    }
}

/// The provider of an id in the vault; none for addresses and names.
fn provider(kind: &str) -> Option<ExternalIdProvider> {
    ExternalIdProvider::ALL
        .iter()
        .copied()
        .find(|provider| identifier_kind(*provider).as_str() == kind)
}

/// An id as it is shown: enough to tell two apart, not enough to use it.
pub(crate) fn masked(value: &str) -> String {
    const SHOWN: usize = 2;
    let length = value.chars().count();
    let end: String = if length >= 3 * SHOWN {
        value.chars().skip(length - SHOWN).collect()
    } else {
        String::new()
    };
    format!("••••{end}")
}
