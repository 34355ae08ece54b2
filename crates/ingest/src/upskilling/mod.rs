//! Course providers: who is in which course, how far, and what was issued.

mod completions;
mod credentials;
#[cfg(test)]
mod tests;

pub use completions::CompletionData;
pub use credentials::CredentialData;

pub(crate) use completions::map as map_completion;
pub(crate) use credentials::map as map_credential;

use contracts::event::value::Slug;

use crate::kintell::field::Fault;
use crate::sheet::row_error::ErrorCode;

/// A provider's name as one word: lower case, hyphens for everything that is no letter or digit.
fn provider(text: &str) -> Result<Slug, Fault> {
    let words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let word = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    Slug::new(word).map_err(|error| Fault::new(ErrorCode::Text, format!("The provider {error}")))
}
