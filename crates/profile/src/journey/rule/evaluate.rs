//! What rules make of what is known: a function of rules, facts and the time.

use std::collections::BTreeMap;

use contracts::journey::Milestone;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Action, Condition, Facts, Field, Operand, Operator, Rule, Rules};
use crate::flag::{Flag, FlagValue};

/// What is to be written down.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// Flags that change, in their order.
    pub(crate) changes: Vec<FlagChange>,
    /// Flags that ran out and keep their value, until another time or for ever.
    pub(crate) renewals: Vec<FlagChange>,
    /// Milestones whose rule is met, with the rule; some may have been reached before.
    pub(crate) milestones: Vec<(Milestone, String)>,
}

/// One change of one flag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FlagChange {
    /// The flag.
    pub(crate) flag: Flag,
    /// What it was.
    pub(crate) old: Option<FlagValue>,
    /// What it becomes; None takes it away.
    pub(crate) new: Option<FlagValue>,
    /// Until when.
    pub(crate) expires_at: Option<Timestamp>,
    /// Why.
    pub(crate) reason: Reason,
}

/// Why a flag changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A rule said so.
    Rule(String),
    /// Its time ran out.
    Expiry,
    /// An event said so.
    Session,
    /// It is so of one of the people who are one; who or what set it there.
    Taken(String),
}

struct Decision<'a> {
    value: Option<FlagValue>,
    expires_at: Option<Timestamp>,
    rule: &'a str,
}

/// Evaluates rules in their order. A flag that one rule acts on is settled: rules
/// behind it see the new value and change it no more. What rules do `otherwise`
/// comes after all that is met.
pub(crate) fn evaluate(rules: &Rules, facts: &Facts, now: Timestamp) -> Outcome {
    let mut standing: BTreeMap<Flag, FlagValue> = facts
        .flags
        .iter()
        .filter(|(_, flag)| flag.stands(now))
        .map(|(key, flag)| (*key, flag.value))
        .collect();
    let mut settled = BTreeMap::new();
    let mut milestones = Vec::new();
    let mut unmet = Vec::new();
    for rule in rules.iter() {
        if !holds(&rule.when, facts, &standing, now) {
            unmet.push(rule);
            continue;
        }
        for action in &rule.then {
            if let Action::EmitEvent { milestone, .. } = action {
                milestones.push((*milestone, rule.id.clone()));
            }
            settle(&mut settled, &mut standing, rule, action, now);
        }
    }
    for rule in unmet {
        for action in &rule.otherwise {
            settle(&mut settled, &mut standing, rule, action, now);
        }
    }
    let (changes, renewals) = compare(facts, &settled, now);
    Outcome {
        changes,
        renewals,
        milestones,
    }
}

fn settle<'a>(
    settled: &mut BTreeMap<Flag, Decision<'a>>,
    standing: &mut BTreeMap<Flag, FlagValue>,
    rule: &'a Rule,
    action: &Action,
    now: Timestamp,
) {
    let (flag, value, expires_in) = match action {
        Action::SetFlag {
            flag,
            value,
            expires_in,
        } => (*flag, Some(*value), *expires_in),
        Action::ClearFlag { flag } => (*flag, None, None),
        Action::EmitEvent { .. } => return,
    };
    if settled.contains_key(&flag) {
        return;
    }
    match value {
        Some(value) => standing.insert(flag, value),
        None => standing.remove(&flag),
    };
    let expires_at = expires_in.and_then(|span| now.saturating_add(span.duration()).ok());
    settled.insert(
        flag,
        Decision {
            value,
            expires_at,
            rule: &rule.id,
        },
    );
}

/// What differs between what is stored and what was settled.
fn compare(
    facts: &Facts,
    settled: &BTreeMap<Flag, Decision<'_>>,
    now: Timestamp,
) -> (Vec<FlagChange>, Vec<FlagChange>) {
    let mut changes = Vec::new();
    let mut renewals = Vec::new();
    for flag in Flag::ALL.iter().copied() {
        let stored = facts.flags.get(&flag);
        let old = stored.map(|stored| stored.value);
        let over = stored.is_some_and(|stored| !stored.stands(now));
        let change = |new, expires_at, reason| FlagChange {
            flag,
            old,
            new,
            expires_at,
            reason,
        };
        match settled.get(&flag) {
            Some(decision) if decision.value != old || over => {
                let rule = Reason::Rule(decision.rule.to_owned());
                let change = change(decision.value, decision.expires_at, rule);
                if decision.value == old {
                    renewals.push(change);
                } else {
                    changes.push(change);
                }
            }
            None if over => changes.push(change(None, None, Reason::Expiry)),
            Some(_) | None => {}
        }
    }
    (changes, renewals)
}

fn holds(
    condition: &Condition,
    facts: &Facts,
    standing: &BTreeMap<Flag, FlagValue>,
    now: Timestamp,
) -> bool {
    match condition {
        Condition::Count {
            entity,
            filter,
            operator,
            value,
        } => operator.holds(&facts.count(*entity, filter), value),
        Condition::Exists { entity, filter } => facts.count(*entity, filter) > 0,
        Condition::Value {
            entity,
            field,
            filter,
            operator,
            value,
        } => match (field, value) {
            (Field::Flag(flag), value) => flag_holds(standing.get(flag), *operator, *value),
            (Field::Measure(measure), Operand::Number(value)) => {
                let mean = facts.measure(*entity, filter, *measure);
                mean_holds(mean, *operator, *value)
            }
            (Field::Measure(_), Operand::YesNo(_)) => false,
        },
        Condition::TimeSince {
            entity,
            filter,
            operator,
            duration,
        } => facts
            .time_since(*entity, filter, now)
            .is_some_and(|since| operator.holds(&since, &duration.duration())),
        Condition::AllOf { conditions } => conditions
            .iter()
            .all(|inner| holds(inner, facts, standing, now)),
        Condition::AnyOf { conditions } => conditions
            .iter()
            .any(|inner| holds(inner, facts, standing, now)),
    }
}

/// Compares a mean without dividing, so that a mean on the threshold is on it.
fn mean_holds((sum, count): (Decimal, u64), operator: Operator, value: Decimal) -> bool {
    count > 0 && operator.holds(&sum, &(value * Decimal::from(count)))
}

fn flag_holds(standing: Option<&FlagValue>, operator: Operator, value: Operand) -> bool {
    match (standing, value) {
        (Some(FlagValue::YesNo(left)), Operand::YesNo(right)) => operator.holds(left, &right),
        (Some(FlagValue::Count(left)), Operand::Number(right)) => {
            operator.holds(&Decimal::from(*left), &right)
        }
        _ => false,
    }
}
