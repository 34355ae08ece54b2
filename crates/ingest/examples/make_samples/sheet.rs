//! The three kinds of file, row by row, and the rows that are wrong on purpose.

use jiff::civil::DateTime;

use crate::random::Random;
use crate::sessions::Session;

pub(crate) const COMBINED: &str = "session_id,session_type,participant_email,volunteer_email,date,duration_min,rating,feedback_text,language_level";
pub(crate) const LANGUAGE: &str = "Session_ID;Participant_Email;Volunteer_Email;Scheduled_At;Completed_At;Duration_Minutes;Rating;Feedback_Text;Language_Level;Topics;Metadata";
pub(crate) const MENTORSHIP: &str = "session_id,participant_email,mentor_email,scheduled_at,completed_at,duration_minutes,rating,feedback_text,focus_area,goals_discussed";

const TOPICS: [&str; 14] = [
    "greetings",
    "shopping",
    "doctor's visit",
    "phone calls",
    "school",
    "work",
    "housing",
    "public transport",
    "food",
    "family",
    "news",
    "job interview",
    "small talk",
    "banking",
];
const FOCUS_AREAS: [&str; 6] = [
    "career",
    "education",
    "integration",
    "entrepreneurship",
    "technology",
    "finance",
];
const GOALS: [&str; 12] = [
    "Update the CV",
    "Prepare two interviews",
    "Find out how the diploma is recognised",
    "Draft a business plan",
    "Write to three companies",
    "Choose a course for the spring",
    "Build a professional profile online",
    "Understand tax and contracts",
    "Practise the self-introduction",
    "Знайти стажування за фахом",
    "Søke på to stillinger",
    "Lage et budsjett for første halvår",
];

/// A row of cells; those that need it are quoted.
pub(crate) fn row(delimiter: char, cells: &[&str]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| quote(delimiter, cell)).collect();
    quoted.join(&delimiter.to_string())
}

