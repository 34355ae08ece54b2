//! The bytes of an upload, unpacked where they are gzip, within caps.

use std::io::{self, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::file_error::FileError;
use super::limits::Limits;

const GZIP: &[u8] = &[0x1f, 0x8b];
/// Unpacked bytes before the ratio is looked at: small files of many equal cells pack very well.
const RATIO_FROM: u64 = 1 << 20;
/// Packed bytes that may be read beyond twice the unpacked ones; gzip hardly ever makes data larger.
const PACKED_AHEAD: u64 = 1 << 20;
/// Formats people upload by mistake, by their first bytes.
const OTHER_FORMATS: [(&[u8], &str); 5] = [
    (&[0xd0, 0xcf, 0x11, 0xe0], "an old Excel workbook"),
    (b"%PDF", "a PDF document"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "an xz archive"),
];

type Replayed<R> = Chain<Cursor<Vec<u8>>, R>;

/// Unpacked bytes of a file that may be gzip; refuses bombs and other formats.
pub(crate) struct Unpacked<R: Read> {
    inner: Inner<R>,
    limits: Limits,
    produced: u64,
}

enum Inner<R: Read> {
    Plain(Replayed<R>),
    Gzip(Box<MultiGzDecoder<Counted<Replayed<R>>>>),
    Memory(Cursor<Vec<u8>>),
}

/// Counts packed bytes, and stops a stream of empty members, which the decoder would follow without end in one call.
struct Counted<R> {
    inner: R,
    count: u64,
    allowed: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.count > self.allowed {
            let message = "far more packed than unpacked bytes";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let n = self.inner.read(buf)?;
        self.count += n as u64;
        Ok(n)
    }
}

impl<R: Read> Unpacked<R> {
    /// Looks at the first two bytes and decides whether to unpack.
    pub(crate) fn open(mut source: R, limits: Limits) -> Result<Self, FileError> {
        let mut magic = Vec::with_capacity(GZIP.len());
        source
            .by_ref()
            .take(GZIP.len() as u64)
            .read_to_end(&mut magic)
            .map_err(FileError::Read)?;
        let packed = magic == GZIP;
        let replayed = Cursor::new(magic).chain(source);
        let inner = if packed {
            Inner::Gzip(Box::new(MultiGzDecoder::new(Counted {
                inner: replayed,
                count: 0,
                allowed: PACKED_AHEAD,
            })))
        } else {
            Inner::Plain(replayed)
        };
        Ok(Self {
            inner,
            limits,
            produced: 0,
        })
    }

    /// Bytes that are unpacked already.
    pub(crate) fn of_memory(bytes: Vec<u8>, limits: Limits) -> Self {
        Self {
            inner: Inner::Memory(Cursor::new(bytes)),
            limits,
            produced: 0,
        }
    }

    /// Whether the file came as gzip.
    pub(crate) fn is_gzip(&self) -> bool {
        matches!(self.inner, Inner::Gzip(_))
    }

    /// All that is left behind `first`; none if it is more than `cap` bytes together.
    pub(crate) fn read_all(
        &mut self,
        first: Vec<u8>,
        cap: usize,
    ) -> Result<Option<Vec<u8>>, FileError> {
        const STEP: usize = 64 << 10;
        let mut all = first;
        loop {
            let before = all.len();
            all.resize(before + STEP, 0);
            let n = self.fill(&mut all[before..])?;
            all.truncate(before + n);
            if all.len() > cap {
                return Ok(None);
            }
            if n < STEP {
                return Ok(Some(all));
            }
        }
    }

    /// Bytes produced so far.
    pub(crate) fn produced(&self) -> u64 {
        self.produced
    }

    /// Fills `buf` as far as the file reaches; fewer bytes than asked means the end.
    pub(crate) fn fill(&mut self, buf: &mut [u8]) -> Result<usize, FileError> {
        let mut filled = 0;
        while filled < buf.len() {
            let n = self.read_some(&mut buf[filled..])?;
            if n == 0 {
                break;
            }
            filled += n;
        }
        Ok(filled)
    }

    fn read_some(&mut self, buf: &mut [u8]) -> Result<usize, FileError> {
        let n = loop {
            let outcome = match &mut self.inner {
                Inner::Plain(source) => source.read(buf).map_err(FileError::Read),
                Inner::Memory(source) => source.read(buf).map_err(FileError::Read),
                Inner::Gzip(source) => {
                    source.get_mut().allowed = self.produced * 2 + PACKED_AHEAD;
                    source.read(buf).map_err(gzip_error)
                }
            };
            match outcome {
                Err(FileError::Read(e)) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.produced += n as u64;
        self.check_caps()?;
        Ok(n)
    }

    fn check_caps(&self) -> Result<(), FileError> {
        let limit = self.limits.max_bytes;
        if self.produced > limit {
            return Err(FileError::TooLarge { limit });
        }
        if let Inner::Gzip(source) = &self.inner {
            let consumed = source.get_ref().count;
            let ratio = self.limits.max_gzip_ratio;
            if self.produced > RATIO_FROM && self.produced > consumed.saturating_mul(ratio) {
                return Err(FileError::GzipBomb { ratio });
            }
        }
        Ok(())
    }
}

/// Refuses what the first unpacked bytes show to be another format, or packed twice.
pub(crate) fn refuse_other_formats(first: &[u8]) -> Result<(), FileError> {
    if first.starts_with(GZIP) {
        return Err(FileError::GzipNested);
    }
    match OTHER_FORMATS
        .iter()
        .find(|(magic, _)| first.starts_with(magic))
    {
        Some((_, found)) => Err(FileError::NotCsv { found }),
        None => Ok(()),
    }
}

fn gzip_error(error: io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            FileError::GzipBroken(error)
        }
        _ => FileError::Read(error),
    }
}
