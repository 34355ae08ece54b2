//! What events make of people, on a real database.

pub(super) mod deeds;

use contracts::PersonId;
use contracts::event::value::SessionType::{Language, Mentorship};
use contracts::event::{Event, Payload};
use contracts::journey::{Milestone, Programme};
use platform::TenantTx;
use platform::jobs::{JobRunner, JobState, NewJob, enqueue, find_job_state};

use crate::flag::{Flag, FlagValue};
use crate::person::store::list_history;
use crate::query::{Part, Profile, count_people, list_profiles};
use crate::testing::World;

fn milestones(world: &World) -> Vec<(Event, Milestone, Option<Milestone>)> {
    world
        .published()
        .into_iter()
        .filter_map(|event| match &event.payload {
            Payload::OrchestrationJourneyMilestoneReached(reached) => {
                Some((event.clone(), reached.milestone, reached.previous_milestone))
            }
            _ => None,
        })
        .collect()
}

fn updated_fields(world: &World, person: PersonId) -> Vec<(String, Vec<String>)> {
    world
        .published()
        .iter()
        .filter_map(|event| match &event.payload {
            Payload::OrchestrationProfileUpdated(update) if update.user_id == person.uuid() => {
                let fields = update.updated_fields.iter();
                let fields = fields.map(|field| field.as_str().to_owned()).collect();
                let trigger = update.trigger.as_ref()?.as_str().to_owned();
                Some((trigger, fields))
            }
            _ => None,
        })
        .collect()
}

fn is(profile: &Profile, flag: Flag) -> bool {
    profile
        .flags
        .get(&flag)
        .is_some_and(|state| state.value == FlagValue::YesNo(true))
}

async fn history(tx: &mut TenantTx, person: PersonId) -> Vec<(String, String)> {
    list_history(tx, person.uuid(), None, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|(_, entry)| (entry.flag, entry.changed_by))
        .collect()
}

fn pair(world: &World) -> (PersonId, PersonId) {
    (PersonId::new(world.id()), PersonId::new(world.id()))
}

#[tokio::test]
async fn a_session_makes_a_participant_and_a_volunteer() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([world.session(Language, olena, kari, -3)])
        .await;

    let participant = world.profile(olena).await.unwrap();
    assert_eq!(participant.roles, [Part::Participant]);
    assert_eq!(participant.last_active_at, Some(world.day(-3)));
    assert_eq!(participant.enrolments.len(), 1);
    assert_eq!(participant.enrolments[0].programme, Programme::Language);
    assert_eq!(
        participant.milestones[0].milestone,
        Milestone::FirstLanguageSession
    );
    assert_eq!(participant.milestones[0].reached_at, world.day(-3));
    assert!(is(&participant, Flag::IsKintellUser));

    let volunteer = world.profile(kari).await.unwrap();
    assert_eq!(volunteer.roles, [Part::Volunteer]);
    assert_eq!(volunteer.last_active_at, Some(world.day(-3)));
    assert!(volunteer.enrolments.is_empty() && volunteer.milestones.is_empty());
    assert!(is(&volunteer, Flag::IsKintellUser));
}

#[tokio::test]
async fn a_milestone_is_announced_once_as_a_consequence_of_its_session() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([
            world.session(Language, olena, kari, -9),
            world.session(Mentorship, olena, kari, -8),
            world.session(Language, olena, kari, -7),
        ])
        .await;
    world
        .happens([world.session(Language, olena, kari, -6)])
        .await;

    let announced = milestones(&world);
    let words: Vec<_> = announced
        .iter()
        .map(|(_, new, before)| (*new, *before))
        .collect();
    assert_eq!(
        words,
        [
            (Milestone::FirstLanguageSession, None),
            (
                Milestone::FirstMentorshipSession,
                Some(Milestone::FirstLanguageSession)
            ),
        ]
    );
    let correlations: Vec<_> = announced
        .iter()
        .map(|(event, ..)| event.correlation)
        .collect();
    assert_eq!(correlations, [world.grant.trace().correlation; 2]);
    assert!(
        announced
            .iter()
            .all(|(event, ..)| event.causation.is_some())
    );
    assert_ne!(announced[0].0.causation, announced[1].0.causation);
}

