//! What events of buddies and courses say, as facts: one row a thing, the last word counts.

use std::collections::BTreeMap;

use contracts::event::Payload;
use contracts::event::upskilling::{CourseCompleted, ProgressUpdated};
use contracts::event::value::{BuddyRole, CourseStatus, MatchEndReason, MilestoneAudience};
use contracts::journey::Milestone;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::batch::Touch;
use super::doings::Deed;

/// A buddy match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    pub(super) participant: Uuid,
    pub(super) buddy: Uuid,
    /// None where only its end is told.
    pub(super) matched_at: Option<Timestamp>,
    /// When it must have begun, by its end and its length.
    pub(super) begun_by: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) ended_well: bool,
}

/// Something that buddies did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BuddyDeed {
    pub(super) match_id: Option<Uuid>,
    /// None where it is the match's.
    pub(super) person: Option<Uuid>,
    pub(super) other: Option<Uuid>,
    pub(super) by_buddy: bool,
    pub(super) at: Timestamp,
    event: usize,
}

/// A learner's place in a course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Course {
    pub(super) person: Uuid,
    pub(super) status: CourseStatus,
    pub(super) percent: u8,
    pub(super) since: Timestamp,
    pub(super) completed_at: Option<Timestamp>,
    pub(super) updated_at: Timestamp,
}

/// What a batch says of buddies and courses.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Deeds {
    pub(super) matches: BTreeMap<Uuid, Match>,
    pub(super) done: BTreeMap<(Deed, String), BuddyDeed>,
    pub(super) courses: BTreeMap<Uuid, Course>,
    /// Person and time, by credential.
    pub(super) credentials: BTreeMap<Uuid, (Uuid, Timestamp)>,
    /// Who is named how, and by which event.
    named: Vec<(Uuid, Touch)>,
    /// Which event may be the first of its kind for somebody.
    firsts: Vec<(Uuid, Milestone, Timestamp, usize)>,
}

/// The record that an event tells of, by the id under which it may be withdrawn. What was
/// attended and reached carries none.
pub(super) fn record_of(payload: &Payload) -> Option<Uuid> {
    match payload {
        Payload::BuddyMatchCreated(made) => Some(made.match_id),
        Payload::BuddyMatchEnded(ended) => Some(ended.match_id),
        Payload::BuddyEventLogged(logged) => Some(logged.event_id),
        Payload::BuddyCheckinCompleted(checkin) => Some(checkin.checkin_id),
        Payload::BuddyFeedbackSubmitted(feedback) => Some(feedback.feedback_id),
        Payload::BuddySkillShareCompleted(share) => Some(share.session_id),
        Payload::UpskillingProgressUpdated(progress) => Some(progress.progress_id),
        Payload::UpskillingCourseCompleted(completed) => Some(completed.progress_id),
        Payload::UpskillingCredentialIssued(issued) => Some(issued.credential_id),
        _ => None,
    }
}

impl Deeds {
    /// Takes in one event; whether it was of these kinds.
    pub(super) fn add(&mut self, payload: &Payload, event: usize) {
        match payload {
            Payload::BuddyMatchCreated(made) => {
                let known = Match {
                    participant: made.participant_id,
                    buddy: made.buddy_id,
                    matched_at: Some(made.matched_at),
                    begun_by: made.matched_at,
                    ended_at: None,
                    ended_well: false,
                };
                self.matches.insert(made.match_id, known);
                self.pair(made.participant_id, made.buddy_id, made.matched_at, event);
                let first = (made.participant_id, Milestone::BuddyMatched);
                self.firsts.push((first.0, first.1, made.matched_at, event));
            }
            Payload::BuddyMatchEnded(ended) => {
                let length = SignedDuration::from_hours(24 * i64::from(ended.duration.get()));
                let begun_by = ended.ended_at.checked_sub(length).unwrap_or(ended.ended_at);
                let known = self.matches.entry(ended.match_id).or_insert(Match {
                    participant: ended.participant_id,
                    buddy: ended.buddy_id,
                    matched_at: None,
                    begun_by,
                    ended_at: None,
                    ended_well: false,
                });
                known.ended_at = Some(ended.ended_at);
                known.ended_well = ended.reason == MatchEndReason::Completed;
                self.pair(ended.participant_id, ended.buddy_id, begun_by, event);
            }
            Payload::UpskillingProgressUpdated(progress) => self.progressed(progress, event),
            Payload::UpskillingCourseCompleted(completed) => self.completed(completed, event),
            Payload::UpskillingCredentialIssued(issued) => {
                let of = (issued.user_id, issued.issued_at);
                self.credentials.insert(issued.credential_id, of);
                self.learner(issued.user_id, issued.issued_at, event);
                let first = (issued.user_id, Milestone::CredentialEarned);
                self.firsts
                    .push((first.0, first.1, issued.issued_at, event));
            }
            other => self.add_deed(other, event),
        }
    }

