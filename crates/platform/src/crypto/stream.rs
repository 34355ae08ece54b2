//! Files sealed in chunks: spooled uploads, read back from any chunk after a crash.
//!
//! Layout: `ATS1` · key version (u32, big-endian) · 32-byte salt · chunks. Every chunk holds [`CHUNK_LEN`] bytes of
//! plaintext and a tag; the last one may be shorter, and is empty only when the file is. Each file has its own key,
//! derived from the salt and bound to its place; a chunk's nonce and associated data hold its number and whether it
//! is the last (the STREAM construction, Hoang et al. 2015). So a chunk that is altered, moved, repeated, left out or
//! added fails to open, and a file cut at a chunk boundary is found out at its end.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::mem;

use aes_gcm_siv::Aes256GcmSiv;
use zeroize::{Zeroize, Zeroizing};

use super::seal::{NONCE_LEN, TAG_LEN, cipher, decrypt, encrypt};
use super::{Aad, Error, KEY_LEN, Key, random_bytes};

const MAGIC: [u8; 4] = *b"ATS1";
const FORMAT: u8 = 1;

/// Length of the header, in bytes.
pub const HEADER_LEN: usize = MAGIC.len() + 4 + KEY_LEN;
/// Plaintext in every chunk but the last, in bytes.
pub const CHUNK_LEN: usize = 64 * 1024;
/// A full chunk as it stands in the file, in bytes.
pub const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;

/// What stands before the chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHeader {
    key_version: u32,
    salt: [u8; KEY_LEN],
}

impl StreamHeader {
    /// A header for a new file that is sealed under the key of this version.
    pub fn generate(key_version: u32) -> Result<Self, Error> {
        Ok(Self {
            key_version,
            salt: random_bytes()?,
        })
    }

    /// Reads the header, so that the key of its version can be looked up.
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut bytes = [0; HEADER_LEN];
        let length = read_full(from, &mut bytes)?;
        Self::parse(&bytes[..length]).map_err(invalid)
    }

    /// The header at the start of these bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let rest = bytes
            .strip_prefix(&MAGIC)
            .ok_or_else(|| match bytes.first() {
                Some(&byte) => Error::UnknownFormat(byte),
                None => Error::Short,
            })?;
        let (version, rest) = rest.split_first_chunk().ok_or(Error::Short)?;
        let salt = *rest.first_chunk().ok_or(Error::Short)?;
        Ok(Self {
            key_version: u32::from_be_bytes(*version),
            salt,
        })
    }

    /// The bytes that begin the file.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.key_version.to_be_bytes());
        bytes[8..].copy_from_slice(&self.salt);
        bytes
    }

    /// The version of the key that the file's own key is derived from.
    #[must_use]
    pub fn key_version(&self) -> u32 {
        self.key_version
    }

    fn cipher(&self, key: &Key, aad: &Aad) -> Aes256GcmSiv {
        let info: [&[u8]; 3] = [
            b"attest/stream/1",
            &self.key_version.to_be_bytes(),
            &aad.encode(FORMAT),
        ];
        cipher(&key.derive_salted(&self.salt, &info))
    }
}

/// Seals one chunk after another. For asynchronous writers; [`SealingWriter`] is the same over [`Write`].
pub struct ChunkSealer {
    cipher: Aes256GcmSiv,
    next: u64,
}

impl ChunkSealer {
    /// A sealer for the file that begins with this header.
    #[must_use]
    pub fn new(header: &StreamHeader, key: &Key, aad: &Aad) -> Self {
        Self {
            cipher: header.cipher(key, aad),
            next: 0,
        }
    }

    /// Seals the next chunk in place and adds its tag. All but the last must hold [`CHUNK_LEN`] bytes.
    pub fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), Error> {
        if chunk.len() > CHUNK_LEN || (!last && chunk.len() < CHUNK_LEN) {
            return Err(Error::ChunkLength(chunk.len()));
        }
        let (nonce, aad) = place(self.next, last);
        let tag = encrypt(&self.cipher, &nonce, &aad, chunk)?;
        chunk.extend_from_slice(&tag);
        self.next += 1;
        Ok(())
    }
}

/// Opens one chunk after another, from any chunk on. For asynchronous readers; [`OpeningReader`] is the same over [`Read`].
pub struct ChunkOpener {
    cipher: Aes256GcmSiv,
    next: u64,
}

impl ChunkOpener {
    /// An opener that begins at chunk `first`, which stands at byte [`HEADER_LEN`] + `first` · [`SEALED_CHUNK_LEN`].
    #[must_use]
    pub fn new(header: &StreamHeader, key: &Key, aad: &Aad, first: u64) -> Self {
        Self {
            cipher: header.cipher(key, aad),
            next: first,
        }
    }

    /// Opens the next chunk in place and takes its tag off; `last` says that nothing follows it in the file.
    pub fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), Error> {
        let (text, &tag) = chunk
            .split_last_chunk::<TAG_LEN>()
            .ok_or(Error::Truncated)?;
        let length = text.len();
        let mut untouched = if last && length == CHUNK_LEN {
            chunk.clone()
        } else {
            Vec::new()
        };
        let (nonce, aad) = place(self.next, last);
        if let Err(error) = decrypt(&self.cipher, &nonce, &aad, &mut chunk[..length], &tag) {
            chunk.zeroize();
            return Err(self.diagnose(error, &mut untouched));
        }
        chunk.truncate(length);
        self.next += 1;
        Ok(())
    }

    /// A full chunk that opens as "more follows" at the end of a file means that the file was cut there.
    fn diagnose(&self, error: Error, chunk: &mut [u8]) -> Error {
        let (nonce, aad) = place(self.next, false);
        match chunk.split_last_chunk_mut::<TAG_LEN>() {
            Some((text, tag)) => {
                let opened = decrypt(&self.cipher, &nonce, &aad, text, tag).is_ok();
                text.zeroize();
                if opened { Error::Truncated } else { error }
            }
            None => error,
        }
    }
}

