//! How far a person has come: a function of what is stored of them, their
//! sessions, the rules and the time. It says what is to be written, and nothing
//! when nothing is new.

use std::collections::{BTreeMap, BTreeSet};

use contracts::journey::{EnrolmentStatus, Milestone, Programme};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::batch::Touch;
use super::doings::Doings;
use super::rule::{
    Facts, FlagChange, Group, Measure, Reason, Rules, StoredFlag, evaluate, {Entity, Key},
};
use super::withdrawal::Losses;
use crate::flag::{Flag, FlagValue};

/// What a person is to the programmes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_participant: bool,
    pub(super) is_volunteer: bool,
    pub(super) first_seen_at: Timestamp,
    pub(super) last_active_at: Option<Timestamp>,
}

/// The sessions of one participant in one programme, summed up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sessions {
    pub(super) programme: Programme,
    /// When the first is or was to begin.
    pub(super) first_start: Timestamp,
    /// How many took place.
    pub(super) held: u64,
    pub(super) first_held: Option<Timestamp>,
    pub(super) last_held: Option<Timestamp>,
    /// Sum and number of their ratings.
    pub(super) ratings: (Decimal, u64),
}

/// A milestone as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) at: Timestamp,
    pub(super) event_id: Uuid,
}

/// A place in a programme, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Enrolled {
    pub(super) status: EnrolmentStatus,
    pub(super) since: Timestamp,
    pub(super) completed_at: Option<Timestamp>,
}

impl Enrolled {
    /// Taking part since then.
    const fn active(since: Timestamp) -> Self {
        Self {
            status: EnrolmentStatus::Active,
            since,
            completed_at: None,
        }
    }
}

/// What is stored of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Person {
    /// None when they were never heard of.
    pub(super) standing: Option<Standing>,
    pub(super) sessions: Vec<Sessions>,
    /// The last session that they volunteered in.
    pub(super) last_volunteered: Option<Timestamp>,
    pub(super) enrolments: BTreeMap<Programme, Enrolled>,
    pub(super) flags: BTreeMap<Flag, StoredFlag>,
    pub(super) milestones: BTreeMap<Milestone, Reached>,
    pub(super) doings: Doings,
}

/// A milestone that is reached now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NewMilestone {
    pub(super) milestone: Milestone,
    pub(super) at: Timestamp,
    /// The latest one before it.
    pub(super) previous: Option<Milestone>,
    /// The rule that was met, or None for a session.
    pub(super) rule: Option<String>,
}

/// What is to be written of a person.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Progress {
    pub(super) standing: Standing,
    /// Enrolments that are new or begin at another time.
    pub(super) enrolments: Vec<(Programme, Timestamp)>,
    /// Enrolments as they are to stand: of a set, those that one of its people has; else those with buddies and in
    /// courses.
    pub(super) taken: Vec<(Programme, Enrolled)>,
    pub(super) reached: Vec<NewMilestone>,
    /// Milestones that were reached at another time than was thought.
    pub(super) corrected: Vec<(Milestone, Reached)>,
    /// What rested on nothing but what was withdrawn.
    pub(super) lost: Losses,
    pub(super) changes: Vec<FlagChange>,
    /// Flags that keep their value for another while.
    pub(super) renewals: Vec<FlagChange>,
    /// The names of the fields that events changed.
    pub(super) fields: BTreeSet<&'static str>,
    /// Whether anything that a profile shows is new.
    pub(super) is_new: bool,
}

/// What is new about a person.
pub(super) fn progress(person: &Person, touch: &Touch, rules: &Rules, now: Timestamp) -> Progress {
    let standing = standing(person, touch, now);
    let mut fields = BTreeSet::new();
    let before = person.standing.map(|s| (s.is_participant, s.is_volunteer));
    if before != Some((standing.is_participant, standing.is_volunteer)) {
        fields.insert("roles");
    }
    let enrolments = enrolments(person);
    let mut taken = person.doings.enrolments();
    taken.retain(|(programme, enrolled)| person.enrolments.get(programme) != Some(enrolled));
    if !enrolments.is_empty() || !taken.is_empty() {
        fields.insert("enrolments");
    }
    let (mut reached, corrected) = milestones(person);
    let mut changes = flags(person, touch);
    fields.extend(changes.iter().map(|change| change.flag.as_str()));
    let mut renewals = Vec::new();
    if standing.is_participant {
        let mut known = person.clone();
        known.enrolments.extend(taken.iter().copied());
        let facts = facts(&known, &enrolments, &changes);
        let outcome = evaluate(rules, &facts, now);
        changes.extend(outcome.changes);
        renewals = outcome.renewals;
        let met = by_rules(person, &reached, outcome.milestones, now);
        reached.extend(met);
    }
    order(person, &mut reached);
    if !reached.is_empty() || !corrected.is_empty() {
        fields.insert("milestones");
    }
    let is_new = person.standing != Some(standing)
        || !fields.is_empty()
        || !changes.is_empty()
        || !renewals.is_empty();
    Progress {
        standing,
        enrolments,
        taken,
        reached,
        corrected,
        lost: Losses::default(),
        changes,
        renewals,
        fields,
        is_new,
    }
}

/// What events say of flags. What a person was told to be by hand stays; what is counted is counted anew with every
/// event about it.
fn flags(person: &Person, touch: &Touch) -> Vec<FlagChange> {
    let is_one = [
        (touch.kintell, Flag::IsKintellUser),
        (touch.buddy, Flag::IsBuddyParticipant),
        (touch.upskilling, Flag::IsUpskillingParticipant),
    ];
    let told = is_one
        .into_iter()
        .filter(|(is, flag)| *is && !person.flags.contains_key(flag))
        .map(|(_, flag)| (flag, FlagValue::YesNo(true)));
    let counted = person.doings.buddy_flags().into_iter();
    let counted = counted.filter(|(flag, value)| {
        let stored = person.flags.get(flag).map(|stored| stored.value);
        let is_new = stored.unwrap_or(FlagValue::Count(0)) != *value;
        touch.buddy && is_new
    });
    told.chain(counted)
        .map(|(flag, value)| FlagChange {
            flag,
            old: person.flags.get(&flag).map(|stored| stored.value),
            new: Some(value),
            expires_at: None,
            reason: Reason::Session,
        })
        .collect()
}

