//! The grammar, and the three rules that are compiled in.

use contracts::journey::Milestone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{
    Entity, Facts, FlagChange, Group, Key, Measure, Reason, Rules, Span, StoredFlag, evaluate,
};
use crate::flag::{Flag, FlagValue};

const YES: FlagValue = FlagValue::YesNo(true);

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    noon() - SignedDuration::from_hours(24 * days)
}

fn sessions(kind: &str, count: u64, ratings: &[&str]) -> Group {
    let mut group = Group::new(Entity::KintellSessions, &[(Key::SessionType, kind)], count);
    let sum = ratings.iter().map(|r| r.parse::<Decimal>().unwrap()).sum();
    let given = u64::try_from(ratings.len()).unwrap();
    group.measures.insert(Measure::Rating, (sum, given));
    group
}

fn enrolled(status: &str) -> Group {
    let words = [(Key::ProgramType, "language"), (Key::Status, status)];
    Group::new(Entity::ProgramEnrollments, &words, 1)
}

fn score(value: &str) -> Group {
    let words = [(Key::Dimension, "lang_level_proxy")];
    let mut group = Group::new(Entity::OutcomeScores, &words, 1);
    group
        .measures
        .insert(Measure::Score, (value.parse().unwrap(), 1));
    group
}

fn facts(groups: Vec<Group>, last_active_at: Option<Timestamp>) -> Facts {
    Facts {
        groups,
        last_active_at,
        ..Facts::default()
    }
}

/// The flags that the built-in rules set on somebody without flags.
fn flags_of(facts: &Facts) -> Vec<Flag> {
    let outcome = evaluate(Rules::built_in().unwrap(), facts, noon());
    assert!(outcome.changes.iter().all(|c| c.new == Some(YES)));
    outcome.changes.iter().map(|change| change.flag).collect()
}

#[test]
fn the_built_in_rules_go_by_priority() {
    let ids: Vec<_> = Rules::built_in()
        .unwrap()
        .iter()
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "followup_needed_001",
            "language_support_needed_001",
            "mentor_ready_001",
            "job_ready_001"
        ]
    );
}

#[test]
fn mentor_ready_is_who_had_three_language_sessions_rated_four_stars() {
    let cases: [(&str, Group, bool); 6] = [
        ("two sessions", sessions("language", 2, &["1", "1"]), false),
        ("no rating", sessions("language", 3, &[]), false),
        (
            "on the threshold",
            sessions("language", 3, &["0.7", "0.8"]),
            true,
        ),
        (
            "just below",
            sessions("language", 3, &["0.75", "0.749999"]),
            false,
        ),
        (
            "one rating of five sessions",
            sessions("language", 5, &["1"]),
            true,
        ),
        ("mentorship only", sessions("mentorship", 9, &["1"]), false),
    ];
    for (case, group, ready) in cases {
        let flags = flags_of(&facts(vec![group], Some(noon())));
        assert_eq!(flags.contains(&Flag::MentorReady), ready, "{case}");
    }
}

#[test]
fn language_support_is_for_who_scores_below_a_half() {
    let cases: [(&str, Vec<Group>, bool); 3] = [
        ("no score", vec![], false),
        ("a half", vec![score("0.5")], false),
        ("less", vec![score("0.499")], true),
    ];
    for (case, groups, needed) in cases {
        let flags = flags_of(&facts(groups, None));
        assert_eq!(
            flags.contains(&Flag::LanguageSupportNeeded),
            needed,
            "{case}"
        );
    }
}

#[test]
fn follow_up_is_for_who_is_enrolled_and_away_for_two_weeks() {
    let cases: [(&str, Vec<Group>, Option<Timestamp>, bool); 5] = [
        (
            "two weeks",
            vec![enrolled("active")],
            Some(days_ago(14)),
            true,
        ),
        (
            "a day less",
            vec![enrolled("active")],
            Some(days_ago(13)),
            false,
        ),
        (
            "dropped out",
            vec![enrolled("dropped")],
            Some(days_ago(90)),
            false,
        ),
        ("never active", vec![enrolled("active")], None, false),
        (
            "ahead of time",
            vec![enrolled("active")],
            Some(days_ago(-20)),
            false,
        ),
    ];
    for (case, groups, last, needed) in cases {
        let flags = flags_of(&facts(groups, last));
        assert_eq!(flags.contains(&Flag::FollowupNeeded), needed, "{case}");
    }
}

