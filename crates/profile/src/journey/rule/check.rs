//! What the types of the grammar cannot say: which words belong together.

use contracts::event::value::{CourseStatus, SessionType};
use contracts::journey::{EnrolmentStatus, Programme};
use rust_decimal::Decimal;

use super::{Action, Condition, Entity, Field, Filter, Key, Measure, Operand, Rule, RuleError};
use crate::flag::{Flag, Kind, Writer};

/// Nobody reads a rule that is nested deeper.
const DEPTH: usize = 4;

/// The first thing that is wrong with a rule.
pub(super) fn check(rule: &Rule) -> Result<(), RuleError> {
    let at = |part: &str, reason: &str| RuleError::new(format!("{}, {part}", rule.id), reason);
    if !is_name(&rule.id) || rule.id.len() > 60 {
        return Err(at(
            "id",
            "an id has 1 to 60 of a–z, 0–9 and _, a letter first",
        ));
    }
    if rule.then.is_empty() {
        return Err(at("then", "a rule does something"));
    }
    condition(&rule.when, 1, "when").map_err(|(part, reason)| at(&part, &reason))?;
    for (index, action) in rule.then.iter().enumerate() {
        act(action).map_err(|reason| at(&format!("then[{index}]"), reason))?;
    }
    for (index, action) in rule.otherwise.iter().enumerate() {
        let part = format!("otherwise[{index}]");
        if matches!(action, Action::EmitEvent { .. }) {
            return Err(at(&part, "a milestone is reached by meeting the rule"));
        }
        act(action).map_err(|reason| at(&part, reason))?;
    }
    Ok(())
}

type Wrong = (String, String);

fn condition(condition: &Condition, depth: usize, part: &str) -> Result<(), Wrong> {
    let wrong = |reason: &str| (part.to_owned(), reason.to_owned());
    match condition {
        Condition::AllOf { conditions } | Condition::AnyOf { conditions } => {
            if conditions.is_empty() {
                return Err(wrong("name at least one condition"));
            }
            if depth == DEPTH {
                return Err(wrong("conditions are nested four deep at most"));
            }
            for (index, inner) in conditions.iter().enumerate() {
                self::condition(inner, depth + 1, &format!("{part}.conditions[{index}]"))?;
            }
            Ok(())
        }
        Condition::Count { entity, filter, .. } | Condition::Exists { entity, filter } => {
            if *entity == Entity::UserProfile {
                return Err(wrong(
                    "everybody has one profile; ask for its value or time_since",
                ));
            }
            words(*entity, filter).map_err(|reason| wrong(&reason))
        }
        Condition::TimeSince { entity, filter, .. } => {
            words(*entity, filter).map_err(|reason| wrong(&reason))
        }
        Condition::Value {
            entity,
            field,
            filter,
            value,
            ..
        } => {
            compared(*entity, *field, *value).map_err(wrong)?;
            words(*entity, filter).map_err(|reason| wrong(&reason))
        }
    }
}

/// The words that a filter names must be ones that records of the entity can have.
fn words(entity: Entity, filter: &Filter) -> Result<(), String> {
    for (key, word) in filter {
        let known = match (entity, key) {
            (Entity::KintellSessions, Key::SessionType) => word.parse::<SessionType>().is_ok(),
            (Entity::ProgramEnrollments, Key::ProgramType) => word.parse::<Programme>().is_ok(),
            (Entity::ProgramEnrollments, Key::Status) => word.parse::<EnrolmentStatus>().is_ok(),
            (Entity::LearningProgress, Key::Status) => word.parse::<CourseStatus>().is_ok(),
            (Entity::BuddyMatches, Key::Status) => {
                ["active", "inactive", "ended"].contains(&word.as_str())
            }
            (Entity::OutcomeScores, Key::Dimension) => is_name(word),
            _ => return Err(format!("{entity:?} have no {key:?}")),
        };
        if !known {
            return Err(format!("{entity:?} have no {key:?} \"{word}\""));
        }
    }
    Ok(())
}

fn compared(entity: Entity, field: Field, value: Operand) -> Result<(), &'static str> {
    let kind = match (entity, field) {
        (Entity::UserProfile, Field::Flag(flag)) => flag.kind(),
        (Entity::KintellSessions, Field::Measure(Measure::Rating))
        | (Entity::OutcomeScores, Field::Measure(Measure::Score))
        | (Entity::LearningProgress, Field::Measure(Measure::ProgressPercent)) => Kind::Count,
        _ => return Err("the entity has no such field"),
    };
    match (kind, value) {
        (Kind::YesNo, Operand::YesNo(_)) => Ok(()),
        (Kind::Count, Operand::Number(number)) if number.abs() <= Decimal::ONE_THOUSAND => Ok(()),
        (Kind::Count, Operand::Number(_)) => Err("a number from -1000 to 1000"),
        (Kind::YesNo, Operand::Number(_)) => Err("the flag is true or false"),
        (Kind::Count, Operand::YesNo(_)) => Err("the field is a number"),
    }
}

fn act(action: &Action) -> Result<(), &'static str> {
    let ours = |flag: Flag| {
        if flag.writer() == Writer::Rules {
            Ok(())
        } else {
            Err("this flag is not for rules to change")
        }
    };
    match action {
        Action::SetFlag { flag, value, .. } => {
            ours(*flag)?;
            if value.kind() == flag.kind() {
                Ok(())
            } else {
                Err("the value is not of the flag's kind")
            }
        }
        Action::ClearFlag { flag } => ours(*flag),
        Action::EmitEvent { .. } => Ok(()),
    }
}

fn is_name(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
