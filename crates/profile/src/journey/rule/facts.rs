//! What is known of a person, as far as rules ask.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::{Entity, Filter, Key, Measure};
use crate::flag::{Flag, FlagValue};

/// What is known of one person.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facts {
    /// Records, summed up by the words that rules can tell them apart by.
    pub(crate) groups: Vec<Group>,
    /// The flags as stored, those that ran out among them.
    pub(crate) flags: BTreeMap<Flag, StoredFlag>,
    /// When something last happened to them.
    pub(crate) last_active_at: Option<Timestamp>,
}

/// Records of one entity that have the same words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// What they are about.
    pub(crate) entity: Entity,
    /// Their words.
    pub(crate) words: Filter,
    /// How many there are.
    pub(crate) count: u64,
    /// When the latest was.
    pub(crate) last_at: Option<Timestamp>,
    /// Sum and number of the values of a field, over the records that have it.
    pub(crate) measures: BTreeMap<Measure, (Decimal, u64)>,
}

impl Group {
    /// Records of an entity with these words, without measures.
    pub(crate) fn new(entity: Entity, words: &[(Key, &str)], count: u64) -> Self {
        Self {
            entity,
            words: words
                .iter()
                .map(|(key, word)| (*key, (*word).to_owned()))
                .collect(),
            count,
            last_at: None,
            measures: BTreeMap::new(),
        }
    }
}

/// A flag as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredFlag {
    /// Its value.
    pub(crate) value: FlagValue,
    /// When it runs out.
    pub(crate) expires_at: Option<Timestamp>,
}

impl StoredFlag {
    /// Whether it still stands.
    pub(crate) fn stands(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

impl Facts {
    fn matching<'a>(
        &'a self,
        entity: Entity,
        filter: &'a Filter,
    ) -> impl Iterator<Item = &'a Group> {
        self.groups.iter().filter(move |group| {
            group.entity == entity
                && filter
                    .iter()
                    .all(|(key, word)| group.words.get(key) == Some(word))
        })
    }

    /// How many records there are.
    pub(super) fn count(&self, entity: Entity, filter: &Filter) -> u64 {
        self.matching(entity, filter).map(|group| group.count).sum()
    }

    /// Sum and number of a field's values.
    pub(super) fn measure(
        &self,
        entity: Entity,
        filter: &Filter,
        measure: Measure,
    ) -> (Decimal, u64) {
        self.matching(entity, filter)
            .filter_map(|group| group.measures.get(&measure))
            .fold((Decimal::ZERO, 0), |all, one| {
                (all.0 + one.0, all.1 + one.1)
            })
    }

    /// The time since the latest record, or the last activity.
    pub(super) fn time_since(
        &self,
        entity: Entity,
        filter: &Filter,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let last = match entity {
            Entity::UserProfile => self.last_active_at,
            _ => self
                .matching(entity, filter)
                .filter_map(|group| group.last_at)
                .max(),
        };
        last.map(|last| now.duration_since(last))
    }
}
