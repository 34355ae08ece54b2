use contracts::event::value::{CefrLevel, Label, SessionType};

use super::{COMBINED, LANGUAGE, MENTORSHIP, Outcome, faults, map_row};

const GOOD: [(&str, &str); 9] = [
    ("session_id", "K1"),
    ("session_type", "Language Connect"),
    ("participant_email", "a@example.org"),
    ("volunteer_email", "b@example.net"),
    ("date", "2026-01-01"),
    ("duration_min", "60"),
    ("rating", "4"),
    ("feedback_text", "Good"),
    ("language_level", "B1"),
];
const LANGUAGE_ROW: &str = "K1;a@example.org;b@example.net;2026-01-01T10:00Z;2026-01-01T11:00Z;60;4;Good;B1;TOPICS;METADATA";

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// A good row of the combined set with some cells changed.
fn with(changes: &[(&str, &str)]) -> Outcome {
    let cell = |(name, good): (&str, &str)| {
        let other = changes.iter().find(|(column, _)| *column == name);
        quoted(other.map_or(good, |(_, value)| value))
    };
    map_row(COMBINED, &GOOD.map(cell).join(","))
}

fn with_times(scheduled: &str, completed: &str) -> Outcome {
    map_row(
        MENTORSHIP,
        &format!("K1;a@example.org;b@example.net;{scheduled};{completed};60;;;career;Find work"),
    )
}

fn with_topics(topics: &str) -> Outcome {
    map_row(
        LANGUAGE,
        &LANGUAGE_ROW
            .replace("TOPICS", &quoted(topics))
            .replace("METADATA", ""),
    )
}

fn with_metadata(metadata: &str) -> Outcome {
    map_row(
        LANGUAGE,
        &LANGUAGE_ROW
            .replace("TOPICS", "")
            .replace("METADATA", &quoted(metadata)),
    )
}

#[test]
fn a_good_row_maps_to_a_session() {
    let session = with(&[]).unwrap();
    assert_eq!((session.line, session.external_id.as_str()), (2, "K1"));
    assert_eq!(session.session_type, SessionType::Language);
    assert_eq!(session.participant_email, "a@example.org");
    assert_eq!(session.volunteer_email, "b@example.net");
    assert_eq!(session.scheduled_at, session.completed_at);
    assert_eq!(session.duration_minutes, 60);
    assert_eq!(session.rating.unwrap().to_string(), "0.75");
    assert_eq!(session.feedback_text.as_deref(), Some("Good"));
    assert_eq!(session.language_level, Some(CefrLevel::B1));
    assert!(session.topics.is_empty() && session.metadata.is_none());
}

#[test]
fn optional_cells_may_be_empty() {
    let session = with(&[
        ("rating", " "),
        ("feedback_text", ""),
        ("language_level", ""),
    ])
    .unwrap();
    assert_eq!(
        (
            session.rating,
            session.feedback_text,
            session.language_level
        ),
        (None, None, None)
    );
}

#[test]
fn every_required_cell_is_asked_for() {
    for column in [
        "session_id",
        "session_type",
        "participant_email",
        "volunteer_email",
        "date",
        "duration_min",
    ] {
        assert_eq!(faults(&with(&[(column, " \u{a0} ")])), [("E002", column)]);
    }
}

#[test]
fn all_faults_of_a_row_are_told_with_line_value_and_reason() {
    let outcome = with(&[
        ("session_id", ""),
        ("session_type", "Yoga"),
        ("participant_email", " not an address "),
        ("volunteer_email", "b@"),
        ("date", "01/02/2026"),
        ("duration_min", "0"),
        ("rating", "9"),
        ("feedback_text", "bell \u{7}"),
        ("language_level", "B7"),
    ]);
    assert_eq!(
        faults(&outcome),
        [
            ("E002", "session_id"),
            ("E011", "session_type"),
            ("E001", "participant_email"),
            ("E001", "volunteer_email"),
            ("E003", "date"),
            ("E004", "duration_min"),
            ("E006", "rating"),
            ("E012", "feedback_text"),
            ("E005", "language_level"),
        ]
    );
    for error in outcome.unwrap_err() {
        assert_eq!(error.line, 2);
        assert!(
            error.raw.len() < 2 || !error.reason.contains(&error.raw),
            "{error:?}"
        );
    }
}