/// Seals what is written to it. Without [`SealingWriter::finish`] the file counts as cut short.
pub struct SealingWriter<W> {
    inner: W,
    sealer: ChunkSealer,
    chunk: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealingWriter<W> {
    /// Begins a file with its header, under the key of this version.
    pub fn new(mut inner: W, key_version: u32, key: &Key, aad: &Aad) -> io::Result<Self> {
        let header = StreamHeader::generate(key_version).map_err(io::Error::other)?;
        inner.write_all(&header.to_bytes())?;
        let chunk = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_LEN));
        Ok(Self {
            inner,
            sealer: ChunkSealer::new(&header, key, aad),
            chunk,
        })
    }

    /// Writes the last chunk and gives the inner writer back, flushed. The caller syncs it to disk.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_chunk(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn write_chunk(&mut self, last: bool) -> io::Result<()> {
        self.sealer.seal(&mut self.chunk, last).map_err(invalid)?;
        self.inner.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits for the next byte, because only then it is known not to be the last.
        if self.chunk.len() == CHUNK_LEN && !bytes.is_empty() {
            self.write_chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK_LEN - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Flushes whole chunks; the rest is written by [`SealingWriter::finish`].
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads the plaintext of a sealed file. Errors of kind `InvalidData` hold an [`Error`].
pub struct OpeningReader<R> {
    inner: R,
    opener: ChunkOpener,
    chunk: Zeroizing<Vec<u8>>,
    /// How much of `chunk` has been read.
    taken: usize,
    /// The byte after the chunk, read to learn whether one follows.
    ahead: Option<u8>,
    finished: bool,
    position: u64,
}

impl<R: Read> OpeningReader<R> {
    /// Reads from the start; `inner` stands just behind the header.
    pub fn new(inner: R, header: &StreamHeader, key: &Key, aad: &Aad) -> Self {
        Self::from_chunk(inner, header, key, aad, 0)
    }

    /// Bytes of plaintext before the next one to be read, counted from the start of the file.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    fn from_chunk(inner: R, header: &StreamHeader, key: &Key, aad: &Aad, first: u64) -> Self {
        Self {
            inner,
            opener: ChunkOpener::new(header, key, aad, first),
            chunk: Zeroizing::new(Vec::new()),
            taken: 0,
            ahead: None,
            finished: false,
            position: first * CHUNK_LEN as u64,
        }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let mut sealed = mem::take(&mut self.chunk);
        self.taken = 0;
        sealed.resize(SEALED_CHUNK_LEN + 1, 0);
        let carried = usize::from(self.ahead.is_some());
        sealed[0] = self.ahead.take().unwrap_or_default();
        let length = carried + read_full(&mut self.inner, &mut sealed[carried..])?;
        let last = length <= SEALED_CHUNK_LEN;
        if !last {
            self.ahead = sealed.pop();
        }
        sealed.truncate(length);
        self.opener.open(&mut sealed, last).map_err(invalid)?;
        self.chunk = sealed;
        self.finished = last;
        Ok(())
    }
}

impl<R: Read + Seek> OpeningReader<R> {
    /// Reads on from byte `position` of the plaintext, wherever `inner` stands now.
    ///
    /// Only the chunks from there on are checked. A position behind the end is an error of kind `UnexpectedEof`.
    pub fn resume(
        mut inner: R,
        header: &StreamHeader,
        key: &Key,
        aad: &Aad,
        position: u64,
    ) -> io::Result<Self> {
        let (first, mut skip) = (position / CHUNK_LEN as u64, position % CHUNK_LEN as u64);
        // The end of a file of whole chunks lies in its last chunk, for no empty chunk follows it.
        let first = if skip == 0 && first > 0 {
            skip = CHUNK_LEN as u64;
            first - 1
        } else {
            first
        };
        inner.seek(SeekFrom::Start(
            HEADER_LEN as u64 + first * SEALED_CHUNK_LEN as u64,
        ))?;
        let mut reader = Self::from_chunk(inner, header, key, aad, first);
        let skipped = io::copy(&mut (&mut reader).take(skip), &mut io::sink())?;
        if skipped == skip {
            Ok(reader)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.chunk.len() && !self.finished {
            self.next_chunk()?;
        }
        let length = buffer.len().min(self.chunk.len() - self.taken);
        buffer[..length].copy_from_slice(&self.chunk[self.taken..self.taken + length]);
        self.taken += length;
        self.position += length as u64;
        Ok(length)
    }
}

/// Nonce and associated data of a chunk.
fn place(number: u64, last: bool) -> ([u8; NONCE_LEN], [u8; 9]) {
    let mut aad = [0; 9];
    aad[..8].copy_from_slice(&number.to_be_bytes());
    aad[8] = u8::from(last);
    let mut nonce = [0; NONCE_LEN];
    nonce[3..].copy_from_slice(&aad);
    (nonce, aad)
}

/// Reads until the buffer is full or the input ends, and gives the count.
fn read_full(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn invalid(error: Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
