//! What a person has done with buddies and in courses, summed up, and what follows from it: counters, enrolments,
//! milestones, and what rules may know.

use std::collections::BTreeMap;

use contracts::event::value::CourseStatus;
use contracts::journey::{EnrolmentStatus, Milestone, Programme};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::progress::Enrolled;
use super::rule::{Entity, Group, Key, Measure};
use crate::flag::{Flag, FlagValue};

/// Everything but sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Doings {
    /// Matches in which they are the participant.
    pub(super) matches: Matches,
    /// Matches in which they are the buddy.
    pub(super) buddy_to: u64,
    pub(super) buddy: BTreeMap<Deed, Done>,
    pub(super) courses: BTreeMap<CourseStatus, Courses>,
    pub(super) credentials: Done,
    /// When a language session was first on a higher level than all before it.
    pub(super) level_up: Option<Timestamp>,
}

/// A participant's matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Matches {
    pub(super) all: u64,
    pub(super) active: u64,
    pub(super) first_at: Option<Timestamp>,
    pub(super) last_at: Option<Timestamp>,
    pub(super) last_end: Option<Timestamp>,
    /// Whether one of them ran its course.
    pub(super) ended_well: bool,
}

/// What buddies do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Logged,
    Attended,
    Checkin,
    Feedback,
    SkillShare,
    Milestone,
}

impl Deed {
    const ALL: [Self; 6] = [
        Self::Logged,
        Self::Attended,
        Self::Checkin,
        Self::Feedback,
        Self::SkillShare,
        Self::Milestone,
    ];

    /// The word in rows.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Logged => "logged",
            Self::Attended => "attended",
            Self::Checkin => "checkin",
            Self::Feedback => "feedback",
            Self::SkillShare => "skill_share",
            Self::Milestone => "milestone",
        }
    }

    pub(super) fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == word)
    }
}

/// How often, first and last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) count: u64,
    pub(super) first_at: Option<Timestamp>,
    pub(super) last_at: Option<Timestamp>,
}

/// Courses that stand the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Courses {
    pub(super) count: u64,
    pub(super) first_since: Option<Timestamp>,
    pub(super) first_completed: Option<Timestamp>,
    pub(super) last_completed: Option<Timestamp>,
    pub(super) last_at: Option<Timestamp>,
    /// Sum of their progress in per cent.
    pub(super) percent: Decimal,
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

impl Done {
    fn add(&mut self, more: &Self) {
        self.count += more.count;
        self.first_at = earlier(self.first_at, more.first_at);
        self.last_at = self.last_at.max(more.last_at);
    }
}

impl Doings {
    /// Adds what the same human did under another id.
    pub(super) fn add(&mut self, more: &Self) {
        let (all, one) = (&mut self.matches, &more.matches);
        *all = Matches {
            all: all.all + one.all,
            active: all.active + one.active,
            first_at: earlier(all.first_at, one.first_at),
            last_at: all.last_at.max(one.last_at),
            last_end: all.last_end.max(one.last_end),
            ended_well: all.ended_well || one.ended_well,
        };
        self.buddy_to += more.buddy_to;
        for (deed, done) in &more.buddy {
            self.buddy.entry(*deed).or_default().add(done);
        }
        for (status, courses) in &more.courses {
            let known = self.courses.entry(*status).or_default();
            *known = Courses {
                count: known.count + courses.count,
                first_since: earlier(known.first_since, courses.first_since),
                first_completed: earlier(known.first_completed, courses.first_completed),
                last_completed: known.last_completed.max(courses.last_completed),
                last_at: known.last_at.max(courses.last_at),
                percent: known.percent + courses.percent,
            };
        }
        self.credentials.add(&more.credentials);
        self.level_up = earlier(self.level_up, more.level_up);
    }

    /// When they last did anything.
    pub(super) fn last_at(&self) -> Option<Timestamp> {
        let buddy = self.buddy.values().map(|done| done.last_at);
        let courses = self.courses.values().map(|courses| courses.last_at);
        let others = [self.matches.last_at, self.credentials.last_at];
        buddy.chain(courses).chain(others).flatten().max()
    }

    fn count(&self, deed: Deed) -> u64 {
        self.buddy.get(&deed).map_or(0, |done| done.count)
    }

