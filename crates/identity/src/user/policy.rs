//! Which passwords are taken: NIST SP 800-63B-4, section 3.1.1. Length and a list
//! of what is guessed first; no rules of composition, no expiry.
//!
//! Hardly any common password has fifteen characters, so looking the whole
//! password up would refuse nothing. It is therefore measured by what it is made
//! of: a listed word, the service's name, a part of the address, a run such as
//! `12345678` and a repetition of what came before count as one character each.

use super::Password;

/// Fewest characters, as long as the password is all there is to sign in with.
pub const MIN_LENGTH: usize = 15;
/// Most characters.
pub const MAX_LENGTH: usize = 128;

/// Fewest parts a password may be made of. `PasswordPassword2024!` has four.
const MIN_PARTS: usize = 7;

/// What is guessed first, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// No listed word is longer.
const LONGEST_COMMON: usize = 13;

/// The service's own names.
const OWN_WORDS: [&str; 2] = ["attest", "impact"];

/// Neighbours on keyboards, and the alphabet: runs along these are one part.
const RUNS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
];

/// Why a password was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than 15 characters.
    #[error("use at least {MIN_LENGTH} characters; four or five unrelated words do well")]
    TooShort,
    /// More than 128 characters.
    #[error("use at most {MAX_LENGTH} characters")]
    TooLong,
    /// Made of what is guessed first.
    #[error("this is made of common words, rows of keys or your own address; add unrelated words")]
    Guessable,
}

impl PasswordFault {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Guessable => "password_guessable",
        }
    }
}

/// Whether a password may be that of the user with this address.
pub fn check_password(password: &Password, email: &str) -> Result<(), PasswordFault> {
    let length = password.expose().chars().count();
    if length < MIN_LENGTH {
        return Err(PasswordFault::TooShort);
    }
    if length > MAX_LENGTH {
        return Err(PasswordFault::TooLong);
    }
    let email = email.to_lowercase();
    let own: Vec<Vec<char>> = email
        .split(|c: char| !c.is_alphanumeric())
        .chain(email.split('@'))
        .chain(OWN_WORDS)
        .filter(|word| word.chars().count() >= 3)
        .map(|word| word.chars().collect())
        .collect();
    let typed: Vec<char> = password.expose().to_lowercase().chars().collect();
    if parts(&typed, &own) < MIN_PARTS {
        return Err(PasswordFault::Guessable);
    }
    Ok(())
}

/// The letter that a digit or sign stands for in the usual disguises.
fn unmask(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// The fewest parts that the text can be cut into.
fn parts(text: &[char], own: &[Vec<char>]) -> usize {
    let unmasked: Vec<char> = text.iter().copied().map(unmask).collect();
    let mut fewest: Vec<usize> = vec![0];
    for end in 1..=text.len() {
        let before = fewest[end - 1] + 1;
        let shortest = (0..end.saturating_sub(2))
            .filter(|&start| {
                is_run(&text[start..end])
                    || repeats_before(text, start, end)
                    || is_word(&text[start..end], own)
                    || is_word(&unmasked[start..end], own)
            })
            .map(|start| fewest[start] + 1)
            .min();
        fewest.push(shortest.map_or(before, |parts| parts.min(before)));
    }
    fewest[text.len()]
}

fn is_word(part: &[char], own: &[Vec<char>]) -> bool {
    let common = |part: &[char]| {
        let word: String = part.iter().collect();
        COMMON.lines().any(|line| line == word)
    };
    own.iter().any(|word| word == part) || (part.len() <= LONGEST_COMMON && common(part))
}

fn is_run(part: &[char]) -> bool {
    let one_letter = part.iter().all(|c| *c == part[0]);
    one_letter || {
        let forwards: String = part.iter().collect();
        let backwards: String = part.iter().rev().collect();
        RUNS.iter()
            .any(|run| run.contains(&forwards) || run.contains(&backwards))
    }
}

/// Whether the part follows on an equal one.
fn repeats_before(text: &[char], start: usize, end: usize) -> bool {
    let length = end - start;
    start >= length && text[start - length..start] == text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), PasswordFault> {
        check_password(&Password::new(password), "ingrid.berg@acme.example")
    }

    #[test]
    fn length_is_counted_in_characters_as_people_see_them() {
        assert_eq!(check("kuling fra nord"), Ok(()));
        assert_eq!(check("kuling fra nor"), Err(PasswordFault::TooShort));
        assert_eq!(check("æøåæøå ßéü ñ ÿ"), Err(PasswordFault::TooShort));
        let long: String = (0..).map(|n: u32| (n * n).to_string()).take(60).collect();
        assert_eq!(check(&long[..128]), Ok(()));
        assert_eq!(check(&long[..129]), Err(PasswordFault::TooLong));
    }

    #[test]
    fn what_is_guessed_first_is_refused_however_long() {
        for password in [
            "passwordpassword",
            "P@ssw0rdP@ssw0rd",
            "P@ssw0rd12345678",
            "PasswordPassword2024!",
            "aaaaaaaaaaaaaaaaaaaa",
            "123456789012345",
            "qwertyuiopasdfghjkl",
            "abcabcabcabcabcabc",
            "ingrid.berg12345",
            "attest-attest-acme",
            "ILoveYouILoveYou!",
        ] {
            assert_eq!(check(password), Err(PasswordFault::Guessable), "{password}");
        }
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        for password in [
            "harbour lamp crows singing",
            "mzkfqjwtxbvnrdpl",
            "830165927348105",
            "гурт сивих ластівок",
        ] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }
}
