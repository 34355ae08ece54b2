//! Maps a Kintell sessions file to JSON lines, without a database.
//!
//! `cargo run -p ingest --example map_csv -- FILE [--zone Europe/Oslo] [--rating-scale 1-5]`
//!
//! Sessions go to standard output, refused rows and the counts to standard error.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use contracts::event::value::Label;
use ingest::kintell::mapping::{Mapper, MappingOptions, SessionRow};
use ingest::kintell::rating::{find_scale, scale_name};
use ingest::kintell::scan::scan;
use ingest::sheet::limits::Limits;
use ingest::sheet::reader::SheetReader;
use ingest::sheet::record::Row;
use ingest::sheet::row_error::RowError;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let file = arguments.first().ok_or("name a file")?;
    let declared = match option("--rating-scale") {
        Some(name) => Some(find_scale(name).ok_or("a rating scale is 0-1 or 1-5")?),
        None => None,
    };
    let zone = TimeZone::get(option("--zone").map_or("UTC", String::as_str))?;

    let scan = scan(File::open(file)?, Limits::default(), None)?;
    let rating_scale = scan.ratings.scale(declared)?;
    let mut reader =
        SheetReader::open_as(File::open(file)?, Limits::default(), Some(scan.encoding))?;
    let mapper = Mapper::new(
        reader.header(),
        MappingOptions {
            rating_scale,
            zone,
            now: now()?,
        },
    )?;
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut accepted, mut rejected) = (0_u64, 0_u64);
    while let Some(row) = reader.next_row()? {
        let outcome = match row {
            Row::Record(record) => mapper.map(record),
            Row::Broken(_, error) => Err(vec![error]),
        };
        match outcome {
            Ok(session) => {
                accepted += 1;
                writeln!(out, "{}", to_json(&session))?;
            }
            Err(errors) => {
                rejected += 1;
                errors.iter().for_each(explain);
            }
        }
    }
    out.flush()?;
    let set = scan.header_set.as_str();
    let scale = rating_scale.map_or("none", scale_name);
    eprintln!(
        "{set}, {}, rating scale {scale}: {} rows, {accepted} mapped, {rejected} rejected",
        scan.encoding, scan.rows
    );
    Ok(())
}

fn now() -> Result<Timestamp, Failure> {
    // Not the product, so no clock is at hand to be set by tests.
    #[expect(
        clippy::disallowed_methods,
        reason = "an example has no platform::Clock"
    )]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_second(i64::try_from(
        since_epoch.as_secs(),
    )?)?)
}

fn explain(error: &RowError) {
    eprintln!("line {}: {} {}", error.line, error.code, error.message());
}

fn to_json(session: &SessionRow) -> Value {
    let topics: Vec<&str> = session.topics.iter().map(Label::as_str).collect();
    json!({
        "line": session.line,
        "externalId": session.external_id,
        "sessionType": session.session_type,
        "participantEmail": session.participant_email,
        "volunteerEmail": session.volunteer_email,
        "scheduledAt": session.scheduled_at,
        "completedAt": session.completed_at,
        "durationMinutes": session.duration_minutes,
        "rating": session.rating,
        "feedbackText": session.feedback_text,
        "languageLevel": session.language_level,
        "topics": topics,
        "focusArea": session.focus_area,
        "goals": session.goals,
        "metadata": session.metadata,
    })
}