    /// Flags of the buddy programme and what facts say of them.
    pub(super) fn buddy_flags(&self) -> Vec<(Flag, FlagValue)> {
        let matches = self.matches.all + self.buddy_to;
        let counters = [
            (Flag::BuddyMatchCount, matches),
            (Flag::BuddyEventsAttended, self.count(Deed::Attended)),
            (Flag::BuddyMilestonesCount, self.count(Deed::Milestone)),
            (Flag::BuddyCheckinsCount, self.count(Deed::Checkin)),
            (Flag::BuddyFeedbackCount, self.count(Deed::Feedback)),
            (Flag::BuddySkillShares, self.count(Deed::SkillShare)),
        ];
        let count = |count| FlagValue::Count(u32::try_from(count).unwrap_or(u32::MAX));
        counters
            .into_iter()
            .map(|(flag, number)| (flag, count(number)))
            .collect()
    }

    /// Enrolled with a buddy is who has had one, from the first match; in courses who has had one, from the first.
    pub(super) fn enrolments(&self) -> Vec<(Programme, Enrolled)> {
        let matches = self.matches;
        let buddy = matches.first_at.map(|since| {
            let status = match (matches.active, matches.ended_well) {
                (1.., _) => EnrolmentStatus::Active,
                (0, true) => EnrolmentStatus::Completed,
                (0, false) => EnrolmentStatus::Dropped,
            };
            (Programme::Buddy, enrolled(status, since, matches.last_end))
        });
        let has = |status| self.courses.contains_key(&status);
        let first = self.courses.values().filter_map(|c| c.first_since).min();
        let last = self.courses.values().filter_map(|c| c.last_completed).max();
        let upskilling = first.map(|since| {
            let status = if has(CourseStatus::Enrolled) || has(CourseStatus::InProgress) {
                EnrolmentStatus::Active
            } else if has(CourseStatus::Completed) {
                EnrolmentStatus::Completed
            } else {
                EnrolmentStatus::Dropped
            };
            (Programme::Upskilling, enrolled(status, since, last))
        });
        buddy.into_iter().chain(upskilling).collect()
    }

    /// Milestones that are reached, and when.
    pub(super) fn milestones(&self) -> Vec<(Milestone, Timestamp)> {
        let courses = || self.courses.values();
        let completed = self.courses.get(&CourseStatus::Completed);
        let reached = [
            (Milestone::BuddyMatched, self.matches.first_at),
            (Milestone::LanguageLevelUp, self.level_up),
            (
                Milestone::CourseEnrolled,
                courses().filter_map(|c| c.first_since).min(),
            ),
            (
                Milestone::CourseCompleted,
                completed.and_then(|c| c.first_completed),
            ),
            (Milestone::CredentialEarned, self.credentials.first_at),
        ];
        reached
            .into_iter()
            .filter_map(|(milestone, at)| Some((milestone, at?)))
            .collect()
    }

    /// What rules may know.
    pub(super) fn groups(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut add = |entity, words: &[(Key, &str)], count, last_at| {
            let mut group = Group::new(entity, words, count);
            group.last_at = last_at;
            groups.push(group);
        };
        let (matches, ended) = (self.matches, self.matches.all - self.matches.active);
        for (status, count) in [("active", matches.active), ("ended", ended)] {
            add(
                Entity::BuddyMatches,
                &[(Key::Status, status)],
                count,
                matches.last_at,
            );
        }
        for (deed, done) in &self.buddy {
            match deed {
                Deed::Logged | Deed::Attended => {
                    add(Entity::BuddyEvents, &[], done.count, done.last_at);
                }
                Deed::Checkin => add(Entity::BuddyCheckins, &[], done.count, done.last_at),
                Deed::Feedback | Deed::SkillShare | Deed::Milestone => {}
            }
        }
        for (status, courses) in &self.courses {
            let words = [(Key::Status, status.as_str())];
            let mut group = Group::new(Entity::LearningProgress, &words, courses.count);
            group.last_at = courses.last_at;
            let percent = (courses.percent, courses.count);
            group.measures.insert(Measure::ProgressPercent, percent);
            groups.push(group);
        }
        groups
    }
}

fn enrolled(status: EnrolmentStatus, since: Timestamp, end: Option<Timestamp>) -> Enrolled {
    Enrolled {
        status,
        since,
        completed_at: end.filter(|_| status == EnrolmentStatus::Completed),
    }
}