#[tokio::test]
async fn an_event_that_comes_twice_has_one_effect() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let session = world.id();
    let same = || world.session_again(session, Language, olena, kari, -3);
    world.happens([same()]).await;
    let before = world.profile(olena).await.unwrap();
    world.forget();
    world.happens([same(), same()]).await;
    assert_eq!(world.profile(olena).await.unwrap(), before);
    assert!(world.published().is_empty());
}

#[tokio::test]
async fn an_earlier_session_that_arrives_late_corrects_the_milestone_without_another() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([world.session(Language, olena, kari, -3)])
        .await;
    world.forget();
    world
        .happens([world.session(Language, olena, kari, -30)])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert_eq!(profile.milestones[0].reached_at, world.day(-30));
    assert!(profile.enrolments[0].enrolled_at < world.day(-30));
    assert_eq!(profile.last_active_at, Some(world.day(-3)));
    assert!(milestones(&world).is_empty());
    let expected = (
        "kintell.session.completed".to_owned(),
        vec!["enrolments".to_owned(), "milestones".to_owned()],
    );
    assert_eq!(updated_fields(&world, olena), [expected]);
}

#[tokio::test]
async fn a_corrected_session_replaces_what_was_known_of_it() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let ivan = PersonId::new(world.id());
    let session = world.id();
    world
        .happens([world.session_again(session, Language, olena, kari, 400)])
        .await;
    world
        .happens([world.session_again(session, Language, olena, kari, -1)])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert_eq!(profile.last_active_at, Some(world.day(-1)));
    assert_eq!(profile.milestones[0].reached_at, world.day(-1));

    world
        .happens([world.session_again(session, Language, ivan, kari, -1)])
        .await;
    assert_eq!(world.profile(ivan).await.unwrap().milestones.len(), 1);
    // What was announced of Olena is not taken back.
    assert_eq!(world.profile(olena).await.unwrap().milestones.len(), 1);
}

#[tokio::test]
async fn a_session_agreed_on_enrols_and_is_no_activity() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let session = world.id();
    world.happens([world.agreed(session, olena, kari, 2)]).await;
    let profile = world.profile(olena).await.unwrap();
    assert_eq!(profile.enrolments[0].programme, Programme::Mentorship);
    assert_eq!(profile.enrolments[0].enrolled_at, world.day(2));
    assert_eq!(profile.last_active_at, None);
    assert!(profile.milestones.is_empty());

    world
        .happens([
            world.session_again(session, Mentorship, olena, kari, -1),
            world.agreed(session, olena, kari, 2),
        ])
        .await;
    let profile = world.profile(olena).await.unwrap();
    assert_eq!(profile.last_active_at, Some(world.day(-1)));
    assert_eq!(
        profile.milestones[0].milestone,
        Milestone::FirstMentorshipSession
    );
}

#[tokio::test]
async fn three_well_rated_language_sessions_make_a_mentor_and_a_bad_rating_unmakes_one() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let last = world.id();
    world
        .happens([
            world.session(Language, olena, kari, -3),
            world.session(Language, olena, kari, -2),
            world.session_again(last, Language, olena, kari, -1),
        ])
        .await;
    assert!(!is(&world.profile(olena).await.unwrap(), Flag::MentorReady));
    world.forget();
    world.happens([world.rating(last, 0.75)]).await;
    let profile = world.profile(olena).await.unwrap();
    assert!(is(&profile, Flag::MentorReady));
    assert_eq!(profile.flags[&Flag::MentorReady].set_by, "mentor_ready_001");
    let expected = (
        "mentor_ready_001".to_owned(),
        vec!["mentor_ready".to_owned()],
    );
    assert_eq!(updated_fields(&world, olena), [expected]);

    world.happens([world.rating(last, 0.0)]).await;
    assert!(!is(&world.profile(olena).await.unwrap(), Flag::MentorReady));
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let told = history(&mut tx, olena).await;
    let of_mentor = told.iter().filter(|(flag, _)| flag == "mentor_ready");
    assert_eq!(of_mentor.count(), 2);
    let kintell = (
        "is_kintell_user".to_owned(),
        "kintell.session.completed".to_owned(),
    );
    assert!(told.contains(&kintell));
}