#[test]
fn debug_output_shows_no_personal_data() {
    let session = with(&[("feedback_text", "Private words")]).unwrap();
    let shown = format!("{session:?}");
    for private in ["example", "Private", "K1"] {
        assert!(!shown.contains(private), "{shown}");
    }
    let errors = with(&[("participant_email", "kari.nordmann@")]).unwrap_err();
    assert_eq!(errors[0].raw, "kari.nordmann@");
    assert!(!format!("{errors:?}").contains("kari"));
}

#[test]
fn addresses_are_trimmed_and_lowered() {
    for (given, kept) in [
        (" Anna.Berg@Example.ORG ", "anna.berg@example.org"),
        (
            "\u{feff}o'neil+x@sub.example.org",
            "o'neil+x@sub.example.org",
        ),
        ("ÅSE@blåbær.example.no", "åse@blåbær.example.no"),
        ("=1@example.org", "=1@example.org"),
    ] {
        assert_eq!(
            with(&[("participant_email", given)])
                .unwrap()
                .participant_email,
            kept
        );
    }
}

#[test]
fn what_is_no_address_is_e001() {
    let long_local = format!("{}@example.org", "x".repeat(65));
    let long_whole = format!("a@{}example.org", "x.".repeat(125));
    let long_label = format!("a@{}.org", "x".repeat(64));
    for bad in [
        "plain",
        "@example.org",
        "a@",
        "a@example",
        "a@@example.org",
        "a b@example.org",
        "a@exa mple.org",
        "a@-x.org",
        "a@x-.org",
        "a@.org",
        "a@x..org",
        ".a@x.org",
        "a.@x.org",
        "a..b@x.org",
        "a@x.o",
        "a@10.0.0.1",
        "<a@x.org>",
        "a@x.org,b@x.org",
        "a@x.org;b@x.org",
        "=cmd|' /C calc'!A0",
        &long_local,
        &long_whole,
        &long_label,
    ] {
        assert_eq!(
            faults(&with(&[("volunteer_email", bad)])),
            [("E001", "volunteer_email")],
            "{bad}"
        );
    }
}

#[test]
fn session_types_are_found_in_free_words() {
    for (text, found) in [
        ("Language Connect", SessionType::Language),
        ("conversation LANGUAGE hour", SessionType::Language),
        ("Mentorship", SessionType::Mentorship),
        ("Mentors for Ukraine", SessionType::Mentorship),
        ("language mentoring", SessionType::Language),
    ] {
        assert_eq!(
            with(&[("session_type", text)]).unwrap().session_type,
            found,
            "{text}"
        );
    }
    assert_eq!(
        faults(&with(&[("session_type", "lang")])),
        [("E011", "session_type")]
    );
}

#[test]
fn dates_are_iso_8601_and_local_times_are_in_the_zone_of_the_file() {
    for (text, instant) in [
        ("2026-01-15T14:30:00Z", "2026-01-15T14:30:00Z"),
        ("2026-01-15T14:30:00+02:00", "2026-01-15T12:30:00Z"),
        ("2026-01-15T14:30:00.250Z", "2026-01-15T14:30:00.25Z"),
        ("2026-01-15T14:30:00", "2026-01-15T13:30:00Z"),
        ("2026-01-15 14:30", "2026-01-15T13:30:00Z"),
        ("2026-07-15T14:30", "2026-07-15T12:30:00Z"),
        ("2026-01-15", "2026-01-14T23:00:00Z"),
        // Skipped and repeated hours of clock changes.
        ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        // Planned ahead is allowed.
        ("2027-01-15T14:30:00Z", "2027-01-15T14:30:00Z"),
    ] {
        let session = with(&[("date", text)]).unwrap();
        assert_eq!(session.scheduled_at, instant.parse().unwrap(), "{text}");
        assert_eq!(session.completed_at, session.scheduled_at);
    }
}