#[test]
fn a_flag_goes_when_its_rule_is_no_longer_met() {
    let mut facts = facts(vec![enrolled("active")], Some(noon()));
    let stored = StoredFlag {
        value: YES,
        expires_at: None,
    };
    facts.flags.insert(Flag::FollowupNeeded, stored);
    let outcome = evaluate(Rules::built_in().unwrap(), &facts, noon());
    let gone = FlagChange {
        flag: Flag::FollowupNeeded,
        old: Some(YES),
        new: None,
        expires_at: None,
        reason: Reason::Rule("followup_needed_001".to_owned()),
    };
    assert_eq!(outcome.changes, [gone]);
}

fn rule(rest: &str) -> String {
    format!("[[rule]]\nid = \"r\"\npriority = 1\ndescription = \"d\"\n{rest}")
}

const ALWAYS: &str =
    r#"when = { type = "count", entity = "buddy_events", operator = ">=", value = 0 }"#;

const SET: &str = r#"then = [{ type = "set_flag", flag = "mentor_ready", value = true }]"#;

#[test]
fn a_flag_that_runs_out_is_renewed_or_goes() {
    let set = r#"then = [{ type = "set_flag", flag = "mentor_ready", value = true, expires_in = "2 days" }]"#;
    let rules = Rules::parse(&rule(&format!("{ALWAYS}\n{set}"))).unwrap();
    let nobody = Facts::default();
    let first = evaluate(&rules, &nobody, noon()).changes[0].expires_at;
    assert_eq!(first, Some(days_ago(-2)));

    let mut ran_out = Facts::default();
    let stored = StoredFlag {
        value: YES,
        expires_at: Some(noon()),
    };
    ran_out.flags.insert(Flag::MentorReady, stored);
    let outcome = evaluate(&rules, &ran_out, noon());
    assert!(outcome.changes.is_empty());
    assert_eq!(outcome.renewals[0].expires_at, Some(days_ago(-2)));

    let none = Rules::parse("").unwrap();
    let outcome = evaluate(&none, &ran_out, noon());
    assert_eq!(outcome.changes[0].reason, Reason::Expiry);
    assert_eq!(outcome.changes[0].new, None);
}

#[test]
fn the_first_rule_settles_a_flag_and_otherwise_comes_last() {
    let text = r#"
        [[rule]]
        id = "never"
        priority = 9
        description = "unmet, and would clear"
        when = { type = "exists", entity = "buddy_matches" }
        then = [{ type = "set_flag", flag = "followup_needed", value = true }]
        otherwise = [{ type = "clear_flag", flag = "mentor_ready" }]
        [[rule]]
        id = "second"
        priority = 5
        description = "sets"
        when = { type = "count", entity = "buddy_events", operator = "=", value = 0 }
        then = [{ type = "set_flag", flag = "mentor_ready", value = true }]
        [[rule]]
        id = "third"
        priority = 1
        description = "sees what the second did, and may not undo it"
        when = { type = "value", entity = "user_profile", field = "mentor_ready", operator = "=", value = true }
        then = [
            { type = "clear_flag", flag = "mentor_ready" },
            { type = "emit_event", event = "orchestration.journey.milestone.reached", milestone = "job_ready" },
        ]
    "#;
    let outcome = evaluate(&Rules::parse(text).unwrap(), &Facts::default(), noon());
    assert_eq!(outcome.changes.len(), 1);
    assert_eq!(outcome.changes[0].reason, Reason::Rule("second".to_owned()));
    assert_eq!(
        outcome.milestones,
        [(Milestone::JobReady, "third".to_owned())]
    );
}

