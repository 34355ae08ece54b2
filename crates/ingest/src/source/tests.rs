use std::collections::HashSet;

use contracts::event::value::{
    AttendedKind, CheckinMood, CourseStatus, CredentialKind, LearnerProgress, MatchEndReason,
    MeetingFormat, MilestoneAudience, MilestoneCategory, Proficiency, SessionRole, SessionType,
};

use super::*;

#[test]
fn every_source_is_found_by_its_word_and_names_itself_the_same_in_json() {
    for source in Source::ALL {
        assert_eq!(Source::find(source.as_str()).unwrap(), source);
        assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
        assert!(source.as_str().starts_with(source.system().as_str()));
    }
    let error = Source::find("kintell").unwrap_err();
    assert!(matches!(error, Error::Option(_)));
}

#[test]
fn fields_and_words_of_a_source_are_never_ambiguous() {
    for source in Source::ALL {
        let mut seen = HashSet::new();
        for field in source.fields() {
            for word in field.words.iter().copied().chain([field.name]) {
                assert!(seen.insert(word), "{}: {word}", source.as_str());
                let compared = word.to_lowercase().replace([' ', '-'], "_");
                assert_eq!(compared, word, "{}", source.as_str());
            }
        }
    }
}

#[test]
fn variants_name_fields_of_their_source_and_need_what_every_file_needs() {
    for source in Source::ALL {
        assert!(!source.variants().is_empty());
        for variant in source.variants() {
            for name in variant.required.iter().chain(variant.optional) {
                assert!(source.field(name).is_some(), "{}: {name}", variant.name);
            }
            for field in source.fields().iter().filter(|field| field.required) {
                assert!(
                    variant.required.contains(&field.name),
                    "{}: {}",
                    variant.name,
                    field.name
                );
            }
        }
    }
}

#[test]
fn words_of_a_choice_are_those_of_the_contracts() {
    fn choice(source: Source, field: &str, words: Vec<&'static str>) {
        assert_eq!(
            source.field(field).unwrap().shape,
            Shape::OneOf(words.leak())
        );
    }
    macro_rules! words {
        ($($kind:ty),+) => { vec![$(<$kind>::ALL.iter().map(|word| word.as_str()).collect()),+] };
    }
    let [
        types,
        roles,
        reasons,
        kinds,
        formats,
        moods,
        levels,
        progress,
        categories,
        audiences,
        credentials,
        statuses,
    ]: [Vec<_>; 12] = words![
        SessionType,
        SessionRole,
        MatchEndReason,
        AttendedKind,
        MeetingFormat,
        CheckinMood,
        Proficiency,
        LearnerProgress,
        MilestoneCategory,
        MilestoneAudience,
        CredentialKind,
        CourseStatus
    ]
    .try_into()
    .unwrap();
    choice(Source::KintellSessions, "session_type", types);
    choice(Source::KintellRatings, "from_role", roles);
    choice(Source::BuddyMatches, "end_reason", reasons);
    choice(Source::BuddyAttendance, "event_type", kinds);
    choice(Source::BuddyAttendance, "event_format", formats);
    choice(Source::BuddyCheckins, "mood", moods);
    choice(Source::BuddySkillSessions, "proficiency_level", levels);
    choice(Source::BuddySkillSessions, "learner_progress", progress);
    choice(Source::BuddyMilestones, "milestone_category", categories);
    choice(Source::BuddyMilestones, "target_role", audiences);
    choice(
        Source::UpskillingCredentials,
        "credential_type",
        credentials,
    );
    choice(Source::UpskillingCompletions, "status", statuses);
}

#[test]
fn a_column_is_found_by_its_name_or_by_another_word_for_it() {
    assert_eq!(find_column("matched_at"), Some("matched_at"));
    assert_eq!(find_column("mentor_email"), Some("mentor_email"));
    assert_eq!(find_column("no_such_column"), None);
}

#[test]
fn an_origin_is_one_kind_in_columns_and_events() {
    let import = Origin::Import {
        import: contracts::ImportId::new(uuid::Uuid::from_u128(7)),
        row: 3,
        line: 5,
    };
    assert!(import.event_source().ends_with("/rows/3"));
    assert_eq!((import.line(), import.columns().delivery), (5, None));
    let delivery = Origin::Delivery {
        id: uuid::Uuid::from_u128(8),
    };
    assert_eq!(
        delivery.event_source(),
        format!("/ingest/deliveries/{}", uuid::Uuid::from_u128(8))
    );
    assert_eq!((delivery.line(), delivery.columns().import), (1, None));
}
