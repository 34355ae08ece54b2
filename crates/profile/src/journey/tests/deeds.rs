//! What buddies and courses make of people, on a real database.

use contracts::PersonId;
use contracts::event::Payload;
use contracts::event::buddy::{
    CheckinCompleted, EventAttended, EventLogged, FeedbackSubmitted, MatchCreated, MatchEnded,
    MilestoneReached, SkillShareCompleted,
};
use contracts::event::upskilling::{CourseCompleted, CredentialIssued, ProgressUpdated};
use contracts::event::value::SessionType::{Language, Mentorship};
use contracts::event::value::{
    AttendedKind, BuddyRole, CefrLevel, Count, CourseStatus, CredentialKind, ExternalRef, Label,
    List, MatchEndReason, MeetingFormat, MilestoneCategory, PositiveInt, Rate, Slug, WholePercent,
};
use contracts::journey::{EnrolmentStatus, Milestone, Programme};
use jiff::Timestamp;
use uuid::Uuid;

use super::{history, is, milestones, pair};
use crate::flag::{Flag, FlagValue};
use crate::query::{Part, Profile};
use crate::testing::World;

pub(in crate::journey) fn matched(
    id: Uuid,
    participant: PersonId,
    buddy: PersonId,
    at: Timestamp,
) -> Payload {
    MatchCreated {
        match_id: id,
        participant_id: participant.uuid(),
        buddy_id: buddy.uuid(),
        matched_at: at,
        matching_criteria: None,
        program_id: None,
        campaign_id: None,
        beneficiary_group_id: None,
    }
    .into()
}

fn ended(
    id: Uuid,
    participant: PersonId,
    buddy: PersonId,
    at: Timestamp,
    reason: MatchEndReason,
) -> Payload {
    MatchEnded {
        match_id: id,
        participant_id: participant.uuid(),
        buddy_id: buddy.uuid(),
        ended_at: at,
        duration: PositiveInt::new(30).unwrap(),
        reason,
        reason_details_text_id: None,
        sessions_completed: None,
        events_attended: None,
        feedback: None,
    }
    .into()
}

pub(in crate::journey) fn checkin(id: Uuid, of: Uuid, at: Timestamp) -> Payload {
    CheckinCompleted {
        checkin_id: id,
        match_id: of,
        checkin_date: at,
        mood: None,
        notes_text_id: None,
        question_response_text_ids: std::collections::BTreeMap::new(),
    }
    .into()
}

pub(in crate::journey) fn feedback(world: &World, of: Uuid, from_role: BuddyRole) -> Payload {
    FeedbackSubmitted {
        feedback_id: world.id(),
        match_id: of,
        from_role,
        rating: Rate::new(0.75).unwrap(),
        feedback_text_id: None,
        submitted_at: world.day(-2),
        categories: None,
    }
    .into()
}

pub(in crate::journey) fn logged(world: &World, of: Uuid, at: Timestamp) -> Payload {
    EventLogged {
        event_id: world.id(),
        match_id: of,
        event_type: Label::new("coffee").unwrap(),
        event_date: at,
        description_text_id: None,
        location_text_id: None,
        attendees: List::default(),
    }
    .into()
}

fn attended(world: &World, event_id: Uuid, person: PersonId) -> Payload {
    EventAttended {
        event_id,
        user_id: person.uuid(),
        match_id: None,
        event_title_text_id: world.id(),
        event_type: AttendedKind::Social,
        event_format: MeetingFormat::InPerson,
        attended_at: world.day(-4),
        location_text_id: None,
        duration_minutes: None,
        attendee_count: None,
        organizer_text_id: None,
        categories: List::default(),
        sdg_goals: List::default(),
    }
    .into()
}

pub(in crate::journey) fn shared(world: &World, teacher: PersonId, learner: PersonId) -> Payload {
    SkillShareCompleted {
        session_id: world.id(),
        skill_id: PositiveInt::new(3).unwrap(),
        skill_name: Label::new("Writing a CV").unwrap(),
        skill_category: None,
        teacher_id: teacher.uuid(),
        learner_id: learner.uuid(),
        match_id: None,
        completed_at: world.day(-3),
        scheduled_at: None,
        duration_minutes: None,
        format: None,
        proficiency_level: None,
        feedback: None,
        sdg_goals: List::default(),
        valuation_points: None,
    }
    .into()
}

