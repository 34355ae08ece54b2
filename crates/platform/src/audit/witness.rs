//! Checkpoints kept outside the database, in one append-only file a company.
//!
//! A line says which hash the chain had at an entry. It is keyed by the witness key, which the database does not hold,
//! and names the SHA-256 of the line before, so that lines cannot be edited, exchanged or taken out. Because that hash
//! covers whole lines, a line under the present key also vouches for older ones whose key has been retired.
//!
//! Lines taken off the end leave no trace in the file itself. They are found by whatever else remembers how far the
//! witness had come: a second copy, the header of an export, or the database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use contracts::CompanyId;
use hmac::Mac as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::{EntryHash, finish};
use crate::crypto::mac;
use crate::keys::VersionedKeys;

/// No line is longer; it takes about 370 bytes.
const LONGEST_LINE: u64 = 1024;

/// The state of a chain at one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The tenant.
    pub company: CompanyId,
    /// The entry.
    pub seq: i64,
    /// Its hash.
    pub hash: EntryHash,
    /// When the checkpoint was taken.
    pub at: Timestamp,
}

/// What is wrong with the witness's file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file or its folder could not be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A line is not as it was written, or does not follow the one before. Lines count from 1.
    #[error("line {line} of the witness file is not as it was written")]
    Altered {
        /// The first such line.
        line: u64,
    },
    /// The last line is not as it was written.
    #[error("the end of the witness file is not as it was written")]
    AlteredEnd,
    /// Lines from here to the end need a root key that is not at hand.
    #[error("line {line} of the witness file needs root key v{version}")]
    UnknownKey {
        /// The first such line.
        line: u64,
        /// The version it needs.
        version: u32,
    },
    /// The file ends earlier than it is known to have come.
    #[error("the witness file ends at entry {found}, but had come to entry {known}")]
    Behind {
        /// The last entry in the file; 0 when there is none.
        found: i64,
        /// The entry it is known to have reached.
        known: i64,
    },
    /// Two copies of the file say different things.
    #[error("two copies of the witness file differ at line {line}")]
    Differ {
        /// The first line that differs.
        line: u64,
    },
    /// The chain offered is not the one witnessed so far: the database was rolled back or rewritten.
    #[error("the chain at entry {seq} contradicts the witness, which has entry {witnessed}")]
    Contradiction {
        /// The entry offered.
        seq: i64,
        /// The last entry witnessed.
        witnessed: i64,
    },
}

/// What appending did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The checkpoint is in the file, on disk.
    Written,
    /// It was there already.
    Known,
}

/// A folder with the checkpoints of all companies.
#[derive(Debug, Clone)]
pub struct Witness {
    folder: PathBuf,
    keys: VersionedKeys,
}

/// The checkpoints of one company, each checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessLog {
    /// Ascending by entry.
    pub checkpoints: Vec<Checkpoint>,
    /// Whether an unfinished line stands at the end, as a crash leaves it. It counts for nothing.
    pub torn: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    company: CompanyId,
    seq: i64,
    hash: EntryHash,
    at: Timestamp,
    /// Version of the witness key.
    key: u32,
    /// SHA-256 of the line before, without its line break.
    previous: EntryHash,
    mac: EntryHash,
}

impl Witness {
    /// The witness in this folder, which is made when the first checkpoint is written.
    #[must_use]
    pub fn new(folder: PathBuf, keys: VersionedKeys) -> Self {
        Self { folder, keys }
    }

    /// The file of a company.
    #[must_use]
    pub fn path(&self, company: CompanyId) -> PathBuf {
        self.folder.join(format!("{company}.jsonl"))
    }

    /// Adds a checkpoint; it is on disk when this returns.
    ///
    /// Refuses one that contradicts the last: the same entry with another hash, or an earlier entry.
    pub fn append(&self, checkpoint: &Checkpoint) -> Result<Appended, Error> {
        let path = self.path(checkpoint.company);
        let failed = |source| Error::Io {
            action: "write",
            path: path.clone(),
            source,
        };
        let file = self.open(&path).map_err(failed)?;
        // Several processes may share the folder; the lock goes with the file handle.
        file.lock().map_err(failed)?;
        let (last, end) = last_line(&file).map_err(failed)?;
        let previous = match &last {
            None => beginning(checkpoint.company),
            Some(bytes) => {
                let line = Line::parse(checkpoint.company, bytes).ok_or(Error::AlteredEnd)?;
                if self.check(&line) != Some(true) {
                    return Err(Error::AlteredEnd);
                }
                if line.seq == checkpoint.seq && line.hash == checkpoint.hash {
                    return Ok(Appended::Known);
                }
                if line.seq >= checkpoint.seq {
                    return Err(Error::Contradiction {
                        seq: checkpoint.seq,
                        witnessed: line.seq,
                    });
                }
                digest(bytes)
            }
        };
        if file.metadata().map_err(failed)?.len() > end {
            // What a crash left of a line was never acknowledged.
            file.set_len(end).map_err(failed)?;
        }
        let line = self.line(checkpoint, previous).map_err(failed)?;
        (&file)
            .write_all(&line)
            .and_then(|()| file.sync_data())
            .map_err(failed)?;
        Ok(Appended::Written)
    }

