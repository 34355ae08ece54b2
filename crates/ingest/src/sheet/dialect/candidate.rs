//! The combinations that are worth trying on a sample.

/// One way to cut a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) delimiter: Option<u8>,
    pub(crate) quote: Option<u8>,
    pub(crate) escape: Option<u8>,
}

/// Separators with how usual they are: a rare one must cut much better to win.
const DELIMITERS: [(u8, f64); 21] = [
    (b',', 1.0),
    (b';', 1.0),
    (b'\t', 1.0),
    (b'|', 1.0),
    (0x1f, 1.0),
    (0x01, 1.0),
    (b'^', 0.9),
    (b'~', 0.9),
    (b':', 0.7),
    (b' ', 0.6),
    (b'#', 0.7),
    (b'*', 0.7),
    (b'&', 0.7),
    (b'!', 0.7),
    (b'$', 0.7),
    (b'%', 0.7),
    (b'@', 0.4),
    (b'=', 0.5),
    (b'/', 0.4),
    (b'_', 0.3),
    (b'-', 0.3),
];

/// How usual a separator is, from 0 to 1.
pub(crate) fn prior(delimiter: u8) -> f64 {
    DELIMITERS
        .iter()
        .find(|(byte, _)| *byte == delimiter)
        .map_or(0.0, |(_, prior)| *prior)
}

/// Whether a byte is a separator of most files, so that a cell full of it is suspicious.
pub(crate) fn is_usual(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\t' | b'|')
}

/// The candidates for a sample, the more usual first.
pub(crate) fn list(sample: &[u8], declared: Option<u8>) -> Vec<Candidate> {
    let delimiters: Vec<Option<u8>> = match declared {
        Some(delimiter) => vec![Some(delimiter)],
        None => DELIMITERS
            .iter()
            .map(|(byte, _)| *byte)
            .filter(|byte| sample.contains(byte))
            .map(Some)
            .chain([None])
            .collect(),
    };
    let mut quotes = vec![None];
    for quote in [b'"', b'\''] {
        if sample.contains(&quote) {
            quotes.push(Some(quote));
        }
    }
    let mut list = Vec::new();
    for delimiter in delimiters {
        for quote in &quotes {
            let mut add = |escape| {
                list.push(Candidate {
                    delimiter,
                    quote: *quote,
                    escape,
                });
            };
            add(None);
            if quote.is_some_and(|quote| sample.windows(2).any(|pair| pair == [b'\\', quote])) {
                add(Some(b'\\'));
            }
        }
    }
    list
}