#[test]
fn a_date_that_needs_guessing_or_cannot_be_is_e003() {
    for bad in [
        "15.01.2026",
        "01/15/2026",
        "15-01-2026",
        "2026",
        "2026-01",
        "2026-13-01",
        "2026-02-30",
        "20260115",
        "2026-01-15T25:00:00Z",
        "Jan 15, 2026",
        "46037",
        "2026-01-15Tnoon",
        "2026-01-15 extra",
        "å026-01-15",
        "2015-12-31",
        "2226-01-15T10:00:00Z",
    ] {
        assert_eq!(faults(&with(&[("date", bad)])), [("E003", "date")], "{bad}");
    }
}

#[test]
fn a_session_is_not_completed_before_it_is_scheduled() {
    let session = with_times("2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z").unwrap();
    assert_eq!(session.session_type, SessionType::Mentorship);
    // Over midnight, and over a clock change.
    assert!(with_times("2026-01-15T23:30", "2026-01-16T00:30").is_ok());
    assert!(with_times("2026-10-25T02:30:00+02:00", "2026-10-25T02:15:00+01:00").is_ok());
    let backwards = with_times("2026-01-15T10:00:00Z", "2026-01-15T09:59:59Z");
    assert_eq!(faults(&backwards), [("E007", "completed_at")]);
    assert_eq!(
        faults(&with_times("2026-01-15", "2026-01-14")),
        [("E007", "completed_at")]
    );
}

#[test]
fn a_completion_told_by_its_day_only_is_not_before_the_beginning_on_that_day() {
    let session = with_times("2026-01-15T10:00", "2026-01-15").unwrap();
    assert_eq!(session.completed_at, session.scheduled_at);
    let days = with_times("2026-01-15", "2026-01-16").unwrap();
    assert_eq!(days.completed_at.to_string(), "2026-01-15T23:00:00Z");
}

#[test]
fn both_times_are_required_and_both_are_judged() {
    assert_eq!(
        faults(&with_times("2026-01-15", "")),
        [("E002", "completed_at")]
    );
    assert_eq!(
        faults(&with_times("x", "y")),
        [("E003", "scheduled_at"), ("E003", "completed_at")]
    );
}

#[test]
fn durations_are_whole_minutes_up_to_eight_hours() {
    for (text, minutes) in [("1", 1), ("060", 60), ("480", 480)] {
        assert_eq!(
            with(&[("duration_min", text)]).unwrap().duration_minutes,
            minutes
        );
    }
    for bad in [
        "0",
        "481",
        "-5",
        "+60",
        "60.5",
        "60 min",
        "1:00",
        "99999999999",
    ] {
        assert_eq!(
            faults(&with(&[("duration_min", bad)])),
            [("E004", "duration_min")],
            "{bad}"
        );
    }
}

#[test]
fn levels_are_those_of_the_framework() {
    assert_eq!(
        with(&[("language_level", " c2 ")]).unwrap().language_level,
        Some(CefrLevel::C2)
    );
    for bad in ["A0", "B", "B1+", "native", "А1"] {
        assert_eq!(
            faults(&with(&[("language_level", bad)])),
            [("E005", "language_level")],
            "{bad}"
        );
    }
}

#[test]
fn texts_have_limits_in_characters_not_bytes() {
    assert!(with(&[("feedback_text", &"ї".repeat(5_000))]).is_ok());
    assert_eq!(
        faults(&with(&[("feedback_text", &"x".repeat(5_001))])),
        [("E010", "feedback_text")]
    );
    assert!(with(&[("session_id", &"x".repeat(128))]).is_ok());
    assert_eq!(
        faults(&with(&[("session_id", &"x".repeat(129))])),
        [("E010", "session_id")]
    );
    let mentorship = |focus: &str, goals: &str| {
        map_row(
            MENTORSHIP,
            &format!("K1;a@example.org;b@example.net;2026-01-01;2026-01-01;60;;;{focus};{goals}"),
        )
    };
    let session = mentorship("career", "Find work").unwrap();
    assert_eq!(
        (session.focus_area.as_deref(), session.goals.as_deref()),
        (Some("career"), Some("Find work"))
    );
    assert_eq!(
        faults(&mentorship(&"x".repeat(256), &"x".repeat(1_001))),
        [("E010", "focus_area"), ("E010", "goals_discussed")]
    );
}