#[tokio::test]
async fn a_rating_whose_session_is_unknown_waits_for_it() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    let last = world.id();
    world.happens([world.rating(last, 1.0)]).await;
    world
        .happens([
            world.session(Language, olena, kari, -3),
            world.session(Language, olena, kari, -2),
            world.session_again(last, Language, olena, kari, -1),
        ])
        .await;
    assert!(is(&world.profile(olena).await.unwrap(), Flag::MentorReady));
}

#[tokio::test]
async fn two_quiet_weeks_ask_for_a_follow_up_and_the_next_session_ends_it() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([world.session(Language, olena, kari, 0)])
        .await;
    world.pass_days(13);
    world.night_falls().await;
    assert!(!is(
        &world.profile(olena).await.unwrap(),
        Flag::FollowupNeeded
    ));
    world.pass_days(1);
    world.forget();
    world.night_falls().await;
    let profile = world.profile(olena).await.unwrap();
    assert!(is(&profile, Flag::FollowupNeeded));
    let expected = (
        "followup_needed_001".to_owned(),
        vec!["followup_needed".to_owned()],
    );
    assert_eq!(updated_fields(&world, olena), [expected]);

    world.night_falls().await;
    assert_eq!(
        world.profile(olena).await.unwrap(),
        profile,
        "a second night changes nothing"
    );

    world
        .happens([world.session(Language, olena, kari, 0)])
        .await;
    assert!(!is(
        &world.profile(olena).await.unwrap(),
        Flag::FollowupNeeded
    ));
}

#[tokio::test]
async fn a_company_cannot_have_the_nightly_job_look_at_everybody() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([world.session(Language, olena, kari, -30)])
        .await;
    world.pass_days(30);
    let before = world.profile(olena).await.unwrap();
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let job = NewJob::new("EvaluateJourneys", serde_json::json!({})).unwrap();
    let id = enqueue(&mut tx, job).await.unwrap().unwrap();
    tx.commit_bookkeeping().await.unwrap();
    let jobs = JobRunner::new(world.test.db(), vec![super::job()]);
    jobs.settle().await.unwrap();
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let state = find_job_state(&mut tx, id).await.unwrap();
    assert_eq!(state, Some(JobState::Failed));
    assert_eq!(world.profile(olena).await.unwrap(), before);
}

#[tokio::test]
async fn hundreds_of_sessions_in_one_batch_are_each_taken_once() {
    let world = World::new().await;
    let people: Vec<_> = (0..150).map(|_| PersonId::new(world.id())).collect();
    let kari = PersonId::new(world.id());
    let sessions: Vec<_> = (0..600_usize)
        .map(|n| {
            world.session(
                Language,
                people[n % 150],
                kari,
                -i64::try_from(n / 150).unwrap(),
            )
        })
        .collect();
    world.happens(sessions).await;
    let mut tx = world.test.db().tenant(&world.grant).await.unwrap();
    let counts = count_people(&mut tx).await.unwrap();
    assert_eq!((counts.participants, counts.volunteers), (150, 1));
    assert_eq!(counts.active_enrolments[&Programme::Language], 150);
    assert_eq!(counts.milestones[&Milestone::FirstLanguageSession], 150);
    assert_eq!(milestones(&world).len(), 150);
    let page = list_profiles(&mut tx, None, 100).await.unwrap();
    assert_eq!(page.len(), 100);
    let rest = list_profiles(&mut tx, Some(page[99].id), 100)
        .await
        .unwrap();
    assert_eq!(rest.len(), 51);
    assert!(page.iter().all(|one| one.flags == [Flag::IsKintellUser]));
}

#[tokio::test]
async fn another_company_sees_none_of_it() {
    let world = World::new().await;
    let (olena, kari) = pair(&world);
    world
        .happens([world.session(Language, olena, kari, -1)])
        .await;
    let globex = world.test.grant("globex");
    let mut tx = world.test.db().tenant(&globex).await.unwrap();
    assert_eq!(
        count_people(&mut tx).await.unwrap(),
        crate::query::Counts::default()
    );
    let acme = world.grant.company().uuid();
    assert_eq!(world.published().len(), 3);
    assert!(world.published().iter().all(|event| event.company == acme));
}
