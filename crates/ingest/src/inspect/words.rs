//! How near a heading comes to a field's name, in English, Norwegian and Ukrainian.

use std::collections::BTreeSet;

use crate::sheet::header::{compare_form, nearest};
use crate::source::FieldSpec;

/// Words with the one that stands for all of them. Inflected forms are found by their beginning.
const MEANINGS: &[(&str, &[&str])] = &[
    (
        "email",
        &[
            "email",
            "mail",
            "epost",
            "epostadresse",
            "пошта",
            "пошти",
            "імейл",
            "адреса",
        ],
    ),
    (
        "date",
        &[
            "date", "when", "når", "tid", "коли", "time", "dato", "day", "dag", "дата", "день",
        ],
    ),
    (
        "start",
        &[
            "start",
            "started",
            "scheduled",
            "planned",
            "begin",
            "planlagt",
            "starttid",
            "початок",
            "заплановано",
        ],
    ),
    (
        "end",
        &[
            "end",
            "ended",
            "completed",
            "completion",
            "finished",
            "fullført",
            "slutt",
            "sluttid",
            "кінець",
            "завершено",
            "завершення",
        ],
    ),
    (
        "participant",
        &[
            "participant",
            "learner",
            "mentee",
            "student",
            "beneficiary",
            "deltaker",
            "deltakers",
            "deltakerens",
            "elev",
            "учасник",
            "учасника",
            "учасниця",
            "учень",
            "студент",
        ],
    ),
    (
        "volunteer",
        &[
            "volunteer",
            "mentor",
            "tutor",
            "advisor",
            "coach",
            "frivillig",
            "frivilliges",
            "veileder",
            "волонтер",
            "волонтера",
            "ментор",
            "ментора",
            "наставник",
        ],
    ),
    ("buddy", &["buddy", "fadder", "venn", "бадді"]),
    (
        "user",
        &[
            "user",
            "person",
            "member",
            "bruker",
            "користувач",
            "користувача",
        ],
    ),
    (
        "duration",
        &["duration", "length", "varighet", "lengde", "тривалість"],
    ),
    (
        "minutes",
        &[
            "minutes",
            "minute",
            "mins",
            "min",
            "minutter",
            "хвилин",
            "хвилини",
            "хв",
        ],
    ),
    (
        "rating",
        &[
            "rating",
            "score",
            "stars",
            "vurdering",
            "karakter",
            "poengsum",
            "оцінка",
            "рейтинг",
            "бал",
        ],
    ),
    (
        "feedback",
        &[
            "feedback",
            "comment",
            "comments",
            "remarks",
            "tilbakemelding",
            "kommentar",
            "kommentarer",
            "відгук",
            "коментар",
            "коментарі",
        ],
    ),
    (
        "notes",
        &["notes", "note", "notat", "notater", "нотатки", "примітки"],
    ),
    ("level", &["level", "cefr", "nivå", "språknivå", "рівень"]),
    ("language", &["language", "språk", "мова", "мови"]),
    ("type", &["type", "kind", "тип", "вид"]),
    (
        "id",
        &[
            "id",
            "identifier",
            "ref",
            "reference",
            "nr",
            "no",
            "number",
            "nummer",
            "номер",
            "ід",
            "код",
        ],
    ),
    (
        "session",
        &[
            "session",
            "meeting",
            "økt",
            "økten",
            "møte",
            "samtale",
            "сесія",
            "сесії",
            "зустріч",
            "зустрічі",
        ],
    ),
    (
        "match",
        &["match", "pair", "matching", "par", "пара", "пари"],
    ),
    (
        "event",
        &[
            "event",
            "activity",
            "arrangement",
            "aktivitet",
            "подія",
            "події",
            "захід",
        ],
    ),
    ("course", &["course", "kurs", "kurset", "курс", "курсу"]),
    (
        "provider",
        &[
            "provider",
            "platform",
            "leverandør",
            "tilbyder",
            "провайдер",
            "платформа",
        ],
    ),
    (
        "name",
        &["name", "navn", "title", "tittel", "назва", "ім'я", "імя"],
    ),
    ("first", &["first", "given", "fornavn", "ім'я", "імя"]),
    (
        "last",
        &["last", "family", "surname", "etternavn", "прізвище"],
    ),
    ("status", &["status", "state", "tilstand", "статус", "стан"]),
    (
        "location",
        &[
            "location",
            "place",
            "city",
            "sted",
            "by",
            "місце",
            "місто",
            "локація",
        ],
    ),
    (
        "topics",
        &[
            "topics", "topic", "themes", "temaer", "tema", "emner", "теми", "тема",
        ],
    ),
    ("goals", &["goals", "goal", "mål", "цілі"]),
    (
        "focus",
        &["focus", "area", "fokus", "fokusområde", "напрям"],
    ),
    ("mood", &["mood", "feeling", "humør", "stemning", "настрій"]),
    (
        "interests",
        &["interests", "hobbies", "interesser", "інтереси"],
    ),
    ("role", &["role", "rolle", "роль"]),
    (
        "description",
        &["description", "details", "beskrivelse", "опис"],
    ),
    (
        "certificate",
        &[
            "certificate",
            "credential",
            "bevis",
            "kursbevis",
            "сертифікат",
        ],
    ),
    ("url", &["url", "link", "lenke", "посилання"]),
    (
        "joined",
        &[
            "joined",
            "registered",
            "registrert",
            "приєднався",
            "зареєстровано",
        ],
    ),
    ("points", &["points", "poeng", "бали"]),
];

