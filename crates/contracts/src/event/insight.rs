//! Figures of a company.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contract::Contract;
use super::value::{List, PeriodKey};

/// Figures of the company changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FiguresUpdated {
    /// The periods whose figures changed.
    pub periods: List<PeriodKey, 1, 500>,
    /// When they changed.
    pub updated_at: Timestamp,
}

impl Contract for FiguresUpdated {
    const SUBJECT: &'static str = "the word `figures`";

    /// A company's figures follow each other as one.
    fn subject(&self) -> String {
        "figures".to_owned()
    }
}