fn reached(person: PersonId, at: Timestamp) -> Payload {
    MilestoneReached {
        milestone_id: PositiveInt::new(4).unwrap(),
        user_id: person.uuid(),
        milestone_title: Label::new("Five events").unwrap(),
        milestone_category: MilestoneCategory::Events,
        reached_at: at,
        points: Count::new(25).unwrap(),
        badge_icon: None,
        target_role: None,
        progress: None,
        metadata: None,
    }
    .into()
}

pub(in crate::journey) fn course(
    id: Uuid,
    person: PersonId,
    status: CourseStatus,
    percent: i64,
    at: Timestamp,
) -> Payload {
    ProgressUpdated {
        progress_id: id,
        user_id: person.uuid(),
        provider: Slug::new("ecornell").unwrap(),
        course_id: ExternalRef::new("EXEC-101").unwrap(),
        course_name: Label::new("Executive Leadership").unwrap(),
        progress_percent: WholePercent::new(percent).unwrap(),
        status,
        updated_at: at,
    }
    .into()
}

pub(in crate::journey) fn completed(id: Uuid, person: PersonId, at: Timestamp) -> Payload {
    CourseCompleted {
        progress_id: id,
        user_id: person.uuid(),
        provider: Slug::new("ecornell").unwrap(),
        course_id: ExternalRef::new("EXEC-101").unwrap(),
        course_name: Label::new("Executive Leadership").unwrap(),
        completed_at: at,
        final_score: None,
        credential_ref_text_id: None,
        program_id: None,
        campaign_id: None,
        beneficiary_group_id: None,
    }
    .into()
}

pub(in crate::journey) fn credential(world: &World, person: PersonId, at: Timestamp) -> Payload {
    CredentialIssued {
        credential_id: world.id(),
        user_id: person.uuid(),
        provider: Slug::new("ecornell").unwrap(),
        course_id: ExternalRef::new("EXEC-101").unwrap(),
        course_name: Label::new("Executive Leadership").unwrap(),
        credential_type: CredentialKind::Certificate,
        issued_at: at,
        expires_at: None,
        credential_url_text_id: None,
        verification_code_text_id: None,
    }
    .into()
}

fn session_of(world: &World, level: CefrLevel, person: PersonId, day: i64) -> Payload {
    let other = PersonId::new(world.id());
    match world.session(Language, person, other, day) {
        Payload::KintellSessionCompleted(mut session) => {
            session.language_level = Some(level);
            (*session).into()
        }
        payload => payload,
    }
}

fn counter(profile: &Profile, flag: Flag) -> Option<u32> {
    match profile.flags.get(&flag)?.value {
        FlagValue::Count(count) => Some(count),
        FlagValue::YesNo(_) => None,
    }
}

fn enrolment(profile: &Profile, programme: Programme) -> Option<(EnrolmentStatus, Timestamp)> {
    let found = profile
        .enrolments
        .iter()
        .find(|e| e.programme == programme)?;
    Some((found.status, found.enrolled_at))
}

fn words(world: &World) -> Vec<Milestone> {
    milestones(world)
        .into_iter()
        .map(|(_, new, _)| new)
        .collect()
}

#[tokio::test]
async fn a_match_enrols_its_participant_and_names_both() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([matched(world.id(), olena, kari, world.day(-20))])
        .await;
    let participant = world.profile(olena).await.unwrap();
    assert_eq!(participant.roles, [Part::Participant]);
    assert!(participant.computed.is_buddy_matched);
    assert_eq!(
        enrolment(&participant, Programme::Buddy),
        Some((EnrolmentStatus::Active, world.day(-20)))
    );
    assert!(is(&participant, Flag::IsBuddyParticipant));
    assert!(!is(&participant, Flag::IsKintellUser));
    assert_eq!(counter(&participant, Flag::BuddyMatchCount), Some(1));
    assert_eq!(participant.first_seen_at, world.day(-20));

    let buddy = world.profile(kari).await.unwrap();
    assert_eq!(buddy.roles, [Part::Volunteer]);
    assert!(buddy.enrolments.is_empty() && buddy.milestones.is_empty());
    assert_eq!(counter(&buddy, Flag::BuddyMatchCount), Some(1));

    let announced = milestones(&world);
    assert_eq!(announced.len(), 1);
    assert_eq!(announced[0].1, Milestone::BuddyMatched);
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let changes = history(&mut tx, olena).await;
    assert!(changes.contains(&(
        "buddy_match_count".to_owned(),
        "buddy.match.created".to_owned()
    )));
}