/// Words that say nothing.
const EMPTY: [&str; 12] = [
    "of", "the", "at", "av", "for", "and", "og", "i", "в", "text", "address", "adresse",
];

/// How near a heading comes to a field, from 0 to 1, and why.
pub(crate) fn likeness(heading: &str, field: &FieldSpec) -> (f64, Option<String>) {
    let key = compare_form(heading);
    if key.is_empty() {
        return (0.0, None);
    }
    if key == field.name {
        return (
            1.0,
            Some(format!("the heading `{heading}` is the field's name")),
        );
    }
    let named = field.name.replace('_', " ");
    let compact = compact(&key);
    let says = |word: &str| compact == self::compact(word);
    if field.words.contains(&key.as_str())
        || says(field.name)
        || field.words.iter().any(|word| says(word))
    {
        return (0.95, Some(format!("heading `{heading}` means {named}")));
    }
    let tokens = meanings(&key);
    let shared = [field.name]
        .iter()
        .chain(field.words)
        .map(|word| overlap(&tokens, &meanings(word)))
        .fold(0.0, f64::max);
    let edited = near_miss(&compact, field);
    if shared * 0.9 >= edited && shared >= 0.5 {
        return (
            shared * 0.9,
            Some(format!("heading words `{heading}` mean {named}")),
        );
    }
    if edited > 0.0 {
        return (
            edited,
            Some(format!(
                "heading `{heading}` is nearly the word for {named}"
            )),
        );
    }
    (shared * 0.5, None)
}

/// Letters and digits only, so that `E-post deltaker` and `epostdeltaker` are one.
fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn near_miss(compacted: &str, field: &FieldSpec) -> f64 {
    const SHORTEST: usize = 5;
    let length = compacted.chars().count();
    if length < SHORTEST {
        return 0.0;
    }
    let words: Vec<String> = [field.name]
        .iter()
        .chain(field.words)
        .map(|word| compact(word))
        .collect();
    match nearest(compacted, words.iter().map(String::as_str)) {
        Some((_, 1)) => 0.8,
        Some((_, 2)) if length >= 8 => 0.7,
        _ => 0.0,
    }
}

/// The meanings of a heading's words.
fn meanings(key: &str) -> BTreeSet<String> {
    let spread = split_humps(key)
        .replace("e_post", "epost")
        .replace("e_mail", "email");
    spread
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|token| !token.is_empty() && !EMPTY.contains(token))
        .flat_map(|token| match (meaning(token), parts(token)) {
            (Some(meaning), _) => vec![meaning.to_owned()],
            (None, Some([first, second])) => vec![first.to_owned(), second.to_owned()],
            (None, None) => vec![token.to_owned()],
        })
        .collect()
}

/// Headings are compared in lower case, so only digits part words that are written together.
fn split_humps(key: &str) -> String {
    let mut spread = String::with_capacity(key.len() + 4);
    let mut before = ' ';
    for c in key.chars() {
        if c.is_numeric() && before.is_alphabetic() {
            spread.push('_');
        }
        spread.push(c);
        before = c;
    }
    spread
}

/// The two meanings of a compound such as `øktnr` or `deltakerepost`.
fn parts(token: &str) -> Option<[&'static str; 2]> {
    let known = |part: &str| {
        let exact = |part: &str| MEANINGS.iter().find(|(_, words)| words.contains(&part));
        exact(part)
            .or_else(|| exact(part.strip_suffix('s')?))
            .map(|(meaning, _)| *meaning)
    };
    token
        .char_indices()
        .skip(2)
        .find_map(|(at, _)| Some([known(&token[..at])?, known(&token[at..])?]))
}

fn meaning(token: &str) -> Option<&'static str> {
    let exact = MEANINGS.iter().find(|(_, words)| words.contains(&token));
    let begun = || {
        MEANINGS.iter().find(|(_, words)| {
            words.iter().any(|word| {
                // Endings of cases and the definite form.
                word.chars().count() >= 5
                    && token.starts_with(word)
                    && token.len() <= word.len() + 6
            })
        })
    };
    exact.or_else(begun).map(|(meaning, _)| *meaning)
}

/// Twice the shared words by all words.
fn overlap(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let shared = a.intersection(b).count();
    crate::sheet::dialect::share(2 * shared, a.len() + b.len())
}