    fn add_deed(&mut self, payload: &Payload, event: usize) {
        let (deed, key, done) = match payload {
            Payload::BuddyEventLogged(logged) => {
                let done = of_match(logged.match_id, logged.event_date, event);
                (Deed::Logged, logged.event_id.to_string(), done)
            }
            Payload::BuddyCheckinCompleted(checkin) => {
                let done = of_match(checkin.match_id, checkin.checkin_date, event);
                (Deed::Checkin, checkin.checkin_id.to_string(), done)
            }
            Payload::BuddyFeedbackSubmitted(feedback) => {
                let mut done = of_match(feedback.match_id, feedback.submitted_at, event);
                done.by_buddy = feedback.from_role == BuddyRole::Buddy;
                (Deed::Feedback, feedback.feedback_id.to_string(), done)
            }
            Payload::BuddyEventAttended(attended) => {
                let done = of_person(attended.user_id, attended.attended_at, event);
                let key = format!("{}/{}", attended.event_id, attended.user_id);
                (Deed::Attended, key, done)
            }
            Payload::BuddySkillShareCompleted(share) => {
                let mut done = of_person(share.learner_id, share.completed_at, event);
                done.other = Some(share.teacher_id);
                (Deed::SkillShare, share.session_id.to_string(), done)
            }
            Payload::BuddyMilestoneReached(reached) => {
                let done = of_person(reached.user_id, reached.reached_at, event);
                let (id, person) = (reached.milestone_id.get(), reached.user_id);
                let role = reached.target_role;
                let touch = self.touch(person, event);
                touch.participant |= role == Some(MilestoneAudience::Participant);
                touch.volunteer |= role == Some(MilestoneAudience::Buddy);
                let key = format!("{person}/{id}/{}", reached.reached_at);
                (Deed::Milestone, key, done)
            }
            _ => return,
        };
        for person in done.person.into_iter().chain(done.other) {
            self.touch(person, event);
        }
        self.done.insert((deed, key), done);
    }

    fn touch(&mut self, person: Uuid, event: usize) -> &mut Touch {
        let touch = Touch {
            buddy: true,
            event: Some(event),
            ..Touch::default()
        };
        self.named.push((person, touch));
        let last = self.named.len() - 1;
        &mut self.named[last].1
    }

    fn pair(&mut self, participant: Uuid, buddy: Uuid, at: Timestamp, event: usize) {
        let touch = self.touch(participant, event);
        touch.participant = true;
        touch.first_start = Some(at);
        let touch = self.touch(buddy, event);
        touch.volunteer = true;
        touch.first_start = Some(at);
    }

    fn learner(&mut self, person: Uuid, at: Timestamp, event: usize) {
        let touch = Touch {
            participant: true,
            upskilling: true,
            first_start: Some(at),
            event: Some(event),
            ..Touch::default()
        };
        self.named.push((person, touch));
    }

    fn progressed(&mut self, progress: &ProgressUpdated, event: usize) {
        let at = progress.updated_at;
        let known = self.courses.get(&progress.progress_id).copied();
        let completed = progress.status == CourseStatus::Completed;
        let course = Course {
            person: progress.user_id,
            status: progress.status,
            percent: progress.progress_percent.get(),
            since: known.map_or(at, |known| known.since.min(at)),
            completed_at: completed.then_some(at),
            updated_at: at,
        };
        self.courses.insert(progress.progress_id, course);
        self.learner(progress.user_id, at, event);
        self.firsts
            .push((progress.user_id, Milestone::CourseEnrolled, at, event));
    }

    fn completed(&mut self, completed: &CourseCompleted, event: usize) {
        let at = completed.completed_at;
        let known = self.courses.get(&completed.progress_id).copied();
        let course = Course {
            person: completed.user_id,
            status: CourseStatus::Completed,
            percent: 100,
            since: known.map_or(at, |known| known.since.min(at)),
            completed_at: Some(at),
            updated_at: known.map_or(at, |known| known.updated_at.max(at)),
        };
        self.courses.insert(completed.progress_id, course);
        self.learner(completed.user_id, at, event);
        self.firsts
            .push((completed.user_id, Milestone::CourseCompleted, at, event));
    }

    /// The matches that the batch speaks of.
    pub(super) fn match_ids(&self) -> Vec<Uuid> {
        let told = self.done.values().filter_map(|done| done.match_id);
        let mut ids: Vec<_> = self.matches.keys().copied().chain(told).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The event by which somebody came to a milestone.
    pub(super) fn event_of(
        &self,
        people: &[Uuid],
        milestone: Milestone,
        at: Timestamp,
    ) -> Option<usize> {
        let first = self.firsts.iter().find(|(person, kind, when, _)| {
            people.contains(person) && *kind == milestone && *when == at
        });
        first.map(|(.., event)| *event)
    }

    /// Adds whom these events touch: everybody they name, and the people of matches as they were and are, `before` as
    /// `(match, participant, buddy)`.
    pub(super) fn touch_all(
        &self,
        people: &mut BTreeMap<Uuid, Touch>,
        before: &[(Uuid, Uuid, Uuid)],
    ) {
        for (person, touch) in &self.named {
            people.entry(*person).or_default().add(touch);
        }
        let mut by_match: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for (id, participant, buddy) in before {
            by_match
                .entry(*id)
                .or_default()
                .extend([participant, buddy]);
        }
        for (id, pair) in &self.matches {
            let all = by_match.entry(*id).or_default();
            all.extend([pair.participant, pair.buddy]);
        }
        let event_of = |id: &Uuid| {
            let done = self.done.values().filter(|done| done.match_id == Some(*id));
            done.map(|done| done.event).max()
        };
        for (id, all) in &by_match {
            let touch = Touch {
                buddy: true,
                event: event_of(id),
                ..Touch::default()
            };
            for person in all {
                people.entry(*person).or_default().add(&touch);
            }
        }
    }
}

fn of_match(id: Uuid, at: Timestamp, event: usize) -> BuddyDeed {
    BuddyDeed {
        match_id: Some(id),
        person: None,
        other: None,
        by_buddy: false,
        at,
        event,
    }
}

fn of_person(person: Uuid, at: Timestamp, event: usize) -> BuddyDeed {
    BuddyDeed {
        match_id: None,
        person: Some(person),
        other: None,
        by_buddy: false,
        at,
        event,
    }
}
