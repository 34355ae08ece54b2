//! What goes when records are withdrawn: a function of what is written down of a
//! person and the facts that are left of them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use contracts::journey::{Milestone, Programme};
use jiff::Timestamp;

use super::batch::Touch;
use super::doings::Deed;
use super::progress::{Person, Progress, Standing, facts, first_session, progress};
use super::rule::{FlagChange, Reason, Rules, evaluate};
use crate::flag::{Flag, FlagValue, Writer};

/// What is known of a person beside what a [`Person`] sums up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Remains {
    /// When they were first heard of; None where that was never written down.
    pub(super) heard_at: Option<Timestamp>,
    /// When the first session, match or course begins that is for them.
    pub(super) participates_since: Option<Timestamp>,
    /// When the first session or match begins that they volunteer in.
    pub(super) volunteers_since: Option<Timestamp>,
    /// Whether a session names them.
    pub(super) has_sessions: bool,
    /// The flags that events gave their value.
    pub(super) by_events: BTreeSet<Flag>,
}

/// What rested on nothing but what was withdrawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Losses {
    pub(super) enrolments: Vec<Programme>,
    pub(super) milestones: Vec<Milestone>,
    pub(super) flags: Vec<FlagChange>,
}

/// As [`progress`], for somebody of whom records were withdrawn: first everything goes
/// that rests on no fact any more, then it is computed how far the rest takes them.
pub(super) fn progress_without(
    person: &Person,
    remains: &Remains,
    touch: &Touch,
    rules: &Rules,
    now: Timestamp,
) -> Progress {
    let (rest, lost) = take_back(person, remains, rules, now);
    let mut step = progress(&rest, touch, rules, now);
    let parts = |of: Standing| (of.is_participant, of.is_volunteer);
    if person.standing.map(parts) == Some(parts(step.standing)) {
        step.fields.remove("roles");
    } else {
        step.fields.insert("roles");
    }
    if !lost.enrolments.is_empty() {
        step.fields.insert("enrolments");
    }
    if !lost.milestones.is_empty() {
        step.fields.insert("milestones");
    }
    step.changes.splice(0..0, lost.flags.iter().cloned());
    step.lost = lost;
    step.is_new = person.standing != Some(step.standing)
        || !step.fields.is_empty()
        || !step.changes.is_empty()
        || !step.renewals.is_empty();
    step
}

/// A person without what no fact bears out, and what that was.
fn take_back(
    person: &Person,
    remains: &Remains,
    rules: &Rules,
    now: Timestamp,
) -> (Person, Losses) {
    let mut rest = person.clone();
    let left = person
        .standing
        .map(|known| standing(known, person, remains));
    rest.standing = left;
    let is_participant = left.is_some_and(|left| left.is_participant);
    let mut lost = Losses {
        enrolments: lost_enrolments(person),
        milestones: Vec::new(),
        flags: flags(person, |flag| match flag.writer() {
            Writer::Rules => !is_participant,
            Writer::Events => remains.by_events.contains(&flag) && !is_borne(flag, person, remains),
        }),
    };
    rest.enrolments
        .retain(|programme, _| !lost.enrolments.contains(programme));
    rest.flags
        .retain(|flag, _| lost.flags.iter().all(|change| change.flag != *flag));
    lost.milestones = lost_milestones(person, &rest, rules, now);
    rest.milestones
        .retain(|milestone, _| !lost.milestones.contains(milestone));
    let counted = counted_anew(&mut rest, remains);
    lost.flags.extend(counted);
    (rest, lost)
}

/// Whether a fact still says so. A counter that stands at nothing was never set.
fn is_borne(flag: Flag, person: &Person, remains: &Remains) -> bool {
    let doings = &person.doings;
    match flag {
        Flag::IsKintellUser => remains.has_sessions,
        Flag::IsBuddyParticipant => {
            doings.matches.all + doings.buddy_to > 0 || !doings.buddy.is_empty()
        }
        Flag::IsUpskillingParticipant => !doings.courses.is_empty() || doings.credentials.count > 0,
        other => {
            let counters = doings.buddy_flags();
            let counted = counters.iter().find(|(flag, _)| *flag == other);
            counted.is_none_or(|(_, value)| *value != FlagValue::Count(0))
        }
    }
}

