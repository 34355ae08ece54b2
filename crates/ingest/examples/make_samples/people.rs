//! Invented people. Their addresses are under domains reserved for examples (RFC 2606).

use crate::random::Random;
use crate::texts::Tongue;

const PARTICIPANT_NAMES: [&str; 48] = [
    "Olena",
    "Iryna",
    "Nataliia",
    "Oksana",
    "Tetiana",
    "Yuliia",
    "Anastasiia",
    "Kateryna",
    "Viktoriia",
    "Svitlana",
    "Liudmyla",
    "Halyna",
    "Daryna",
    "Zoriana",
    "Solomiia",
    "Marta",
    "Larysa",
    "Inna",
    "Alla",
    "Vira",
    "Andrii",
    "Oleksandr",
    "Serhii",
    "Dmytro",
    "Mykola",
    "Taras",
    "Bohdan",
    "Yurii",
    "Vasyl",
    "Ostap",
    "Maksym",
    "Roman",
    "Ihor",
    "Pavlo",
    "Denys",
    "Artem",
    "Amira",
    "Hassan",
    "Leila",
    "Yusuf",
    "Selam",
    "Tesfay",
    "Rahwa",
    "Farid",
    "Nadia",
    "Samir",
    "Mariam",
    "Dawit",
];
/// How many of the names, from the first.
const UKRAINIAN_WOMEN: usize = 20;
const PARTICIPANT_SURNAMES: [&str; 40] = [
    "Verbova",
    "Zelenko",
    "Lypovyk",
    "Stepova",
    "Richkan",
    "Dubenko",
    "Yavorka",
    "Hromenko",
    "Lisovych",
    "Polynko",
    "Berezan",
    "Kalynova",
    "Malvenko",
    "Osokir",
    "Sadovets",
    "Tumanko",
    "Vyshnivska",
    "Zorenko",
    "Chaikova",
    "Horobets",
    "Lastivko",
    "Medunka",
    "Nivenko",
    "Pokrovych",
    "Rosynka",
    "Smerekova",
    "Tykhenko",
    "Ushenko",
    "Fialkova",
    "Khmarenko",
    "Tsvitan",
    "Shovkova",
    "Yurchan",
    "Barvinko",
    "Hiacynt",
    "Karaman",
    "Nouri",
    "Tekle",
    "Rahimi",
    "Salman",
];
const VOLUNTEER_NAMES: [&str; 30] = [
    "Ingrid", "Kari", "Lars", "Silje", "Marte", "Henrik", "Sigrid", "Jonas", "Nora", "Eirik",
    "Astrid", "Magnus", "Tuva", "Emma", "James", "Priya", "Marek", "Sofia", "Oskar", "Hedda",
    "Torunn", "Vegard", "Camilla", "Daniel", "Ruth", "Ahmed", "Linnea", "Peter", "Grace", "Mateo",
];
const VOLUNTEER_SURNAMES: [&str; 30] = [
    "Fjellvik",
    "Strandmo",
    "Bjerkeli",
    "Nordlund",
    "Skogsrud",
    "Havnes",
    "Granlie",
    "Myrvold",
    "Solbakk",
    "Vikmark",
    "Elvestad",
    "Brattas",
    "Kvernmo",
    "Lundhaug",
    "Osterdal",
    "Rognlien",
    "Sandvoll",
    "Tangeraas",
    "Ulvestad",
    "Aasheim",
    "Millbrook",
    "Harrowell",
    "Oakden",
    "Varghesan",
    "Kowalin",
    "Bernardes",
    "Achterberg",
    "Okonmah",
    "Pellworth",
    "Quintela",
];

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
        let volunteers: Vec<Person> = (0..volunteers)
            .map(|number| {
                person(
                    random,
                    number,
                    &VOLUNTEER_NAMES,
                    &VOLUNTEER_SURNAMES,
                    domain,
                )
            })
            .collect();
        let participants = (0..participants)
            .map(|number| {
                let domain = random.pick(&["mail.example.org", "post.example.net", "example.org"]);
                Participant {
                    person: person(
                        random,
                        number,
                        &PARTICIPANT_NAMES,
                        &PARTICIPANT_SURNAMES,
                        domain,
                    ),
                    tongue: tongue(random, number),
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
fn tongue(random: &mut Random, number: usize) -> Tongue {
    if number % PARTICIPANT_NAMES.len() < UKRAINIAN_WOMEN && random.chance(80) {
        Tongue::Ukrainian
    } else {
        random.pick(&[Tongue::English, Tongue::Norwegian])
    }
}

/// The number keeps addresses apart: the first names repeat, with another surname each round.
fn person(
    random: &mut Random,
    number: usize,
    names: &[&'static str],
    surnames: &[&str],
    domain: &str,
) -> Person {
    let first_name = names[number % names.len()];
    let surname = surnames[(number * 7 + number / names.len()) % surnames.len()];
    let (first, last) = (first_name.to_lowercase(), surname.to_lowercase());
    let round = number / (names.len() * surnames.len());
    let mark = if round == 0 {
        String::new()
    } else {
        round.to_string()
    };
    let email = match random.below(3) {
        0 => format!("{first}.{last}{mark}@{domain}"),
        1 => format!("{first}{last}{mark}@{domain}"),
        _ => format!("{first}_{last}{mark}@{domain}"),
    };
    Person { first_name, email }
}
