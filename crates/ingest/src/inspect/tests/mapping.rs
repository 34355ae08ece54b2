use super::{field, found};
use crate::inspect::{DateOrder, InspectOptions, inspect};
use crate::source::Source;

fn kintell(dates: &[&str], ratings: &[&str]) -> String {
    let header =
        "session_id,session_type,participant_email,volunteer_email,date,duration_min,rating";
    let rows = dates
        .iter()
        .zip(ratings)
        .enumerate()
        .map(|(number, (date, rating))| {
            format!("K{number},language,p{number}@example.org,v@example.org,{date},45,{rating}")
        });
    let lines: Vec<String> = [header.to_owned()].into_iter().chain(rows).collect();
    lines.join("\n")
}

#[test]
fn a_known_header_set_is_recognised() {
    let found = found(kintell(&["2025-03-04"], &["4"]));
    assert_eq!(found.source, Some(Source::KintellSessions));
    assert_eq!(found.header_set.as_deref(), Some("kintell-sessions"));
    assert_eq!(field(&found, "date"), Some("scheduled_at"));
    assert_eq!((found.missing.len(), found.unmapped.len()), (0, 0));
    assert!(found.questions.is_empty());
    assert_eq!(found.dates[0].order, DateOrder::Iso);
}

#[test]
fn foreign_headings_get_a_proposal_with_reasons() {
    let text = "Øktnr;Deltakerens e-postadresse;Frivilliges epost;Når;Lengde i minutter;Tilbakemelding;Saksnr\n\
                1;a@example.no;f@example.no;14.03.2025 10:00;30;Hyggelig samtale om jobb;77/25\n\
                2;b@example.no;f@example.no;15.03.2025 11:00;45;Vi øvde på intervju;78/25\n";
    let found = found(text);
    assert_eq!(
        (found.source, found.header_set.as_deref()),
        (Some(Source::KintellSessions), None)
    );
    for (column, expected) in [
        ("Øktnr", "session_id"),
        ("Deltakerens e-postadresse", "participant_email"),
        ("Frivilliges epost", "volunteer_email"),
        ("Når", "scheduled_at"),
        ("Lengde i minutter", "duration_minutes"),
        ("Tilbakemelding", "feedback_text"),
    ] {
        assert_eq!(field(&found, column), Some(expected), "{column}");
    }
    assert_eq!(found.unmapped, ["Saksnr"]);
    let pair = &found.mapping[1];
    assert!(pair.score > 0.8);
    assert_eq!(pair.reasons[1], "2 of 2 values are e-mail addresses");
}

#[test]
fn values_alone_map_a_column_with_a_meaningless_heading() {
    let text = "ref,who,helper,when,mins\nS1,a@x.org,v@y.com,2025-01-10T10:00:00Z,40\nS2,b@x.org,w@y.com,2025-01-11T10:00:00Z,50\n";
    let found = found(text);
    let emails = [field(&found, "who"), field(&found, "helper")];
    assert!(
        emails.contains(&Some("participant_email")) && emails.contains(&Some("volunteer_email"))
    );
    assert!(found.mapping.iter().any(|pair| pair.score < 0.5));
}

#[test]
fn a_heading_is_not_believed_against_its_values() {
    let text = "session_id,participant_emails,volunteer_email,scheduled_at,duration_minutes\n1,17,v@example.org,2025-01-01,30\n2,18,w@example.org,2025-01-02,30\n";
    assert_eq!(field(&found(text), "participant_emails"), None);
}

#[test]
fn a_table_of_something_else_has_no_source() {
    for text in [
        "station,temp,hum\nA,1.5,80\nB,2.5,70\n",
        "id,name\n1,Ola\n2,Kari\n",
        "product,price,stock\nPen,2.50,10\nBook,12.00,3\n",
    ] {
        let found = found(text);
        assert_eq!((found.source, found.mapping.len()), (None, 0), "{text}");
    }
}

#[test]
fn the_wanted_source_is_mapped_whatever_fits_better() {
    let options = InspectOptions {
        source: Some(Source::KintellRatings),
        ..InspectOptions::default()
    };
    let found = inspect(kintell(&["2025-03-04"], &["4"]).as_bytes(), &options).unwrap();
    assert_eq!(found.source, Some(Source::KintellRatings));
    assert_eq!(field(&found, "session_id"), Some("session_id"));
}

#[test]
fn the_order_of_dates_is_asked_only_where_no_value_shows_it() {
    for (dates, order, asked) in [
        (["03/04/2025", "05/06/2025"], DateOrder::Ambiguous, true),
        (["03/04/2025", "25/06/2025"], DateOrder::DayFirst, false),
        (["03/04/2025", "05/26/2025"], DateOrder::MonthFirst, false),
        (["03.04.2025", "05.06.2025"], DateOrder::DayFirst, false),
        (["03/03/2025", "05/05/2025"], DateOrder::DayFirst, false),
        (["13/04/2025", "05/26/2025"], DateOrder::Mixed, false),
        (["2025-04-03", "05/26/2025"], DateOrder::Mixed, false),
        (
            ["2025-04-03T10:00:00Z", "2025-04-03"],
            DateOrder::Iso,
            false,
        ),
    ] {
        let found = found(kintell(&dates, &["4", "5"]));
        assert_eq!(found.dates[0].order, order, "{dates:?}");
        let codes: Vec<&str> = found.questions.iter().map(|q| q.code.as_str()).collect();
        assert_eq!(codes.contains(&"date_order"), asked, "{dates:?}");
    }
}

#[test]
fn a_late_value_settles_the_order_of_dates() {
    let mut dates = vec!["03/04/2025"; 5_000];
    dates.push("25/04/2025");
    let ratings = vec!["3"; dates.len()];
    let found = found(kintell(&dates, &ratings));
    assert_eq!(found.dates[0].order, DateOrder::DayFirst);
    assert_eq!(
        found.dates[0].reason,
        "1 of 5001 dates have a first number above 12"
    );
}

#[test]
fn the_scale_of_ratings_is_asked_where_none_is_above_one() {
    let asked = |ratings: &[&str]| {
        let found = found(kintell(&["2025-01-01", "2025-01-02"], ratings));
        found
            .questions
            .iter()
            .any(|question| question.code == "rating_scale")
    };
    assert!(asked(&["1", "0.5"]));
    assert!(!asked(&["1", "4"]));
    assert!(!asked(&["", ""]));
}

#[test]
fn a_source_that_needs_little_does_not_claim_a_table_of_another() {
    let text = "Learner e-mail;Platform;Course code;Course title;Completed on;Final grade\n\
                a@example.org;ecornell;EX-1;Leadership;2025-10-15;92.5\n\
                b@example.org;itslearning;EX-2;Data;2025-10-16;88.0\n";
    let found = found(text);
    assert_eq!(found.source, Some(Source::UpskillingCompletions));
    assert_eq!(field(&found, "Final grade"), Some("final_score"));
    assert_eq!(field(&found, "Completed on"), Some("completed_at"));
}

#[test]
fn an_ambiguous_heading_follows_its_values() {
    let text = "Match ID,Participant,Buddy ID,Match date,State\nM1,P1,B1,2025-01-01,active\nM2,P2,B2,2025-01-02,ended\n";
    let found = found(text);
    assert_eq!(found.source, Some(Source::BuddyMatches));
    assert_eq!(field(&found, "Participant"), Some("participant_id"));
}