#[test]
fn any_of_needs_one_and_time_since_asks_the_latest() {
    let when = r#"when = { type = "any_of", conditions = [
        { type = "exists", entity = "buddy_matches", where = { status = "active" } },
        { type = "time_since", entity = "kintell_sessions", where = { session_type = "language" }, operator = "<", duration = "1 week" },
    ] }"#;
    let rules = Rules::parse(&rule(&format!("{when}\n{SET}"))).unwrap();
    let mut old = sessions("language", 1, &[]);
    old.last_at = Some(days_ago(30));
    assert!(
        evaluate(&rules, &facts(vec![old.clone()], None), noon())
            .changes
            .is_empty()
    );
    let mut new = sessions("language", 1, &[]);
    new.last_at = Some(days_ago(3));
    let outcome = evaluate(&rules, &facts(vec![old, new], None), noon());
    assert_eq!(outcome.changes.len(), 1);
}

fn refused(text: &str, place: &str, reason: &str) {
    let error = Rules::parse(text).unwrap_err();
    assert!(error.place.starts_with(place), "{error}\n{text}");
    assert!(error.reason.contains(reason), "{error}\n{text}");
}

#[test]
fn what_is_wrong_with_a_condition_is_said_with_its_place() {
    let cases = [
        (r#"type = "sum""#, "unknown variant"),
        (r#"type = "all_of", conditions = []"#, "at least one"),
        (r#"type = "exists", entity = "user_profile""#, "one profile"),
        (
            r#"type = "exists", entity = "buddy_events", where = { status = "x" }"#,
            "have no Status",
        ),
        (
            r#"type = "exists", entity = "kintell_sessions", where = { session_type = "chess" }"#,
            "chess",
        ),
        (
            r#"type = "time_since", entity = "user_profile", operator = ">=", duration = "14""#,
            "a duration is",
        ),
        (
            r#"type = "value", entity = "kintell_sessions", field = "score", operator = ">=", value = 1"#,
            "no such field",
        ),
        (
            r#"type = "value", entity = "user_profile", field = "mentor_ready", operator = "=", value = 1"#,
            "true or false",
        ),
        (
            r#"type = "count", entity = "buddy_events", operator = "~", value = 1"#,
            "unknown variant",
        ),
        (
            r#"type = "count", entity = "buddy_events", operator = ">", value = -1"#,
            "invalid value",
        ),
    ];
    for (condition, reason) in cases {
        refused(
            &rule(&format!("when = {{ {condition} }}\n{SET}")),
            "r, when",
            reason,
        );
    }
    let deep = r#"type = "all_of", conditions = [{ type = "exists", entity = "buddy_events" }]"#;
    let deep = (0..3).fold(deep.to_owned(), |inner, _| {
        format!(r#"type = "any_of", conditions = [{{ {inner} }}]"#)
    });
    let place = "r, when.conditions[0].conditions[0].conditions[0]";
    refused(
        &rule(&format!("when = {{ {deep} }}\n{SET}")),
        place,
        "four deep",
    );
}

#[test]
fn what_is_wrong_with_an_action_is_said_with_its_place() {
    let emit =
        |event: &str| format!(r#"type = "emit_event", event = "{event}", milestone = "job_ready""#);
    let set = |rest: &str| format!(r#"type = "set_flag", {rest}"#);
    let cases = [
        (
            set(r#"flag = "is_kintell_user", value = true"#),
            "r, then[0]",
            "not for rules",
        ),
        (
            set(r#"flag = "mentor_ready", value = 3"#),
            "r, then[0]",
            "kind",
        ),
        (
            set(r#"flag = "mentor", value = true"#),
            "r, then[0]",
            "unknown variant",
        ),
        (
            emit("orchestration.flag.updated"),
            "r, then[0]",
            "unknown variant",
        ),
    ];
    for (action, place, reason) in cases {
        refused(
            &rule(&format!("{ALWAYS}\nthen = [{{ {action} }}]")),
            place,
            reason,
        );
    }
    let milestone = emit("orchestration.journey.milestone.reached");
    let otherwise = rule(&format!("{ALWAYS}\n{SET}\notherwise = [{{ {milestone} }}]"));
    refused(&otherwise, "r, otherwise[0]", "meeting the rule");
}

#[test]
fn what_is_wrong_with_a_rule_is_said_with_its_name() {
    let good = rule(&format!("{ALWAYS}\n{SET}"));
    assert!(Rules::parse(&good).is_ok());
    refused(&rule(ALWAYS), "r", "missing field `then`");
    refused(&format!("{good}\ncolour = 1"), "r", "unknown field");
    refused(
        &rule(&format!("{ALWAYS}\nthen = []")),
        "r, then",
        "does something",
    );
    refused(&format!("{good}\n{good}"), "r", "another rule");
    refused(&good.replace("\"r\"", "\"R 1\""), "R 1, id", "an id has");
    refused("rules = []", "the rules file", "unknown field");
}

#[test]
fn a_month_has_thirty_days_and_one_is_singular() {
    let hours = |text: &str| text.parse::<Span>().unwrap().duration().as_hours();
    assert_eq!(hours("1 month"), 720);
    assert_eq!(hours("2 weeks"), 336);
    assert_eq!(hours("14 days"), 336);
    for wrong in [
        "",
        "14",
        "0 days",
        "2 week",
        "-1 days",
        "10001 hours",
        "14  days",
        "1 fortnight",
    ] {
        assert!(wrong.parse::<Span>().is_err(), "{wrong}");
    }
}

fn anything() -> impl Strategy<Value = Facts> {
    let group = prop_oneof![
        (0_u64..6, prop::collection::vec(0_u32..=100, 0..6)).prop_map(|(count, ratings)| {
            let texts: Vec<_> = ratings
                .iter()
                .map(|r| Decimal::new(i64::from(*r), 2).to_string())
                .collect();
            sessions(
                "language",
                count,
                &texts.iter().map(String::as_str).collect::<Vec<_>>(),
            )
        }),
        prop_oneof![Just("active"), Just("dropped")].prop_map(enrolled),
        (0_u32..=100).prop_map(|value| score(&Decimal::new(i64::from(value), 2).to_string())),
    ];
    let flag = prop::sample::select(vec![
        Flag::MentorReady,
        Flag::FollowupNeeded,
        Flag::LanguageSupportNeeded,
    ]);
    let stored = (any::<bool>(), prop::option::of(-3_i64..3)).prop_map(|(value, end)| StoredFlag {
        value: FlagValue::YesNo(value),
        expires_at: end.map(|days| days_ago(-days)),
    });
    (
        prop::collection::vec(group, 0..6),
        prop::option::of(-30_i64..60),
        prop::collection::btree_map(flag, stored, 0..3),
    )
        .prop_map(|(groups, last, flags)| Facts {
            groups,
            flags,
            last_active_at: last.map(days_ago),
        })
}

proptest! {
    #[test]
    fn once_done_there_is_nothing_more_to_do(facts in anything()) {
        let rules = Rules::built_in().unwrap();
        let first = evaluate(rules, &facts, noon());
        let mut after = facts.clone();
        for change in first.changes.iter().chain(&first.renewals) {
            match change.new {
                Some(value) => after.flags.insert(change.flag, StoredFlag { value, expires_at: change.expires_at }),
                None => after.flags.remove(&change.flag),
            };
        }
        let second = evaluate(rules, &after, noon());
        prop_assert!(second.changes.is_empty() && second.renewals.is_empty(), "{second:?}");
    }

    #[test]
    fn the_order_of_records_does_not_matter(facts in anything()) {
        let rules = Rules::built_in().unwrap();
        let mut turned = facts.clone();
        turned.groups.reverse();
        prop_assert_eq!(evaluate(rules, &facts, noon()), evaluate(rules, &turned, noon()));
    }

    #[test]
    fn nobody_is_followed_up_within_two_weeks(facts in anything(), minutes in 0_i64..14 * 24 * 60) {
        let mut facts = facts;
        facts.flags.clear();
        facts.last_active_at = Some(noon() - SignedDuration::from_mins(minutes));
        prop_assert!(!flags_of(&facts).contains(&Flag::FollowupNeeded));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(\\[\\[rule\\]\\]|id|when|=|\"|\\{|\\}|type|count|\n| |[a-z]){0,40}") {
        let _ = Rules::parse(&text);
    }

    #[test]
    fn durations_print_as_they_are_read(number in 2_u32..=10_000, unit in prop::sample::select(vec!["hours", "days", "weeks", "months"])) {
        let text = format!("{number} {unit}");
        prop_assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
    }
}
