//! Invented people. Their addresses are under domains reserved for examples (RFC 2606).

use crate::random::Random;
use crate::texts::Tongue;

const PARTICIPANT_NAMES: &str = "\
    Olena Iryna Nataliia Oksana Tetiana Yuliia Anastasiia Kateryna Viktoriia Svitlana \
    Liudmyla Halyna Daryna Zoriana Solomiia Marta Larysa Inna Alla Vira Andrii Oleksandr \
    Serhii Dmytro Mykola Taras Bohdan Yurii Vasyl Ostap Maksym Roman Ihor Pavlo Denys \
    Artem Amira Hassan Leila Yusuf Selam Tesfay Rahwa Farid Nadia Samir Mariam Dawit";
/// How many of the names, from the first.
const UKRAINIAN_WOMEN: usize = 20;
const PARTICIPANT_SURNAMES: &str = "\
    Verbova Zelenko Lypovyk Stepova Richkan Dubenko Yavorka Hromenko Lisovych Polynko \
    Berezan Kalynova Malvenko Osokir Sadovets Tumanko Vyshnivska Zorenko Chaikova Horobets \
    Lastivko Medunka Nivenko Pokrovych Rosynka Smerekova Tykhenko Ushenko Fialkova \
    Khmarenko Tsvitan Shovkova Yurchan Barvinko Hiacynt Karaman Nouri Tekle Rahimi Salman";
const VOLUNTEER_NAMES: &str = "\
    Ingrid Kari Lars Silje Marte Henrik Sigrid Jonas Nora Eirik Astrid Magnus Tuva Emma \
    James Priya Marek Sofia Oskar Hedda Torunn Vegard Camilla Daniel Ruth Ahmed Linnea \
    Peter Grace Mateo";
const VOLUNTEER_SURNAMES: &str = "\
    Fjellvik Strandmo Bjerkeli Nordlund Skogsrud Havnes Granlie Myrvold Solbakk Vikmark \
    Elvestad Brattas Kvernmo Lundhaug Osterdal Rognlien Sandvoll Tangeraas Ulvestad \
    Aasheim Millbrook Harrowell Oakden Varghesan Kowalin Bernardes Achterberg Okonmah \
    Pellworth Quintela";

pub(crate) struct Person {
    pub(crate) first_name: &'static str,
    pub(crate) email: String,
}

pub(crate) struct Participant {
    pub(crate) person: Person,
    pub(crate) tongue: Tongue,
    /// From 0 (A1) to 5 (C2).
    pub(crate) level: usize,
    pub(crate) sessions: usize,
    pub(crate) volunteer: usize,
}

/// The participants and volunteers of one company's programmes.
pub(crate) struct Roster {
    pub(crate) participants: Vec<Participant>,
    pub(crate) volunteers: Vec<Person>,
}

impl Roster {
    /// Makes so many of each; volunteers write from the company's domain.
    pub(crate) fn new(
        random: &mut Random,
        participants: usize,
        volunteers: usize,
        domain: &str,
    ) -> Self {
        let names = Names::new(VOLUNTEER_NAMES, VOLUNTEER_SURNAMES);
        let volunteers: Vec<Person> = (0..volunteers)
            .map(|number| names.person(random, number, domain))
            .collect();
        let names = Names::new(PARTICIPANT_NAMES, PARTICIPANT_SURNAMES);
        let participants = (0..participants)
            .map(|number| {
                let domain = random.pick(&["mail.example.org", "post.example.net", "example.org"]);
                Participant {
                    person: names.person(random, number, domain),
                    tongue: tongue(random, number % names.first.len()),
                    level: random.pick(&[0, 0, 0, 1, 1, 1, 2, 2, 3, 4]),
                    sessions: 0,
                    volunteer: random.index(volunteers.len()),
                }
            })
            .collect();
        Self {
            participants,
            volunteers,
        }
    }
}

/// Ukrainian verbs show the speaker's gender, and ours are a woman's: only the women among the names write in Ukrainian.
fn tongue(random: &mut Random, name: usize) -> Tongue {
    if name < UKRAINIAN_WOMEN && random.chance(80) {
        Tongue::Ukrainian
    } else {
        random.pick(&[Tongue::English, Tongue::Norwegian])
    }
}

struct Names {
    first: Vec<&'static str>,
    last: Vec<&'static str>,
}

impl Names {
    fn new(first: &'static str, last: &'static str) -> Self {
        Self {
            first: first.split_whitespace().collect(),
            last: last.split_whitespace().collect(),
        }
    }

    /// The number keeps addresses apart: the first names repeat, with another surname each round.
    fn person(&self, random: &mut Random, number: usize, domain: &str) -> Person {
        let (names, surnames) = (self.first.len(), self.last.len());
        let first_name = self.first[number % names];
        let first = first_name.to_lowercase();
        let last = self.last[(number * 7 + number / names) % surnames].to_lowercase();
        let mark = match number / (names * surnames) {
            0 => String::new(),
            round => round.to_string(),
        };
        let join = random.pick(&[".", "", "_"]);
        Person {
            first_name,
            email: format!("{first}{join}{last}{mark}@{domain}"),
        }
    }
}
