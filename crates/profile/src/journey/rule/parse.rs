//! Reading rules, strictly.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Rule;
use super::check::check;

/// A rules file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub(crate) struct RuleError {
    /// The rule and the part of it: `mentor_ready_001, when.conditions[1]`.
    pub(crate) place: String,
    /// What is wrong with it.
    pub(crate) reason: String,
}

impl RuleError {
    pub(super) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            reason: reason.into(),
        }
    }
}

/// Rules in the order they are evaluated: the highest priority first, then by id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default, rename = "rule")]
    rules: Vec<toml::Table>,
}

impl Rules {
    /// The rules that are compiled in.
    pub(crate) fn built_in() -> Result<&'static Self, &'static RuleError> {
        static RULES: LazyLock<Result<Rules, RuleError>> =
            LazyLock::new(|| Rules::parse(include_str!("../rules.toml")));
        RULES.as_ref()
    }

    /// Reads rules; an error names the first one that is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, RuleError> {
        let document: Document = toml::from_str(text)
            .map_err(|error| RuleError::new("the rules file", error.message()))?;
        let mut rules = Vec::with_capacity(document.rules.len());
        let mut ids = BTreeSet::new();
        for (index, table) in document.rules.into_iter().enumerate() {
            let rule = read(index, table)?;
            check(&rule)?;
            if !ids.insert(rule.id.clone()) {
                return Err(RuleError::new(rule.id, "another rule has this id"));
            }
            rules.push(rule);
        }
        rules.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
        Ok(Self(rules))
    }

    /// The rules in order.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.0.iter()
    }
}

fn read(index: usize, table: toml::Table) -> Result<Rule, RuleError> {
    let place = table
        .get("id")
        .and_then(toml::Value::as_str)
        .map_or_else(|| format!("rule {}", index + 1), ToOwned::to_owned);
    serde_path_to_error::deserialize(toml::Value::Table(table)).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." {
            place
        } else {
            format!("{place}, {path}")
        };
        RuleError::new(place, error.into_inner().message())
    })
}
