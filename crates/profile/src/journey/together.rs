//! What is known of people who are one: a function of what is known of each. What is
//! counted adds up, what happened first is the first, and rules see all facts at once.

use std::collections::{BTreeMap, BTreeSet};

use contracts::journey::{EnrolmentStatus, Programme};
use jiff::Timestamp;
use uuid::Uuid;

use super::progress::{
    Enrolled, NewMilestone, Person, Progress, Reached, Sessions, Standing, by_rules, facts, order,
};
use super::rule::{FlagChange, Reason, Rules, StoredFlag, evaluate};
use super::store::KeptFlag;
use super::withdrawal::{self, Losses};
use crate::flag::{Flag, FlagValue, Writer};

/// What is new about a set, of which `stored` is written down: the members' facts
/// taken together. What none of them has any more goes where records were withdrawn. None while nobody of them was ever heard of.
pub(super) fn progress(
    stored: &Person,
    members: &[&Person],
    taken: Vec<FlagChange>,
    is_withdrawn: bool,
    rules: &Rules,
    now: Timestamp,
) -> Option<Progress> {
    let pooled = pool(members);
    let standing = pooled.standing?;
    let lost = if is_withdrawn {
        withdrawal::lost_together(stored, &pooled, rules, now)
    } else {
        Losses::default()
    };
    let mut fields = BTreeSet::new();
    let parts = |of: Standing| (of.is_participant, of.is_volunteer);
    if stored.standing.map(parts) != Some(parts(standing)) {
        fields.insert("roles");
    }
    let enrolments: Vec<_> = pooled
        .enrolments
        .iter()
        .filter(|(programme, enrolled)| stored.enrolments.get(programme) != Some(enrolled))
        .map(|(programme, enrolled)| (*programme, *enrolled))
        .collect();
    if !enrolments.is_empty() || !lost.enrolments.is_empty() {
        fields.insert("enrolments");
    }
    let (mut reached, corrected) = milestones(stored, &pooled);
    let mut changes = taken;
    changes.extend(lost.flags.iter().cloned());
    let mut renewals = Vec::new();
    if standing.is_participant {
        let whole = Person {
            flags: with(&stored.flags, &changes),
            ..pooled
        };
        let outcome = evaluate(rules, &facts(&whole, &[], &[]), now);
        changes.extend(outcome.changes);
        renewals = outcome.renewals;
        reached.extend(by_rules(stored, &reached, outcome.milestones, now));
    }
    order(stored, &mut reached);
    if !reached.is_empty() || !corrected.is_empty() || !lost.milestones.is_empty() {
        fields.insert("milestones");
    }
    let is_new = stored.standing != Some(standing)
        || !fields.is_empty()
        || !changes.is_empty()
        || !renewals.is_empty();
    Some(Progress {
        standing,
        enrolments: Vec::new(),
        taken: enrolments,
        reached,
        corrected,
        lost,
        changes,
        renewals,
        fields,
        is_new,
    })
}

/// What is known of all, as if it had been one person's from the beginning. Flags
/// are [`taken_flags`]' business.
fn pool(members: &[&Person]) -> Person {
    let mut whole = Person::default();
    for member in members {
        let Person {
            standing,
            sessions,
            last_volunteered,
            enrolments,
            flags: _,
            milestones,
            doings,
        } = member;
        whole.doings.add(doings);
        whole.standing = either(whole.standing, *standing, both);
        for one in sessions {
            add_sessions(&mut whole.sessions, one);
        }
        whole.last_volunteered = whole.last_volunteered.max(*last_volunteered);
        for (programme, enrolled) in enrolments {
            add_enrolment(&mut whole.enrolments, *programme, *enrolled);
        }
        for (milestone, reached) in milestones {
            let known = whole.milestones.entry(*milestone).or_insert(*reached);
            if reached.at < known.at {
                *known = *reached;
            }
        }
    }
    whole
}

fn either<T>(one: Option<T>, other: Option<T>, both: impl Fn(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(both(one, other)),
        (one, other) => one.or(other),
    }
}

fn both(one: Standing, other: Standing) -> Standing {
    Standing {
        is_participant: one.is_participant || other.is_participant,
        is_volunteer: one.is_volunteer || other.is_volunteer,
        first_seen_at: one.first_seen_at.min(other.first_seen_at),
        last_active_at: one.last_active_at.max(other.last_active_at),
    }
}

