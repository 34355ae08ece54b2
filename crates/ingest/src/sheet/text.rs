//! The bytes of a file as ASCII-compatible text: unpacked, without mark, UTF-16 turned into UTF-8.

use std::io::Read;

use encoding_rs::{Decoder, DecoderResult};

use super::encoding::{self, Encoding, Guess};
use super::file_error::FileError;
use super::unpack::Unpacked;

/// How many bytes are looked at to guess encoding and dialect, and read at a time.
pub(crate) const CHUNK: usize = 64 << 10;
/// Never part of UTF-8: stands for a malformed UTF-16 unit, so that its row is refused by name.
const MALFORMED: u8 = 0xff;

pub(crate) struct TextSource<R: Read> {
    unpacked: Unpacked<R>,
    /// The sniffed bytes, still to be handed out.
    sniffed: Vec<u8>,
    given: usize,
    utf16: Option<Utf16>,
}

impl<R: Read> TextSource<R> {
    /// Looks at the beginning, which was read into `sniffed`. `declared` overrules a guess, but neither a mark nor the
    /// zeros of UTF-16.
    pub(crate) fn open(
        unpacked: Unpacked<R>,
        sniffed: Vec<u8>,
        declared: Option<Encoding>,
    ) -> (Self, Guess) {
        let len = sniffed.len();
        let mut guess = encoding::guess(&sniffed, len < CHUNK);
        if let Some(declared) = declared
            && !guess.certain
        {
            guess.encoding = declared;
            guess.certain = true;
        }
        let mut text = Self {
            unpacked,
            sniffed,
            given: guess.mark_len,
            utf16: None,
        };
        if guess.encoding.is_utf16() {
            text.utf16 = Some(Utf16::new(
                guess.encoding,
                text.sniffed.split_off(guess.mark_len),
            ));
        }
        (text, guess)
    }

    /// Unpacked bytes read from the file so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.unpacked.produced()
    }

    /// Fills `buf` as far as the file reaches; zero means the end.
    pub(crate) fn fill(&mut self, buf: &mut [u8]) -> Result<usize, FileError> {
        if let Some(utf16) = &mut self.utf16 {
            return utf16.fill(&mut self.unpacked, buf);
        }
        let waiting = &self.sniffed[self.given..];
        if waiting.is_empty() {
            self.sniffed = Vec::new();
            self.given = 0;
            return self.unpacked.fill(buf);
        }
        let n = waiting.len().min(buf.len());
        buf[..n].copy_from_slice(&waiting[..n]);
        self.given += n;
        Ok(n)
    }
}

struct Utf16 {
    decoder: Decoder,
    raw: Vec<u8>,
    start: usize,
    at_end: bool,
    finished: bool,
}

impl Utf16 {
    fn new(encoding: Encoding, raw: Vec<u8>) -> Self {
        let decoder = encoding.codec().new_decoder_without_bom_handling();
        Self {
            decoder,
            raw,
            start: 0,
            at_end: false,
            finished: false,
        }
    }

    fn fill<R: Read>(
        &mut self,
        source: &mut Unpacked<R>,
        buf: &mut [u8],
    ) -> Result<usize, FileError> {
        // A character takes up to four bytes; less room could end in no progress.
        const ROOM: usize = 5;
        let mut written = 0;
        while !self.finished && buf.len() - written >= ROOM {
            if self.start == self.raw.len() && !self.at_end {
                self.refill(source)?;
            }
            let (outcome, read, wrote) = self.decoder.decode_to_utf8_without_replacement(
                &self.raw[self.start..],
                &mut buf[written..],
                self.at_end,
            );
            self.start += read;
            written += wrote;
            match outcome {
                DecoderResult::InputEmpty => self.finished = self.at_end,
                DecoderResult::OutputFull => break,
                DecoderResult::Malformed(..) => {
                    buf[written] = MALFORMED;
                    written += 1;
                }
            }
        }
        Ok(written)
    }

    fn refill<R: Read>(&mut self, source: &mut Unpacked<R>) -> Result<(), FileError> {
        self.raw.resize(CHUNK, 0);
        let n = source.fill(&mut self.raw)?;
        self.raw.truncate(n);
        self.start = 0;
        self.at_end = n == 0;
        Ok(())
    }
}
