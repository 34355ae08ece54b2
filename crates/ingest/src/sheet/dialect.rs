//! How a file separates fields and lines, read off its first line.

/// Separator and line end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// The byte that counts lines: `\r` only where the file has no `\n` (old Macintosh exports).
    pub(crate) line_end: u8,
    /// Bytes of a leading `sep=;` line, which Excel writes and understands.
    pub(crate) skip: usize,
}

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

impl Dialect {
    /// Decides from the beginning of the text; without any separator in the first line it is the comma.
    pub(crate) fn sniff(text: &[u8]) -> Self {
        let blank = text
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'))
            .count();
        let line_end = find_line_end(text);
        let line = first_line(&text[blank..]);
        if let Some(delimiter) = declared_delimiter(line) {
            return Self {
                delimiter,
                line_end,
                skip: blank + line.len(),
            };
        }
        let mut counts = [0_usize; DELIMITERS.len()];
        let mut quoted = false;
        for byte in line {
            quoted ^= *byte == b'"';
            if let Some(index) = DELIMITERS.iter().position(|d| d == byte && !quoted) {
                counts[index] += 1;
            }
        }
        let most = counts.iter().max().copied().unwrap_or(0);
        let delimiter = DELIMITERS
            .into_iter()
            .zip(counts)
            .find(|(_, count)| *count == most)
            .map_or(b',', |(d, _)| d);
        Self {
            delimiter,
            line_end,
            skip: 0,
        }
    }
}

/// The first line, over line breaks inside quotation marks.
fn first_line(text: &[u8]) -> &[u8] {
    let mut quoted = false;
    let end = text.iter().position(|byte| {
        quoted ^= *byte == b'"';
        !quoted && matches!(byte, b'\r' | b'\n')
    });
    &text[..end.unwrap_or(text.len())]
}

fn find_line_end(text: &[u8]) -> u8 {
    match text.iter().position(|b| matches!(b, b'\r' | b'\n')) {
        Some(at) if text[at] == b'\r' && text.get(at + 1) != Some(&b'\n') => b'\r',
        _ => b'\n',
    }
}

fn declared_delimiter(line: &[u8]) -> Option<u8> {
    match line {
        [s, e, p, b'=', delimiter @ (b',' | b';' | b'\t' | b'|')]
            if [*s, *e, *p].eq_ignore_ascii_case(b"sep") =>
        {
            Some(*delimiter)
        }
        _ => None,
    }
}
