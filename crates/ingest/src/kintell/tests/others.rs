//! Ratings and users: what a good row becomes, and how each rule refuses.

use contracts::event::Payload;
use contracts::event::value::{RatingScale, SessionRole};

use crate::record::draft::{Data, Place, Reference};
use crate::record::tests::{
    Cells, announce, announce_nobody, map, prepare, prepare_on, refuses, texts,
};
use crate::sheet::row_error::ErrorCode::{
    Choice, Date, Email, Future, MissingField, Rating, Text, Url,
};
use crate::source::Source;

type Row = &'static [(&'static str, &'static str)];

const RATING: Row = &[
    ("rating_id", "R-1"),
    ("session_id", "KINTELL-1"),
    ("from_role", "volunteer"),
    ("rating", "0.75"),
    ("feedback_text", "Well prepared"),
    ("created_at", "2026-03-02T10:00:00Z"),
];

#[test]
fn a_rating_refers_to_its_session_and_keeps_its_scale() {
    let mut cells: Cells<'_> = RATING.iter().copied().collect();
    let draft = map(Source::KintellRatings, &cells);
    assert!(matches!(&draft.reference, Some(Reference::Session { id }) if id == "KINTELL-1"));
    assert_eq!(draft.texts[0].owner, Place::Other);
    let of = |draft| match &announce(draft)[..] {
        [Payload::KintellRatingCreated(rating)] => {
            (rating.rating_id.as_u128(), rating.source_scale)
        }
        payloads => panic!("{payloads:?}"),
    };
    assert_eq!(of(&draft), (1, RatingScale::ZeroToOne));
    assert!(announce_nobody(&draft).is_empty());
    cells.extend([("rating", "4"), ("from_role", "Participant")]);
    let draft = prepare_on(Some(RatingScale::OneToFive), Source::KintellRatings, &cells)
        .unwrap()
        .draft;
    // The session came with a rating of the participant's.
    assert_eq!(of(&draft), (6, RatingScale::OneToFive));
    assert_eq!(draft.texts[0].owner, Place::Person);
}

#[test]
fn ratings_are_refused_by_their_rules() {
    refuses(
        Source::KintellRatings,
        RATING,
        &[
            ("rating_id", "", MissingField),
            ("rating_id", "a@example.org", Text),
            ("session_id", "", MissingField),
            ("from_role", "observer", Choice),
            ("rating", "", MissingField),
            ("rating", "5", Rating),
            ("created_at", "yesterday", Date),
            ("created_at", "2027-01-01", Future),
        ],
    );
}

const USER: Row = &[
    ("email", "Olena@example.org"),
    ("name", "Olena Verbova"),
    ("linkedin_url", "www.linkedin.com/in/invented"),
    ("verification_status", "Verified"),
    ("role_when_joined", "Mentee"),
    ("grant_access", "Yes"),
    ("joined_kg_at", "Dec 14, 2025"),
];

#[test]
fn a_user_keeps_what_the_export_says_and_name_and_link_are_in_the_vault() {
    let row = prepare(Source::KintellUsers, &USER.iter().copied().collect()).unwrap();
    assert!(!row.external_id.contains("olena"));
    assert_eq!(
        texts(&row.draft),
        [
            ("name", "Olena Verbova"),
            ("linkedin_url", "https://www.linkedin.com/in/invented")
        ]
    );
    let identity = row.draft.identity.as_ref().unwrap();
    assert!(identity.id.is_none() && identity.email == "olena@example.org");
    let Data::KintellUser(data) = &row.draft.data else {
        panic!()
    };
    assert_eq!(
        data.joined_kg_at.unwrap().to_string(),
        "2025-12-14T00:00:00Z"
    );
    assert_eq!(
        data.verification_status.as_ref().unwrap().as_str(),
        "Verified"
    );
    assert_eq!(data.grant_access.as_ref().unwrap().as_str(), "Yes");
    assert!(announce(&row.draft).is_empty());
}

#[test]
fn roles_are_what_they_are_to_a_session() {
    let cases = [
        ("Advisor", SessionRole::Volunteer),
        ("mentor", SessionRole::Volunteer),
        ("Tutor", SessionRole::Volunteer),
        ("Learner", SessionRole::Participant),
        ("MENTEE", SessionRole::Participant),
        ("student", SessionRole::Participant),
    ];
    for (word, role) in cases {
        let cells = Cells::from([("email", "a@example.org"), ("role_when_joined", word)]);
        let Data::KintellUser(data) = map(Source::KintellUsers, &cells).data else {
            panic!()
        };
        assert_eq!(data.role, Some(role), "{word}");
        assert_eq!(data.role_when_joined.unwrap().as_str(), word);
    }
}

#[test]
fn days_are_read_in_english_and_in_iso() {
    for text in ["Dec 14, 2025", "December 14, 2025", "2025-12-14"] {
        let cells = Cells::from([("email", "a@example.org"), ("joined_kg_at", text)]);
        let draft = map(Source::KintellUsers, &cells);
        assert_eq!(
            draft.occurred_at.unwrap().to_string(),
            "2025-12-14T00:00:00Z",
            "{text}"
        );
    }
}

#[test]
fn users_are_refused_by_their_rules() {
    refuses(
        Source::KintellUsers,
        USER,
        &[
            ("email", "", MissingField),
            ("email", "olena", Email),
            ("linkedin_url", "on request", Url),
            ("role_when_joined", "Janitor", Choice),
            ("verification_status", "ask olena@example.org", Text),
            ("joined_kg_at", "14.12.2025", Date),
            ("joined_kg_at", "Dec 14, 2030", Future),
            ("joined_kg_at", "Feb 30, 2025", Date),
        ],
    );
}
