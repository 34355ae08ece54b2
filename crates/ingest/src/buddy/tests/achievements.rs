//! Skill sessions and milestones.

use contracts::event::Payload;

use crate::record::draft::Place;
use crate::record::tests::{
    Cells, ID, OTHER, THIRD, announce, announce_nobody, map, refuses, texts,
};
use crate::sheet::row_error::ErrorCode::{
    Choice, Future, Identifier, Json, MissingField, Number, Order, Rating, Text,
};
use crate::source::Source;

type Row = &'static [(&'static str, &'static str)];

const SKILL: Row = &[
    ("session_id", ID),
    ("skill_id", "3"),
    ("skill_name", "Writing a CV"),
    ("skill_category", "career"),
    ("teacher_id", OTHER),
    ("learner_id", THIRD),
    ("completed_at", "2026-03-01T18:00:00Z"),
    ("scheduled_at", "2026-03-01T17:00:00Z"),
    ("format", "online"),
    ("proficiency_level", "beginner"),
    ("learner_rating", "1"),
    ("teacher_comment", "Quick to learn"),
    ("learner_comment", "Clear"),
    ("learner_progress", "good progress"),
    ("valuation_points", "5"),
];

#[test]
fn a_skill_session_tells_of_both_and_their_words_stay_theirs() {
    let draft = map(Source::BuddySkillSessions, &SKILL.iter().copied().collect());
    assert_eq!(draft.texts[0].owner, Place::Other);
    assert_eq!(draft.texts[1].owner, Place::Person);
    let payloads = announce(&draft);
    let [Payload::BuddySkillShareCompleted(share)] = &payloads[..] else {
        panic!()
    };
    assert_ne!(share.teacher_id, share.learner_id);
    let feedback = share.feedback.as_ref().unwrap();
    assert_eq!(feedback.learner_progress.unwrap().as_str(), "good-progress");
    assert!(feedback.teacher_rating.is_none() && feedback.learner_comment_text_id.is_some());
    assert_eq!(
        share
            .sdg_goals
            .iter()
            .map(|goal| goal.get())
            .collect::<Vec<_>>(),
        [4, 8]
    );
    assert!(announce_nobody(&draft).is_empty());

    let bare: Cells<'_> = SKILL
        .iter()
        .copied()
        .filter(|(name, _)| {
            !name.contains("rating") && !name.contains("comment") && !name.contains("progress")
        })
        .chain([("sdg_goals", "17"), ("match_id", ID)])
        .collect();
    let payloads = announce(&map(Source::BuddySkillSessions, &bare));
    let [Payload::BuddySkillShareCompleted(share)] = &payloads[..] else {
        panic!()
    };
    assert!(share.feedback.is_none() && share.match_id.is_some());
    assert_eq!(share.sdg_goals[0].get(), 17);
}

#[test]
fn skill_sessions_are_refused_by_their_rules() {
    refuses(
        Source::BuddySkillSessions,
        SKILL,
        &[
            ("session_id", "S", Identifier),
            ("skill_id", "0", Number),
            ("skill_id", "", MissingField),
            ("skill_name", "https://example.org", Text),
            ("teacher_id", "", MissingField),
            ("learner_id", "x", Identifier),
            ("completed_at", "2026-03-01T16:00:00Z", Order),
            ("format", "by phone", Choice),
            ("proficiency_level", "expert", Choice),
            ("learner_rating", "5", Rating),
            ("learner_progress", "lots", Choice),
            ("sdg_goals", "0", Number),
            ("valuation_points", "1.5", Number),
        ],
    );
}

pub(super) const MILESTONE: Row = &[
    ("milestone_id", "4"),
    ("user_id", ID),
    ("milestone_title", "Five events"),
    ("milestone_category", "buddy_connection"),
    ("reached_at", "2026-03-01"),
    ("points", "25"),
    ("badge_icon", "star"),
    ("target_role", "all"),
    (
        "progress",
        r#"{"current_step": 2, "total_steps": 5, "completed_steps": [1, "two"]}"#,
    ),
    (
        "metadata",
        r#"{"is_first_time": true, "streakCount": 2, "relatedEntities": [{"type": "event", "id": "7"}], "note": "with Kari"}"#,
    ),
];

#[test]
fn a_milestone_keeps_what_has_a_name_here_and_leaves_the_rest_to_the_vault() {
    let draft = map(
        Source::BuddyMilestones,
        &MILESTONE.iter().copied().collect(),
    );
    let payloads = announce(&draft);
    let [Payload::BuddyMilestoneReached(reached)] = &payloads[..] else {
        panic!()
    };
    assert_eq!(reached.milestone_category.as_str(), "buddy-connection");
    let progress = reached.progress.as_ref().unwrap();
    assert_eq!(progress.completed_steps[0].as_str(), "1");
    let context = reached.metadata.as_ref().unwrap();
    assert_eq!(
        (context.is_first_time, context.related_entities.len()),
        (Some(true), 1)
    );
    let kept = texts(&draft);
    assert!(kept[0].0 == "metadata" && kept[0].1.contains("with Kari"));
    assert!(!draft.data.to_json().unwrap().to_string().contains("Kari"));
    assert!(announce_nobody(&draft).is_empty());
    let mut plain: Cells<'_> = MILESTONE.iter().copied().collect();
    plain.extend([
        ("metadata", r#"{"streakCount": "often"}"#),
        ("progress", ""),
    ]);
    let draft = map(Source::BuddyMilestones, &plain);
    assert_eq!(texts(&draft), [("metadata", r#"{"streakCount":"often"}"#)]);
    plain.insert("metadata", "{}");
    assert!(texts(&map(Source::BuddyMilestones, &plain)).is_empty());
}

#[test]
fn milestones_are_refused_by_their_rules() {
    refuses(
        Source::BuddyMilestones,
        MILESTONE,
        &[
            ("milestone_id", "four", Number),
            ("user_id", "", MissingField),
            ("milestone_title", "", MissingField),
            ("milestone_category", "sports", Choice),
            ("reached_at", "2027-01-01", Future),
            ("points", "-5", Number),
            ("points", "", MissingField),
            ("target_role", "nobody", Choice),
            ("progress", r#"{"current_step": 9, "total_steps": 5}"#, Json),
            ("progress", r#"{"step": 9}"#, Json),
            ("metadata", "[]", Json),
        ],
    );
}
