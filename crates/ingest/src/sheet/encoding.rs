//! Which encoding a file is in: from its mark, its first bytes, and the evidence of all its rows.
//!
//! UTF-8 and the Windows code pages leave ASCII alone, so rows are cut on raw bytes and decoded one by one.
//! UTF-16 is turned into UTF-8 before anything else sees it.

use std::borrow::Cow;
use std::fmt;

/// The encodings that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without its mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Western European Windows, the superset of Latin-1 that Excel writes.
    Windows1252,
    /// Cyrillic Windows, which Excel writes on Ukrainian computers.
    Windows1251,
}

impl Encoding {
    /// The name of the encoding in the WHATWG registry.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Windows1251 => "windows-1251",
        }
    }

    /// Finds an encoding by any of its registered labels, such as `latin1` or `cp1251`.
    #[must_use]
    pub fn find(label: &str) -> Option<Self> {
        let found = encoding_rs::Encoding::for_label(label.as_bytes())?;
        [
            Self::Utf8,
            Self::Utf16Le,
            Self::Utf16Be,
            Self::Windows1252,
            Self::Windows1251,
        ]
        .into_iter()
        .find(|e| e.codec() == found)
    }

    pub(crate) fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
            Self::Windows1251 => encoding_rs::WINDOWS_1251,
        }
    }

    pub(crate) fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the first bytes say: the encoding, the length of its mark, and whether they leave any doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) encoding: Encoding,
    pub(crate) mark_len: usize,
    pub(crate) certain: bool,
}

/// Guesses from the first bytes. `complete` says that they are the whole file.
pub(crate) fn guess(first: &[u8], complete: bool) -> Guess {
    if let Some((codec, mark_len)) = encoding_rs::Encoding::for_bom(first)
        && let Some(encoding) = Encoding::find(codec.name())
    {
        return Guess {
            encoding,
            mark_len,
            certain: true,
        };
    }
    if let Some(encoding) = utf16_by_zeros(first) {
        return Guess {
            encoding,
            mark_len: 0,
            certain: true,
        };
    }
    let mut evidence = Evidence::default();
    evidence.add(if complete {
        first
    } else {
        without_cut_character(first)
    });
    Guess {
        encoding: evidence.verdict(),
        mark_len: 0,
        certain: false,
    }
}

/// Column names are ASCII, so in unmarked UTF-16 every second byte of the first four characters is zero.
fn utf16_by_zeros(first: &[u8]) -> Option<Encoding> {
    const LOOK: usize = 8;
    let beginning = &first[..first.len().min(LOOK) & !1];
    if beginning.len() < 4 {
        return None;
    }
    let zeros = |offset: usize| beginning.iter().skip(offset).step_by(2).all(|b| *b == 0);
    let letters = |offset: usize| beginning.iter().skip(offset).step_by(2).all(|b| *b != 0);
    match (zeros(0), letters(0), zeros(1), letters(1)) {
        (false, true, true, false) => Some(Encoding::Utf16Le),
        (true, false, false, true) => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// A chunk may end inside a character; those at most three bytes prove nothing.
fn without_cut_character(bytes: &[u8]) -> &[u8] {
    let Err(error) = std::str::from_utf8(bytes) else {
        return bytes;
    };
    let tail = bytes.len() - error.valid_up_to();
    if error.error_len().is_none() && tail <= 3 {
        &bytes[..error.valid_up_to()]
    } else {
        bytes
    }
}

/// Counts that tell UTF-8 from the code pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Well-formed UTF-8 characters of more than one byte.
    multibyte: u64,
    /// Bytes that are no UTF-8.
    invalid: u64,
    /// Bytes above ASCII in pieces with invalid bytes, and how many of them have such a neighbour.
    high: u64,
    adjacent: u64,
}

impl Evidence {
    /// Takes in the bytes of one field or one chunk.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if bytes.is_ascii() {
            return;
        }
        let leading = |bytes: &[u8]| bytes.iter().filter(|b| **b >= 0xc0).count() as u64;
        if std::str::from_utf8(bytes).is_ok() {
            self.multibyte += leading(bytes);
            return;
        }
        let mut invalid = 0;
        for chunk in bytes.utf8_chunks() {
            self.multibyte += leading(chunk.valid().as_bytes());
            invalid += chunk.invalid().len() as u64;
        }
        self.invalid += invalid;
        self.add_neighbours(bytes);
    }

    fn add_neighbours(&mut self, bytes: &[u8]) {
        let is_high =
            |index: Option<usize>| index.and_then(|i| bytes.get(i)).is_some_and(|b| *b >= 0x80);
        for (index, _) in bytes.iter().enumerate().filter(|(_, b)| **b >= 0x80) {
            self.high += 1;
            self.adjacent +=
                u64::from(is_high(index.checked_sub(1)) || is_high(index.checked_add(1)));
        }
    }

    /// The encoding of the whole.
    ///
    /// A code page is concluded only when nearly nothing is well-formed UTF-8; a UTF-8 file with some damaged rows stays
    /// UTF-8 and those rows are refused. Cyrillic words are runs of high bytes, Western accents stand alone.
    pub(crate) fn verdict(&self) -> Encoding {
        const CLEAR: u64 = 20;
        if self.invalid == 0 || self.multibyte.saturating_mul(CLEAR) > self.invalid {
            Encoding::Utf8
        } else if self.adjacent * 2 > self.high {
            Encoding::Windows1251
        } else {
            Encoding::Windows1252
        }
    }
}

/// Damaged UTF-8 made readable: each wrong byte as `\xE9`, so that nothing is replaced silently.
pub(crate) fn show_invalid(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push_str("\\x");
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Decodes a field of a code page. Every byte has a meaning there; those without a letter become control characters,
/// which the mapping refuses.
pub(crate) fn decode_code_page(encoding: Encoding, bytes: &[u8]) -> Cow<'_, str> {
    encoding.codec().decode_without_bom_handling(bytes).0
}