fn add_sessions(all: &mut Vec<Sessions>, more: &Sessions) {
    let Some(known) = all
        .iter_mut()
        .find(|known| known.programme == more.programme)
    else {
        all.push(*more);
        return;
    };
    *known = Sessions {
        programme: known.programme,
        first_start: known.first_start.min(more.first_start),
        held: known.held + more.held,
        first_held: either(known.first_held, more.first_held, Timestamp::min),
        last_held: known.last_held.max(more.last_held),
        ratings: (
            known.ratings.0 + more.ratings.0,
            known.ratings.1 + more.ratings.1,
        ),
    };
}

/// Who takes part under one id takes part; who went through under one id has.
fn add_enrolment(all: &mut BTreeMap<Programme, Enrolled>, programme: Programme, more: Enrolled) {
    let known = all.entry(programme).or_insert(more);
    let status = [EnrolmentStatus::Active, EnrolmentStatus::Completed]
        .into_iter()
        .find(|status| known.status == *status || more.status == *status)
        .unwrap_or(EnrolmentStatus::Dropped);
    let ended = known.completed_at.max(more.completed_at);
    *known = Enrolled {
        status,
        since: known.since.min(more.since),
        completed_at: ended.filter(|_| status != EnrolmentStatus::Active),
    };
}

/// Milestones that the set has not yet, and those that were earlier or later than was thought.
fn milestones(
    stored: &Person,
    pooled: &Person,
) -> (
    Vec<NewMilestone>,
    Vec<(contracts::journey::Milestone, Reached)>,
) {
    let mut reached = Vec::new();
    let mut corrected = Vec::new();
    for (milestone, one) in &pooled.milestones {
        match stored.milestones.get(milestone) {
            None => reached.push(NewMilestone {
                milestone: *milestone,
                at: one.at,
                previous: None,
                rule: None,
            }),
            Some(known) if known.at != one.at => corrected.push((
                *milestone,
                Reached {
                    at: one.at,
                    ..*known
                },
            )),
            Some(_) => {}
        }
    }
    (reached, corrected)
}

/// How the flags of a set change that events and people set: what is true of one is
/// true of all, what is counted adds up. What somebody set by hand of the set itself
/// stays until something newer is known. `name` is what took away what nobody has any more.
pub(super) fn taken_flags(
    set: Uuid,
    members: &[Uuid],
    kept: &[KeptFlag],
    name: &str,
) -> Vec<FlagChange> {
    let mut changes = Vec::new();
    let by_events = Flag::ALL.iter().filter(|f| f.writer() == Writer::Events);
    for flag in by_events.copied() {
        let of_flag = || kept.iter().filter(move |one| one.flag == flag);
        let theirs: Vec<_> = of_flag()
            .filter(|one| members.contains(&one.person))
            .collect();
        let own = of_flag().find(|one| one.person == set);
        let newest = theirs.iter().max_by_key(|one| one.set_at);
        let by_hand = own.filter(|own| own.is_of_set);
        if by_hand.is_some_and(|own| newest.is_none_or(|newest| own.set_at >= newest.set_at)) {
            continue;
        }
        let new = theirs.iter().map(|one| one.value).reduce(sum);
        let old = own.map(|own| own.value);
        if new != old {
            let by = newest.map_or_else(|| name.to_owned(), |newest| newest.set_by.clone());
            changes.push(FlagChange {
                flag,
                old,
                new,
                expires_at: None,
                reason: Reason::Taken(by),
            });
        }
    }
    changes
}

const fn sum(one: FlagValue, other: FlagValue) -> FlagValue {
    match (one, other) {
        (FlagValue::YesNo(one), FlagValue::YesNo(other)) => FlagValue::YesNo(one || other),
        (FlagValue::Count(one), FlagValue::Count(other)) => {
            FlagValue::Count(one.saturating_add(other))
        }
        // A flag has values of one kind only; rows of another kind are not read.
        (one, _) => one,
    }
}

/// The flags after the changes.
fn with(flags: &BTreeMap<Flag, StoredFlag>, changes: &[FlagChange]) -> BTreeMap<Flag, StoredFlag> {
    let mut flags = flags.clone();
    for change in changes {
        match change.new {
            Some(value) => {
                let expires_at = change.expires_at;
                flags.insert(change.flag, StoredFlag { value, expires_at });
            }
            None => {
                flags.remove(&change.flag);
            }
        }
    }
    flags
}