/// Counters that events set and that stand at less now.
fn counted_anew(rest: &mut Person, remains: &Remains) -> Vec<FlagChange> {
    let mut changes = Vec::new();
    for (flag, value) in rest.doings.buddy_flags() {
        let known = rest.flags.get_mut(&flag);
        let Some(known) = known.filter(|known| known.value != value) else {
            continue;
        };
        if remains.by_events.contains(&flag) {
            changes.push(FlagChange {
                flag,
                old: Some(known.value),
                new: Some(value),
                expires_at: None,
                reason: Reason::Session,
            });
            known.value = value;
        }
    }
    changes
}

/// What the facts say of somebody; when they last did anything is computed from them later.
fn standing(known: Standing, person: &Person, remains: &Remains) -> Standing {
    // A buddy milestone may say what somebody is, and only its event does.
    let is_told = person.doings.buddy.contains_key(&Deed::Milestone);
    let starts = [remains.participates_since, remains.volunteers_since];
    let heard = remains.heard_at.into_iter();
    let first = heard.chain(starts.into_iter().flatten()).min();
    Standing {
        is_participant: remains.participates_since.is_some() || is_told && known.is_participant,
        is_volunteer: remains.volunteers_since.is_some() || is_told && known.is_volunteer,
        // Where it was never written down when they were heard of, the earlier word stays.
        first_seen_at: first
            .filter(|_| remains.heard_at.is_some())
            .unwrap_or(known.first_seen_at),
        last_active_at: None,
    }
}

/// What is written down of a set and none of its people has any more.
pub(super) fn lost_together(
    stored: &Person,
    pooled: &Person,
    rules: &Rules,
    now: Timestamp,
) -> Losses {
    let mut enrolments: Vec<_> = stored.enrolments.keys().copied().collect();
    enrolments.retain(|programme| !pooled.enrolments.contains_key(programme));
    let is_participant = pooled.standing.is_some_and(|whole| whole.is_participant);
    Losses {
        enrolments,
        milestones: lost_milestones(stored, pooled, rules, now),
        flags: flags(stored, |flag| {
            flag.writer() == Writer::Rules && !is_participant
        }),
    }
}

fn lost_enrolments(person: &Person) -> Vec<Programme> {
    let by_sessions = person.sessions.iter().map(|sessions| sessions.programme);
    let by_doings = person.doings.enrolments().into_iter();
    let borne: Vec<_> = by_sessions
        .chain(by_doings.map(|(programme, _)| programme))
        .collect();
    let stored = person.enrolments.keys().copied();
    stored
        .filter(|programme| !borne.contains(programme))
        .collect()
}

/// Milestones that neither facts nor rules bear out.
fn lost_milestones(
    stored: &Person,
    facts_of: &Person,
    rules: &Rules,
    now: Timestamp,
) -> Vec<Milestone> {
    let held = facts_of.sessions.iter().filter(|one| one.held > 0);
    let mut borne: Vec<Milestone> = held
        .filter_map(|one| first_session(one.programme))
        .collect();
    let done = facts_of.doings.milestones().into_iter();
    borne.extend(done.map(|(milestone, _)| milestone));
    if facts_of.standing.is_some_and(|known| known.is_participant) {
        let outcome = evaluate(rules, &facts(facts_of, &[], &[]), now);
        borne.extend(
            outcome
                .milestones
                .into_iter()
                .map(|(milestone, _)| milestone),
        );
    }
    let stored = stored.milestones.keys().copied();
    stored
        .filter(|milestone| !borne.contains(milestone))
        .collect()
}

fn flags(stored: &Person, goes: impl Fn(Flag) -> bool) -> Vec<FlagChange> {
    stored
        .flags
        .iter()
        .filter(|(flag, _)| goes(**flag))
        .map(|(flag, known)| FlagChange {
            flag: *flag,
            old: Some(known.value),
            new: None,
            expires_at: None,
            reason: Reason::Session,
        })
        .collect()
}