#[test]
fn an_id_is_not_a_persons_address() {
    assert_eq!(
        faults(&with(&[("session_id", "kari@example.org-1")])),
        [("E010", "session_id")]
    );
}

#[test]
fn control_characters_are_refused_except_line_breaks_and_tabs_in_texts() {
    let text = "first\r\nsecond\tand more";
    assert_eq!(
        with(&[("feedback_text", text)])
            .unwrap()
            .feedback_text
            .as_deref(),
        Some(text)
    );
    for (column, bad) in [
        ("feedback_text", "a\u{1b}[31m"),
        ("feedback_text", "a\u{85}b"),
        ("session_id", "K\n1"),
    ] {
        assert_eq!(faults(&with(&[(column, bad)])), [("E012", column)]);
    }
    assert_eq!(faults(&with_topics("a,\u{2}")), [("E012", "topics")]);
}

#[test]
fn cells_that_look_like_formulas_are_plain_text() {
    let session = with(&[("session_id", "=1+1"), ("feedback_text", "@SUM(A1:A9)")]).unwrap();
    assert_eq!(session.external_id, "=1+1");
    assert_eq!(session.feedback_text.as_deref(), Some("@SUM(A1:A9)"));
}

#[test]
fn topics_are_a_list_of_terms() {
    let topics: Vec<String> = with_topics(" travel, ,job interview,,мова ")
        .unwrap()
        .topics
        .iter()
        .map(|t| t.as_str().to_owned())
        .collect();
    assert_eq!(topics, ["travel", "job interview", "мова"]);
    assert!(with_topics("").unwrap().topics.is_empty());
    for bad in [
        vec!["x"; 33].join(","),
        "x".repeat(101),
        "call +47 912 34 567".to_owned(),
        "x,".repeat(501),
    ] {
        assert_eq!(faults(&with_topics(&bad)), [("E010", "topics")], "{bad}");
    }
    let _: Option<&Label<100>> = with_topics("a").unwrap().topics.first();
}

#[test]
fn metadata_is_a_json_object() {
    let value = with_metadata(r#"{"room": "A", "nested": {"list": [1, "two"]}}"#)
        .unwrap()
        .metadata
        .unwrap();
    assert_eq!(value["nested"]["list"][1], "two");
    for (bad, code) in [
        ("not json", "E010"),
        ("[1]", "E010"),
        ("\"text\"", "E010"),
        (r#"{"a": "\u0000"}"#, "E012"),
        (r#"{"a": [{"\u0000": 1}]}"#, "E012"),
        (&format!(r#"{{"a": "{}"}}"#, "x".repeat(2_000)), "E010"),
        (&"[".repeat(1_900), "E010"),
    ] {
        assert_eq!(faults(&with_metadata(bad)), [(code, "metadata")], "{bad}");
    }
}

#[test]
fn a_corrected_error_file_gives_the_original_texts() {
    let header = format!("{COMBINED},_error_row,_error_code,_error_message");
    let row = "K1,Language,a@example.org,b@example.net,2026-01-01,60,4,'=formula,B1,9,E001,x";
    assert_eq!(
        map_row(&header, row).unwrap().feedback_text.as_deref(),
        Some("=formula")
    );
    // In any other file an apostrophe is an apostrophe.
    assert_eq!(
        with(&[("feedback_text", "'=formula")])
            .unwrap()
            .feedback_text
            .as_deref(),
        Some("'=formula")
    );
}
