//! Makes sample files of Kintell sessions. The same arguments give the same bytes.
//!
//! `cargo run -p ingest --example make_samples -- fixtures` writes the three samples of `fixtures/kintell`.
//!
//! `cargo run -p ingest --example make_samples -- --sessions 100000 --out FILE` writes one large file for benchmarks.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "numbers of samples are small"
)]

mod people;
mod random;
mod sessions;
mod sheet;
mod texts;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use people::Roster;
use random::Random;
use sessions::{Programme, Session, meet, moment, year};

const SEED: u64 = 20_261_101;
const UTF8_MARK: &str = "\u{feff}";

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--sessions", count, "--out", file] => {
            let count = count
                .parse()
                .map_err(|_| io::Error::other("--sessions takes a number"))?;
            let mut out = BufWriter::new(File::create(file)?);
            write_large(&mut out, count)?;
            out.flush()
        }
        [folder] => write_samples(&Path::new(folder).join("kintell")),
        _ => Err(io::Error::other(
            "usage: make_samples FOLDER | make_samples --sessions N --out FILE",
        )),
    }
}

fn write_samples(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("acme-sessions.csv"), acme())?;
    fs::write(folder.join("globex-language.csv"), globex())?;
    fs::write(folder.join("initech-mentorship.csv"), initech())
}

/// Both programmes, UTF-8, comma, LF; some sessions told twice.
fn acme() -> Vec<u8> {
    let mut random = Random::new(SEED);
    let mut roster = Roster::new(&mut random, 80, 26, "acme.example.org");
    // An employee who mentors and learns the language herself.
    let mentor = roster.volunteers[3].email.clone();
    roster.participants[10].person.email = mentor;
    let mut sessions = year(&mut random, &mut roster, Programme::Both, 1_000);
    // Texts that a spreadsheet would take for formulas.
    let formulas = [
        "=HYPERLINK(\"https://example.org\",\"Click\")",
        "+1, would recommend",
        "-2 degrees but a warm talk",
        "@Ingrid: tusen takk!",
    ];
    for (number, text) in formulas.into_iter().enumerate() {
        sessions[200 + number * 150].text = String::from(text);
    }
    let id = |number: usize| format!("KINTELL-{:04}", number + 1);
    let mut rows: Vec<Vec<u8>> = sessions
        .iter()
        .enumerate()
        .map(|(number, session)| sheet::combined(&mut random, session, &id(number)).into_bytes())
        .collect();
    let repeated: Vec<Vec<u8>> = [120, 340, 560, 780]
        .iter()
        .map(|number| rows[*number].clone())
        .collect();
    for number in [90, 450, 810] {
        let corrected = Session {
            minutes: sessions[number].minutes + 15,
            text: String::new(),
            ..sessions[number].clone()
        };
        rows.push(sheet::combined(&mut random, &corrected, &id(number)).into_bytes());
    }
    rows.extend(repeated);
    finish(
        sheet::COMBINED,
        scatter(rows, sheet::combined_faults()),
        "\n",
    )
}

/// Language sessions as Excel writes them: mark, semicolon, CRLF, local times, decimal commas.
fn globex() -> Vec<u8> {
    let mut random = Random::new(SEED + 1);
    let mut roster = Roster::new(&mut random, 60, 20, "globex.example.net");
    let sessions = year(&mut random, &mut roster, Programme::Language, 620);
    let rows = sessions.iter().enumerate();
    let rows: Vec<Vec<u8>> = rows
        .map(|(n, session)| {
            sheet::language(&mut random, session, &format!("LS-{:04}", n + 1)).into_bytes()
        })
        .collect();
    let header = format!("{UTF8_MARK}{}", sheet::LANGUAGE);
    finish(&header, scatter(rows, sheet::language_faults()), "\r\n")
}

/// Mentorship sessions; the file ends inside a quotation.
fn initech() -> Vec<u8> {
    let mut random = Random::new(SEED + 2);
    let mut roster = Roster::new(&mut random, 40, 14, "initech.example.org");
    let sessions = year(&mut random, &mut roster, Programme::Mentorship, 380);
    let rows = sessions.iter().enumerate();
    let rows: Vec<Vec<u8>> = rows
        .map(|(n, session)| {
            sheet::mentorship(&mut random, session, &format!("MS-{:04}", n + 1)).into_bytes()
        })
        .collect();
    let mut file = finish(
        sheet::MENTORSHIP,
        scatter(rows, sheet::mentorship_faults()),
        "\n",
    );
    file.extend(sheet::UNCLOSED.as_bytes());
    file.push(b'\n');
    file
}

/// Puts the faulty rows between the good ones at even distances.
fn scatter(mut rows: Vec<Vec<u8>>, faults: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let distance = rows.len() / (faults.len() + 1);
    for (number, fault) in faults.into_iter().enumerate() {
        rows.insert((number + 1) * distance + number, fault);
    }
    rows
}

fn finish(header: &str, rows: Vec<Vec<u8>>, line_end: &str) -> Vec<u8> {
    let mut file = header.as_bytes().to_vec();
    for row in rows {
        file.extend(line_end.as_bytes());
        file.extend(row);
    }
    file.extend(line_end.as_bytes());
    file
}

/// Row by row, so that a million sessions need no memory; people are as many as such a number has.
fn write_large(out: &mut impl Write, count: usize) -> io::Result<()> {
    let mut random = Random::new(SEED + 3);
    let mut roster = Roster::new(
        &mut random,
        (count / 12).max(180),
        (count / 36).max(60),
        "volunteers.example.org",
    );
    writeln!(out, "{}", sheet::COMBINED)?;
    for number in 0..count {
        let place = random.index(roster.participants.len());
        let mentorship = random.chance(30);
        let start = moment(&mut random, (number * 365 / count) as i64);
        let session = meet(&mut random, &mut roster, place, mentorship, start);
        writeln!(
            out,
            "{}",
            sheet::combined(&mut random, &session, &format!("KINTELL-{:07}", number + 1))
        )?;
    }
    Ok(())
}