fn quote(delimiter: char, cell: &str) -> String {
    if cell.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn utc(at: DateTime) -> String {
    format!("{at}Z")
}

/// Both programmes in one file, times in UTC.
pub(crate) fn combined(random: &mut Random, session: &Session, id: &str) -> String {
    let kind = if session.mentorship {
        "Mentorship"
    } else {
        "Language Connect"
    };
    let stars = session
        .rating
        .map(|stars| stars.to_string())
        .unwrap_or_default();
    // Some people's addresses are typed with capitals; they stay the same people.
    let participant = if random.chance(3) {
        session.participant.to_uppercase()
    } else {
        session.participant.clone()
    };
    let minutes = session.minutes.to_string();
    let date = utc(session.start);
    row(
        ',',
        &[
            id,
            kind,
            &participant,
            &session.volunteer,
            &date,
            &minutes,
            &stars,
            &session.text,
            session.level_name(),
        ],
    )
}

/// Language sessions with local times and decimal commas, as a Norwegian Excel writes them.
pub(crate) fn language(random: &mut Random, session: &Session, id: &str) -> String {
    let half = |stars: u64| {
        if (2..5).contains(&stars) && random_half(id) {
            format!("{stars},5")
        } else {
            stars.to_string()
        }
    };
    let stars = session.rating.map(half).unwrap_or_default();
    let scheduled = session.start.strftime("%Y-%m-%d %H:%M").to_string();
    let completed = session.end().strftime("%Y-%m-%d %H:%M").to_string();
    let mut topics: Vec<&str> = (0..random.index(4)).map(|_| random.pick(&TOPICS)).collect();
    topics.sort_unstable();
    topics.dedup();
    let metadata = match random.below(4) {
        0 => String::new(),
        1 => r#"{"platform":"video"}"#.to_owned(),
        _ => format!(
            r#"{{"platform":"video","cohort":"{}","group":{}}}"#,
            session.start.strftime("%Y-%m"),
            1 + random.below(6)
        ),
    };
    let minutes = session.minutes.to_string();
    let (participant, volunteer) = (&session.participant, &session.volunteer);
    let topics = topics.join(", ");
    row(
        ';',
        &[
            id,
            participant,
            volunteer,
            &scheduled,
            &completed,
            &minutes,
            &stars,
            &session.text,
            session.level_name(),
            &topics,
            &metadata,
        ],
    )
}

/// Half stars for every third session.
fn random_half(id: &str) -> bool {
    id.bytes().map(u32::from).sum::<u32>().is_multiple_of(3)
}

/// Mentorship sessions, times in UTC.
pub(crate) fn mentorship(random: &mut Random, session: &Session, id: &str) -> String {
    let stars = session
        .rating
        .map(|stars| stars.to_string())
        .unwrap_or_default();
    let goals: Vec<&str> = (0..random.index(3)).map(|_| random.pick(&GOALS)).collect();
    let (scheduled, completed) = (utc(session.start), utc(session.end()));
    let focus = random.pick(&FOCUS_AREAS);
    let minutes = session.minutes.to_string();
    let (participant, volunteer) = (&session.participant, &session.volunteer);
    let goals = goals.join("; ");
    row(
        ',',
        &[
            id,
            participant,
            volunteer,
            &scheduled,
            &completed,
            &minutes,
            &stars,
            &session.text,
            focus,
            &goals,
        ],
    )
}

/// Wrong rows for the combined file: E001 to E006 and E009 to E013.
pub(crate) fn combined_faults() -> Vec<Vec<u8>> {
    let long = "This went on and on. ".repeat(250);
    let mut rows: Vec<Vec<u8>> = [
        "KINTELL-X001,Language Connect,oksana.verbova(at)example.org,ingrid.fjellvik@acme.example.org,2026-01-12T16:00:00Z,60,5,,A2",
        "KINTELL-X002,Language Connect,\"iryna@example.org; taras@example.org\",ingrid.fjellvik@acme.example.org,2026-01-13T16:00:00Z,60,5,,A2",
        "KINTELL-X003,Mentorship,iryna.zelenko@example.org,,2026-01-14T16:00:00Z,60,4,,",
        "KINTELL-X004,Language Connect,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,14.02.2026,60,4,,B1",
        "KINTELL-X005,Language Connect,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-02-30T10:00:00Z,60,4,,B1",
        "KINTELL-X006,Language Connect,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-02-16T10:00:00Z,0,4,,B1",
        "KINTELL-X007,Mentorship,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-02-17T10:00:00Z,one hour,4,,",
        "KINTELL-X008,Language Connect,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-03-02T10:00:00Z,45,3,,B3",
        "KINTELL-X009,Language Connect,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-03-03T10:00:00Z,45,6,,B1",
        "KINTELL-X010,Mentorship,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-03-04T10:00:00Z,45,4,Good, useful, and friendly,",
        "KINTELL-X011,Yoga,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-03-05T10:00:00Z,45,4,,",
        "KINTELL-X012,Language Connect,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-03-06T10:00:00Z,45,4,A bell rang \u{7} in the middle,B1",
        ",Yoga,nobody,iryna.zelenko@example.org,next Tuesday,-5,excellent,Everything in this row is wrong but the text,Z9",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    rows.push(
        format!("KINTELL-X013,Mentorship,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-03-09T10:00:00Z,45,4,{long},")
            .into_bytes(),
    );
    // One byte of Latin-1 in a file of UTF-8.
    rows.push(b"KINTELL-X014,Mentorship,iryna.zelenko@example.org,ingrid.fjellvik@acme.example.org,2026-03-10T10:00:00Z,45,4,A caf\xe9 meeting,".to_vec());
    rows
}

/// Wrong rows for the language file.
pub(crate) fn language_faults() -> Vec<Vec<u8>> {
    let many = ["word"; 40].join(", ");
    let mut rows: Vec<Vec<u8>> = [
        "LS-X001;marta.stepova@example.net;oskar.granlie@globex.example.net;2026-01-12 16:00;2026-01-12 15:00;60;4;;B1;;",
        "LS-X002;marta.stepova@example.net;oskar.granlie@globex.example.net;2026-01-13 16:00;2026-01-13 17:00;60;4;;Native;;",
        "LS-X003;marta.stepova@example.net;oskar.granlie@globex.example.net;2026-01-14 16:00;2026-01-14 17:00;60;4;;B1;;platform=video",
        "LS-X004;marta.stepova@example.net;oskar.granlie@globex.example.net;;2026-01-15 17:00;60;4;;B1;;",
        "LS-X005;marta.stepova@example.net;oskar.granlie@globex.example.net;2026/01/16 16:00;2026/01/16 17:00;60;4;;B1;;",
        "LS-X006;marta.stepova@example.net;oskar.granlie@globex.example.net;2026-01-19 16:00;2026-01-19 17:00;60;4,5,1;;B1;;",
        "LS-X007;marta.stepova@example.net;oskar.granlie@globex.example.net;2026-01-20 16:00;2026-01-20 17:00;481;4;;B1;;",
        "LS-X008;marta.stepova@example;oskar.granlie@globex.example.net;2026-01-21 16:00;2026-01-21 17:00;60;4;;B1;;",
        "LS-X009;marta.stepova@example.net;oskar.granlie@globex.example.net;2026-01-22 16:00;2026-01-22 17:00;60",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    rows.push(
        format!("LS-X010;marta.stepova@example.net;oskar.granlie@globex.example.net;2026-01-23 16:00;2026-01-23 17:00;60;4;;B1;{many};")
            .into_bytes(),
    );
    rows
}

/// Wrong rows for the mentorship file.
pub(crate) fn mentorship_faults() -> Vec<Vec<u8>> {
    let long = "Find a job. ".repeat(90);
    let mut rows: Vec<Vec<u8>> = [
        "MS-X001,andrii.dubenko@example.org,ruth.oakden@initech.example.org,2026-04-13T12:00:00Z,2026-04-12T13:00:00Z,60,4,,career,",
        "MS-X002,andrii.dubenko@example.org,,2026-04-14T12:00:00Z,2026-04-14T13:00:00Z,60,4,,career,",
        "MS-X003,andrii.dubenko@example.org,ruth.oakden@initech.example.org,2026-04-15T12:00:00Z,2026-04-15T13:00:00Z,1 h,4,,career,",
        "MS-X004,andrii dubenko,ruth.oakden@initech.example.org,2026-04-16T12:00:00Z,2026-04-16T13:00:00Z,60,4,,career,",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    rows.push(
        format!("MS-X005,andrii.dubenko@example.org,ruth.oakden@initech.example.org,2026-04-17T12:00:00Z,2026-04-17T13:00:00Z,60,4,,career,{long}")
            .into_bytes(),
    );
    rows
}

/// The last row of the mentorship file: its quotation mark never closes.
pub(crate) const UNCLOSED: &str = "MS-X006,andrii.dubenko@example.org,ruth.oakden@initech.example.org,2026-04-20T12:00:00Z,2026-04-20T13:00:00Z,60,4,\"We talked about\nmany things,career,";