    /// Reads and checks all checkpoints of a company; none when there is no file.
    pub fn read(&self, company: CompanyId) -> Result<WitnessLog, Error> {
        let path = self.path(company);
        let failed = |source| Error::Io {
            action: "read",
            path: path.clone(),
            source,
        };
        match File::open(&path) {
            Ok(file) => self.read_lines(company, BufReader::new(file), failed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(WitnessLog {
                checkpoints: Vec::new(),
                torn: false,
            }),
            Err(error) => Err(failed(error)),
        }
    }

    fn read_lines(
        &self,
        company: CompanyId,
        mut lines: impl BufRead,
        failed: impl Fn(io::Error) -> Error,
    ) -> Result<WitnessLog, Error> {
        let mut log = WitnessLog {
            checkpoints: Vec::new(),
            torn: false,
        };
        let (mut previous, mut number, mut unchecked) = (beginning(company), 0, None);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            io::Read::take(&mut lines, LONGEST_LINE)
                .read_until(b'\n', &mut bytes)
                .map_err(&failed)?;
            number += 1;
            let cut = bytes.len() as u64 == LONGEST_LINE;
            if bytes.pop_if(|last| *last == b'\n').is_none() && !cut {
                log.torn = !bytes.is_empty();
                break;
            }
            let line = Line::parse(company, &bytes).ok_or(Error::Altered { line: number })?;
            let known = self.check(&line);
            if known == Some(false) || line.previous != previous || line.seq <= log.last_seq() {
                return Err(Error::Altered { line: number });
            }
            unchecked = match known {
                None => unchecked.or(Some(Error::UnknownKey {
                    line: number,
                    version: line.key,
                })),
                Some(_) => None,
            };
            previous = digest(&bytes);
            log.checkpoints.push(line.checkpoint());
        }
        unchecked.map_or(Ok(log), Err)
    }

    /// Whether the line's MAC is right; `None` without its key.
    fn check(&self, line: &Line) -> Option<bool> {
        let key = self.keys.get(line.key)?;
        Some(sign(key, &line.checkpoint(), line.key, &line.previous).matches(&line.mac))
    }

    fn line(&self, checkpoint: &Checkpoint, previous: EntryHash) -> io::Result<Vec<u8>> {
        let Checkpoint {
            company,
            seq,
            hash,
            at,
        } = *checkpoint;
        let (version, key) = self.keys.active();
        let mac = sign(key, checkpoint, version, &previous);
        let mut line = serde_json::to_vec(&Line {
            company,
            seq,
            hash,
            at,
            key: version,
            previous,
            mac,
        })?;
        line.push(b'\n');
        Ok(line)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).mode(0o600);
        match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&self.folder)?;
                let file = options.create(true).open(path)?;
                File::open(&self.folder)?.sync_all()?;
                Ok(file)
            }
            opened => opened,
        }
    }
}

impl WitnessLog {
    /// The last entry witnessed; 0 when there is none.
    #[must_use]
    pub fn last_seq(&self) -> i64 {
        self.checkpoints.last().map_or(0, |last| last.seq)
    }

    /// Checks that the file has not lost its end, given an entry it is known to have reached.
    pub fn reaches(&self, known: i64) -> Result<(), Error> {
        let found = self.last_seq();
        if found < known {
            Err(Error::Behind { found, known })
        } else {
            Ok(())
        }
    }

    /// Checks this copy against another: neither may differ, and this one may not be the shorter.
    pub fn agrees_with(&self, other: &Self) -> Result<(), Error> {
        let same = self
            .checkpoints
            .iter()
            .zip(&other.checkpoints)
            .take_while(|(ours, theirs)| ours == theirs)
            .count();
        if same < self.checkpoints.len().min(other.checkpoints.len()) {
            return Err(Error::Differ {
                line: same as u64 + 1,
            });
        }
        self.reaches(other.last_seq())
    }
}

impl Line {
    fn parse(company: CompanyId, bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes)
            .ok()
            .filter(|line: &Self| line.company == company)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            company: self.company,
            seq: self.seq,
            hash: self.hash,
            at: self.at,
        }
    }
}

pub(super) fn sign(
    key: &crate::crypto::Key,
    checkpoint: &Checkpoint,
    version: u32,
    previous: &EntryHash,
) -> EntryHash {
    finish(
        mac(key.expose())
            .chain_update(b"attest/witness/1")
            .chain_update(checkpoint.company.uuid().as_bytes())
            .chain_update(checkpoint.seq.to_be_bytes())
            .chain_update(checkpoint.hash.0)
            .chain_update(checkpoint.at.as_microsecond().to_be_bytes())
            .chain_update(version.to_be_bytes())
            .chain_update(previous.0),
    )
}

/// What the first line of a company follows.
fn beginning(company: CompanyId) -> EntryHash {
    digest(&[b"attest/witness/1", &company.uuid().as_bytes()[..]].concat())
}

pub(super) fn digest(bytes: &[u8]) -> EntryHash {
    EntryHash(Sha256::digest(bytes).into())
}

/// The last whole line without its line break, and where the next one begins.
fn last_line(file: &File) -> io::Result<(Option<Vec<u8>>, u64)> {
    let length = file.metadata()?.len();
    // Room for one whole line and an unfinished one.
    let start = length.saturating_sub(2 * LONGEST_LINE);
    let mut tail = vec![0; usize::try_from(length - start).map_err(io::Error::other)?];
    file.read_exact_at(&mut tail, start)?;
    let Some(end) = tail.iter().rposition(|&byte| byte == b'\n') else {
        return if start == 0 {
            Ok((None, 0))
        } else {
            Ok((Some(Vec::new()), length))
        };
    };
    let begin = tail[..end]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |before| before + 1);
    Ok((Some(tail[begin..end].to_vec()), start + end as u64 + 1))
}