/// Milestones that rules say are reached, those of before left out.
pub(super) fn by_rules(
    person: &Person,
    reached: &[NewMilestone],
    milestones: Vec<(Milestone, String)>,
    now: Timestamp,
) -> Vec<NewMilestone> {
    let mut seen: BTreeSet<Milestone> = person.milestones.keys().copied().collect();
    seen.extend(reached.iter().map(|new| new.milestone));
    milestones
        .into_iter()
        .filter(|(milestone, _)| seen.insert(*milestone))
        .map(|(milestone, rule)| NewMilestone {
            milestone,
            at: now,
            previous: None,
            rule: Some(rule),
        })
        .collect()
}

fn standing(person: &Person, touch: &Touch, now: Timestamp) -> Standing {
    let known = person.standing;
    let seen = known.map_or(now, |known| known.first_seen_at);
    let last_held = person.sessions.iter().filter_map(|s| s.last_held).max();
    Standing {
        is_participant: touch.participant || known.is_some_and(|known| known.is_participant),
        is_volunteer: touch.volunteer || known.is_some_and(|known| known.is_volunteer),
        first_seen_at: touch.first_start.map_or(seen, |start| start.min(seen)),
        // A session that was moved to an earlier day moves this back too.
        last_active_at: last_held
            .max(person.last_volunteered)
            .max(person.doings.last_at())
            .or(known.and_then(|known| known.last_active_at)),
    }
}

/// Enrolled is who has a session, from the day of the first.
fn enrolments(person: &Person) -> Vec<(Programme, Timestamp)> {
    person
        .sessions
        .iter()
        .map(|sessions| (sessions.programme, sessions.first_start))
        .filter(|(programme, start)| {
            person.enrolments.get(programme).map(|known| known.since) != Some(*start)
        })
        .collect()
}

/// Firsts that are new, and those that were earlier or later than was thought.
fn milestones(person: &Person) -> (Vec<NewMilestone>, Vec<(Milestone, Reached)>) {
    let mut reached = Vec::new();
    let mut corrected = Vec::new();
    let held = person
        .sessions
        .iter()
        .filter_map(|sessions| Some((first_session(sessions.programme)?, sessions.first_held?)));
    for (milestone, at) in held.chain(person.doings.milestones()) {
        match person.milestones.get(&milestone) {
            None => reached.push(NewMilestone {
                milestone,
                at,
                previous: None,
                rule: None,
            }),
            Some(known) if known.at != at => corrected.push((milestone, Reached { at, ..*known })),
            Some(_) => {}
        }
    }
    (reached, corrected)
}

pub(super) const fn first_session(programme: Programme) -> Option<Milestone> {
    match programme {
        Programme::Language => Some(Milestone::FirstLanguageSession),
        Programme::Mentorship => Some(Milestone::FirstMentorshipSession),
        Programme::Buddy | Programme::Upskilling => None,
    }
}

/// Puts new milestones in order and gives each the latest one before it.
pub(super) fn order(person: &Person, reached: &mut [NewMilestone]) {
    reached.sort_by_key(|new| (new.at, new.milestone));
    let mut known: Vec<(Timestamp, Milestone)> = person
        .milestones
        .iter()
        .map(|(milestone, reached)| (reached.at, *milestone))
        .collect();
    for new in reached {
        new.previous = known
            .iter()
            .filter(|(at, _)| *at <= new.at)
            .max()
            .map(|(_, milestone)| *milestone);
        known.push((new.at, new.milestone));
    }
}

/// What rules may know. Scores have no source here yet, so their records are absent.
pub(super) fn facts(
    person: &Person,
    new: &[(Programme, Timestamp)],
    changes: &[FlagChange],
) -> Facts {
    let mut groups = Vec::new();
    let mut enrolments = person.enrolments.clone();
    for (programme, start) in new {
        enrolments
            .entry(*programme)
            .or_insert_with(|| Enrolled::active(*start))
            .since = *start;
    }
    for (programme, enrolled) in &enrolments {
        let words = [
            (Key::ProgramType, programme.as_str()),
            (Key::Status, enrolled.status.as_str()),
        ];
        let mut group = Group::new(Entity::ProgramEnrollments, &words, 1);
        group.last_at = Some(enrolled.since);
        groups.push(group);
    }
    for sessions in &person.sessions {
        let words = [(Key::SessionType, sessions.programme.as_str())];
        let mut group = Group::new(Entity::KintellSessions, &words, sessions.held);
        group.last_at = sessions.last_held;
        group.measures.insert(Measure::Rating, sessions.ratings);
        groups.push(group);
    }
    groups.extend(person.doings.groups());
    let mut flags = person.flags.clone();
    for change in changes {
        if let Some(value) = change.new {
            let expires_at = change.expires_at;
            flags.insert(change.flag, StoredFlag { value, expires_at });
        }
    }
    // Who never had a session has been waiting since they were enrolled.
    let last_held = person.sessions.iter().filter_map(|s| s.last_held).max();
    let last_held = last_held.max(person.doings.last_at());
    let enrolled = enrolments.values().map(|enrolled| enrolled.since).min();
    Facts {
        groups,
        flags,
        last_active_at: last_held.or(enrolled),
    }
}
