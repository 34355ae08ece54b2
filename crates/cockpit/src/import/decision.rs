//! What somebody may decide about an import, as its page offers it.

use super::State;

/// A decision that an import's page offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Take in what was checked.
    Commit,
    /// Leave it where it is.
    Abandon,
    /// Take back what it did.
    Undo,
}

impl Decision {
    /// What can be decided in a state; `took_in` says whether rows changed anything.
    #[must_use]
    pub fn offered(state: State, took_in: bool) -> Vec<Self> {
        match state {
            State::Checked => vec![Self::Commit, Self::Abandon],
            State::Waiting | State::Running => vec![Self::Abandon],
            State::Committed | State::Failed | State::Abandoned if took_in => vec![Self::Undo],
            _ => Vec::new(),
        }
    }

    /// Its word in the form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Abandon => "abandon",
            Self::Undo => "undo",
        }
    }

    pub(crate) fn find(word: &str) -> Option<Self> {
        [Self::Commit, Self::Abandon, Self::Undo]
            .into_iter()
            .find(|decision| decision.as_str() == word)
    }

    /// The button.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Commit => "Take these rows in",
            Self::Abandon => "Abandon this import",
            Self::Undo => "Undo this import",
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Commit => "The rows are taken in as shown above.",
            Self::Abandon => "No further row is taken in, and the uploaded file is deleted.",
            Self::Undo => {
                "What it created goes, and what it changed becomes what it was before. What somebody has changed since \
                 stays. The figures follow."
            }
        }
    }
}
