//! Which encoding a file is in: from its mark, its first bytes, and the evidence of all its rows.
//!
//! UTF-8 and the Windows code pages leave ASCII alone, so rows are cut on raw bytes and decoded one by one.
//! UTF-16 is turned into UTF-8 before anything else sees it.

use std::borrow::Cow;
use std::fmt;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

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
    /// Central European Windows.
    Windows1250,
    /// Central European of Unix systems.
    Iso8859_2,
    /// Cyrillic of older systems.
    Iso8859_5,
    /// Western European with the euro sign, of Unix systems.
    Iso8859_15,
    /// Ukrainian of Unix systems.
    Koi8U,
    /// Cyrillic of DOS.
    Ibm866,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 11] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Windows1252,
        Self::Windows1251,
        Self::Windows1250,
        Self::Iso8859_2,
        Self::Iso8859_5,
        Self::Iso8859_15,
        Self::Koi8U,
        Self::Ibm866,
    ];

    /// The name of the encoding in the WHATWG registry.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Windows1251 => "windows-1251",
            Self::Windows1250 => "windows-1250",
            Self::Iso8859_2 => "iso-8859-2",
            Self::Iso8859_5 => "iso-8859-5",
            Self::Iso8859_15 => "iso-8859-15",
            Self::Koi8U => "koi8-u",
            Self::Ibm866 => "ibm866",
        }
    }

    /// Finds an encoding by any of its registered labels, such as `latin1` or `cp1251`.
    #[must_use]
    pub fn find(label: &str) -> Option<Self> {
        let found = encoding_rs::Encoding::for_label(label.as_bytes())?;
        Self::of_codec(found)
    }

    fn of_codec(codec: &'static encoding_rs::Encoding) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.codec() == codec)
    }

    pub(crate) fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
            Self::Windows1251 => encoding_rs::WINDOWS_1251,
            Self::Windows1250 => encoding_rs::WINDOWS_1250,
            Self::Iso8859_2 => encoding_rs::ISO_8859_2,
            Self::Iso8859_5 => encoding_rs::ISO_8859_5,
            Self::Iso8859_15 => encoding_rs::ISO_8859_15,
            Self::Koi8U => encoding_rs::KOI8_U,
            Self::Ibm866 => encoding_rs::IBM866,
        }
    }

    /// Whether every byte is a character.
    pub(crate) fn is_code_page(self) -> bool {
        !matches!(self, Self::Utf8 | Self::Utf16Le | Self::Utf16Be)
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

/// In unmarked UTF-16, separators, digits and line ends leave zeros on one side of the units and none on the other.
fn utf16_by_zeros(first: &[u8]) -> Option<Encoding> {
    const LOOK: usize = 4 << 10;
    let units = || first[..first.len().min(LOOK)].chunks_exact(2);
    let (all, high, low) = units().fold((0_usize, 0_usize, 0_usize), |(all, high, low), unit| {
        (
            all + 1,
            high + usize::from(unit[0] == 0),
            low + usize::from(unit[1] == 0),
        )
    });
    let (zeros, others, encoding) = if low > high {
        (low, high, Encoding::Utf16Le)
    } else {
        (high, low, Encoding::Utf16Be)
    };
    let is_control = |unit: &[u8]| {
        let character = match encoding {
            Encoding::Utf16Le => u16::from_le_bytes([unit[0], unit[1]]),
            _ => u16::from_be_bytes([unit[0], unit[1]]),
        };
        character < 0x20 && !matches!(character, 9 | 10 | 13)
    };
    let plausible = all >= 2
        && zeros >= 2
        && zeros * 20 >= all
        && others * 50 <= zeros
        && !units().any(is_control);
    plausible.then_some(encoding)
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

/// What tells UTF-8 from the code pages, and those from each other.
#[derive(Default)]
pub(crate) struct Evidence {
    /// Well-formed UTF-8 characters of more than one byte.
    multibyte: u64,
    /// Bytes that are no UTF-8.
    invalid: u64,
    /// Bytes above ASCII in pieces with invalid bytes, and how many of them have such a neighbour.
    high: u64,
    adjacent: u64,
    /// Bytes from 0x80 to 0x9F, which the ISO encodings do not use.
    windows: u64,
    /// Bytes that are letters or the euro sign in ISO-8859-15, where Latin-1 has signs that never stand there.
    latin9: u64,
    /// Knows the frequent letters of languages; made when it is needed.
    detector: Option<Box<EncodingDetector>>,
    fed: usize,
}

/// Bytes that a detector is fed; more do not change its mind.
const FED: usize = 256 << 10;

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
        self.feed(bytes);
    }

    fn add_neighbours(&mut self, bytes: &[u8]) {
        let at = |index: Option<usize>| index.and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0xc0;
        for (index, byte) in bytes.iter().enumerate().filter(|(_, b)| **b >= 0x80) {
            let (before, after) = (at(index.checked_sub(1)), at(index.checked_add(1)));
            self.high += 1;
            self.adjacent += u64::from(before >= 0x80 || after >= 0x80);
            self.windows += u64::from(*byte < 0xa0);
            let in_word = is_letter(before) || is_letter(after);
            self.latin9 += u64::from(match byte {
                0xa4 => true,
                0xa6 | 0xa8 | 0xb4 | 0xb8 | 0xbc | 0xbd | 0xbe => in_word,
                _ => false,
            });
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        if self.fed >= FED {
            return;
        }
        let detector = self
            .detector
            .get_or_insert_with(|| Box::new(EncodingDetector::new(Iso2022JpDetection::Deny)));
        let piece = &bytes[..bytes.len().min(FED - self.fed)];
        detector.feed(piece, false);
        // Fields are words of their own.
        detector.feed(b" ", false);
        self.fed += piece.len();
    }

    /// The encoding of the whole.
    ///
    /// A code page is concluded only when nearly nothing is well-formed UTF-8; a UTF-8 file with some damaged rows stays
    /// UTF-8 and those rows are refused. Cyrillic words are runs of high bytes, Western accents stand alone; within each
    /// of the two families the frequency of letters decides.
    pub(crate) fn verdict(&self) -> Encoding {
        // In KOI8-U about every fourteenth letter and the one before it look like a character of UTF-8.
        const CLEAR: u64 = 5;
        if self.invalid == 0 || self.multibyte.saturating_mul(CLEAR) > self.invalid {
            return Encoding::Utf8;
        }
        let guess = |domain: &[u8]| {
            let detector = self.detector.as_ref()?;
            Encoding::of_codec(detector.guess(Some(domain), Utf8Detection::Deny))
        };
        if self.adjacent * 2 > self.high {
            return match guess(b"ua") {
                Some(found @ (Encoding::Iso8859_5 | Encoding::Koi8U | Encoding::Ibm866)) => found,
                _ => Encoding::Windows1251,
            };
        }
        match guess(b"com") {
            Some(found @ (Encoding::Windows1250 | Encoding::Iso8859_2)) => found,
            _ if self.latin9 > 0 && self.windows == 0 => Encoding::Iso8859_15,
            _ => Encoding::Windows1252,
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