#[tokio::test]
async fn an_enrolment_with_buddies_ends_with_the_last_match() {
    for (reason, status) in [
        (MatchEndReason::Completed, EnrolmentStatus::Completed),
        (MatchEndReason::Inactivity, EnrolmentStatus::Dropped),
    ] {
        let world = World::new().await;
        let (olena, kari) = pair(&world);
        let (first, second) = (world.id(), world.id());
        world
            .happens([
                matched(first, olena, kari, world.day(-40)),
                matched(second, olena, kari, world.day(-30)),
                ended(first, olena, kari, world.day(-10), reason),
            ])
            .await;
        let profile = world.profile(olena).await.unwrap();
        assert!(profile.computed.is_buddy_matched);
        world
            .happens([ended(second, olena, kari, world.day(-5), reason)])
            .await;
        let profile = world.profile(olena).await.unwrap();
        assert_eq!(
            enrolment(&profile, Programme::Buddy),
            Some((status, world.day(-40)))
        );
        assert!(!profile.computed.is_buddy_matched);
        assert_eq!(counter(&profile, Flag::BuddyMatchCount), Some(2));
    }
}

#[tokio::test]
async fn what_buddies_do_is_counted_for_whom_it_counts() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let (of, picnic) = (world.id(), world.id());
    world
        .happens([
            matched(of, olena, kari, world.day(-20)),
            checkin(world.id(), of, world.day(-9)),
            checkin(world.id(), of, world.day(-8)),
            feedback(&world, of, BuddyRole::Participant),
            feedback(&world, of, BuddyRole::Buddy),
            feedback(&world, of, BuddyRole::Buddy),
            logged(&world, of, world.day(-7)),
            attended(&world, picnic, olena),
            attended(&world, picnic, kari),
            attended(&world, picnic, olena),
            shared(&world, kari, olena),
            reached(olena, world.day(-1)),
        ])
        .await;
    let counters = [
        Flag::BuddyCheckinsCount,
        Flag::BuddyFeedbackCount,
        Flag::BuddyEventsAttended,
        Flag::BuddySkillShares,
        Flag::BuddyMilestonesCount,
    ];
    let participant = world.profile(olena).await.unwrap();
    let counted = counters.map(|flag| counter(&participant, flag));
    assert_eq!(counted, [Some(2), Some(1), Some(1), Some(1), Some(1)]);
    assert_eq!(participant.last_active_at, Some(world.day(-1)));
    let buddy = world.profile(kari).await.unwrap();
    let counted = counters.map(|flag| counter(&buddy, flag));
    assert_eq!(counted, [None, Some(2), Some(1), Some(1), None]);
}

#[tokio::test]
async fn a_checkin_that_comes_before_its_match_counts_once_the_match_is_known() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let (of, once) = (world.id(), world.id());
    let same = || checkin(once, of, world.day(-9));
    world.happens([same()]).await;
    world
        .happens([matched(of, olena, kari, world.day(-20))])
        .await;
    world.happens([same()]).await;
    let profile = world.profile(olena).await.unwrap();
    assert_eq!(counter(&profile, Flag::BuddyCheckinsCount), Some(1));
}

#[tokio::test]
async fn a_match_that_gets_other_people_takes_its_counts_along() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let (taras, _) = pair(&world);
    let of = world.id();
    world
        .happens([
            matched(of, olena, kari, world.day(-20)),
            checkin(world.id(), of, world.day(-9)),
        ])
        .await;
    world
        .happens([matched(of, taras, kari, world.day(-20))])
        .await;
    let before = world.profile(olena).await.unwrap();
    assert_eq!(counter(&before, Flag::BuddyCheckinsCount), Some(0));
    assert_eq!(counter(&before, Flag::BuddyMatchCount), Some(0));
    let now = world.profile(taras).await.unwrap();
    assert_eq!(counter(&now, Flag::BuddyCheckinsCount), Some(1));
}

