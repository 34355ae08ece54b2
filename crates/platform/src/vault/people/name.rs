//! Names, as far as they tell people apart: normalised, compared, never alone a proof.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use crate::crypto::Normalised;

/// Longest name that is looked at, in characters.
const LONGEST: usize = 200;

/// A name in the parts it consists of: folded, without marks, in one order.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name(Zeroizing<Vec<String>>);

/// What two names say of two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The same parts.
    Same,
    /// One is a shorter, abbreviated or mistyped form of the other.
    Compatible,
    /// Two names.
    Different,
}

impl Name {
    /// Reads a name: compatibility forms composed, case folded, marks taken away, parts
    /// sorted. None when nothing is left.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut folded = Zeroizing::new(String::with_capacity(text.len()));
        let marks_gone = text
            .nfkd()
            .take(LONGEST)
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase);
        for c in marks_gone {
            match letter(c) {
                Some(text) => folded.push_str(text),
                None if c.is_alphanumeric() => folded.push(c),
                // O'Brien and OBrien are one name, Anne-Marie and Anne Marie too.
                None if matches!(c, '\'' | '\u{2019}' | '\u{2bc}' | '`') => {}
                None => folded.push(' '),
            }
        }
        let mut parts: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        parts.sort_unstable();
        (!parts.is_empty()).then(|| Self(Zeroizing::new(parts)))
    }

    /// The name to look others up by; None for less than two parts of two letters each,
    /// because a first name is nobody's alone.
    pub(super) fn full(&self) -> Option<Normalised> {
        let long = self.0.iter().filter(|part| part.chars().count() > 1);
        if long.count() < 2 {
            return None;
        }
        Normalised::external_id(&Zeroizing::new(self.0.join(" ")))
    }

    /// What the two names say of two people.
    pub(super) fn compare(&self, other: &Self) -> Verdict {
        if self == other {
            return Verdict::Same;
        }
        let (short, long) = if self.0.len() <= other.0.len() {
            (self, other)
        } else {
            (other, self)
        };
        let mut left: Vec<&str> = long.0.iter().map(String::as_str).collect();
        let mut whole = 0;
        // Long parts first, so that an initial does not take the place of a part.
        let mut parts: Vec<&str> = short.0.iter().map(String::as_str).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.chars().count()));
        for part in parts {
            let Some(place) = left.iter().position(|one| alike(part, one)) else {
                return Verdict::Different;
            };
            let other = left.swap_remove(place);
            whole += usize::from(part.chars().count() > 1 && other.chars().count() > 1);
        }
        if whole > 0 {
            Verdict::Compatible
        } else {
            Verdict::Different
        }
    }
}

/// Letters that no decomposition takes apart, as they are commonly written without them.
const fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'ø' => "o",
        'œ' => "oe",
        'ß' => "ss",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        'ς' => "σ",
        _ => return None,
    })
}

/// Whether two parts are one: equal, an initial of the other, or one typing mistake
/// apart where they are long enough for that.
fn alike(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    match (a.as_slice(), b.as_slice()) {
        ([initial], [first, ..]) | ([first, ..], [initial]) => initial == first,
        _ => a.len().min(b.len()) >= 5 && one_mistake(&a, &b),
    }
}

/// Whether one letter added, left out, changed or swapped with its neighbour makes one of the other.
fn one_mistake(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    match long.len() - short.len() {
        0 => {
            let (x, y) = (&short[same..], &long[same..]);
            x.get(1..) == y.get(1..)
                || (x.len() > 1 && x[0] == y[1] && x[1] == y[0] && x[2..] == y[2..])
        }
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}