#[tokio::test]
async fn a_course_enrols_completes_and_earns() {
    let world = World::new().await;
    let (olena, _) = pair(&world);
    let (one, other) = (world.id(), world.id());
    world
        .happens([course(
            one,
            olena,
            CourseStatus::InProgress,
            40,
            world.day(-30),
        )])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert!(is(&profile, Flag::IsUpskillingParticipant));
    assert_eq!(
        enrolment(&profile, Programme::Upskilling),
        Some((EnrolmentStatus::Active, world.day(-30)))
    );
    world
        .happens([
            course(one, olena, CourseStatus::Completed, 100, world.day(-20)),
            completed(one, olena, world.day(-20)),
            credential(&world, olena, world.day(-19)),
        ])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert!(profile.computed.has_completed_course);
    assert_eq!(
        enrolment(&profile, Programme::Upskilling),
        Some((EnrolmentStatus::Completed, world.day(-30)))
    );
    assert_eq!(
        words(&world),
        [
            Milestone::CourseEnrolled,
            Milestone::CourseCompleted,
            Milestone::CredentialEarned
        ]
    );
    // A second course opens the enrolment again, and giving it up leaves the first one done.
    world
        .happens([course(
            other,
            olena,
            CourseStatus::Enrolled,
            0,
            world.day(-10),
        )])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert!(!profile.computed.has_completed_course);
    world
        .happens([course(
            other,
            olena,
            CourseStatus::Dropped,
            10,
            world.day(-5),
        )])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert!(profile.computed.has_completed_course);
    assert_eq!(words(&world).len(), 3);
}

#[tokio::test]
async fn late_news_of_a_course_does_not_undo_its_completion() {
    let world = World::new().await;
    let (olena, _) = pair(&world);
    let one = world.id();
    world.happens([completed(one, olena, world.day(-5))]).await;
    world
        .happens([course(
            one,
            olena,
            CourseStatus::InProgress,
            60,
            world.day(-9),
        )])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert!(profile.computed.has_completed_course);
    let first = profile
        .milestones
        .iter()
        .find(|m| m.milestone == Milestone::CourseEnrolled);
    assert_eq!(first.unwrap().reached_at, world.day(-9));
}

#[tokio::test]
async fn a_level_above_all_before_is_a_milestone_and_a_return_to_one_is_none() {
    let world = World::new().await;
    let (olena, _) = pair(&world);
    world
        .happens([
            session_of(&world, CefrLevel::B1, olena, -30),
            session_of(&world, CefrLevel::A2, olena, -20),
            session_of(&world, CefrLevel::B1, olena, -10),
        ])
        .await;
    assert_eq!(words(&world), [Milestone::FirstLanguageSession]);
    world
        .happens([session_of(&world, CefrLevel::B2, olena, -5)])
        .await;
    assert_eq!(
        words(&world),
        [Milestone::FirstLanguageSession, Milestone::LanguageLevelUp]
    );
    let profile = world.profile(olena).await.unwrap();
    let up = profile
        .milestones
        .iter()
        .find(|m| m.milestone == Milestone::LanguageLevelUp);
    assert_eq!(up.unwrap().reached_at, world.day(-5));
}

#[tokio::test]
async fn who_completed_a_course_and_had_three_mentors_hours_is_ready_for_a_job() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([completed(world.id(), olena, world.day(-9))])
        .await;
    for day in [-8, -7] {
        world
            .happens([world.session(Mentorship, olena, kari, day)])
            .await;
    }
    assert!(!words(&world).contains(&Milestone::JobReady));
    world
        .happens([world.session(Mentorship, olena, kari, -6)])
        .await;
    assert_eq!(words(&world).last(), Some(&Milestone::JobReady));
    world
        .happens([world.session(Mentorship, olena, kari, -5)])
        .await;
    let ready = words(&world)
        .into_iter()
        .filter(|m| *m == Milestone::JobReady);
    assert_eq!(ready.count(), 1);
}
