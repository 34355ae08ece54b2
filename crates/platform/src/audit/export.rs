//! A company's audit log as a file that can be verified elsewhere, without the database.
//!
//! JSON lines: one `header`, one `entry` after another, one `end`. The header holds the company's audit key wrapped by
//! a root key, so that whoever has the keyring needs nothing else. The end holds a keyed hash over header and count,
//! so that a file cut short is found even without the witness.

use std::io::{self, BufRead, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contracts::CompanyId;
use hmac::Mac as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::chain::{AuditEntry, ChainKey, EntryHash, finish, genesis_hash};
use super::verify::{Tamper, TamperKind, Verified, Verifier};
use super::witness::{self, Checkpoint, Witness, WitnessLog};
use crate::crypto::KeyKind;
use crate::keys::{self, Keyring, WrappedKey};

const FORMAT: u32 = 1;

/// Longest line read, in bytes; keeps a hostile file from filling the memory.
const LONGEST_LINE: u64 = 16 << 20;

/// Clocks of several machines may differ by this much.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// What an export says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportHeader {
    /// The tenant.
    pub company: CompanyId,
    /// When, read before the entries were.
    pub exported_at: Timestamp,
    /// The company's audit key, wrapped by a root key.
    pub audit_key: WrappedKey,
    /// The last checkpoint of the witness, read before the entries were.
    pub checkpoint: Option<Checkpoint>,
}

/// What is wrong with an export.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("cannot read the export")]
    Read(#[source] io::Error),
    /// The first line is not the header of an audit export.
    #[error("this is not an audit export: {0}")]
    Header(&'static str),
    /// The audit key does not open with this keyring.
    #[error("the audit key of the export does not open with these root keys")]
    AuditKey(#[source] keys::Error),
    /// The witness's file is missing an end or was altered.
    #[error(transparent)]
    Witness(#[from] witness::Error),
    /// An entry is not as it was written.
    #[error(transparent)]
    Tampered(#[from] Tamper),
    /// The entries are sound, but the file ends too early, or its header or end was changed.
    #[error(
        "the export is not whole: its end does not vouch for its header and its {count} entries"
    )]
    NotWhole {
        /// How many sound entries were read.
        count: u64,
    },
}

/// What a sound export contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The tenant.
    pub company: CompanyId,
    /// When it was made.
    pub exported_at: Timestamp,
    /// The chain.
    pub verified: Verified,
    /// The last entry that the witness has seen since, or before; `None` when no witness was asked.
    pub witnessed_seq: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Header(HeaderLine),
    Entry(EntryLine),
    End(EndLine),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    format: u32,
    company: CompanyId,
    exported_at: Timestamp,
    root_version: u32,
    /// Base64.
    audit_key: String,
    checkpoint: Option<Checkpoint>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    seq: i64,
    at: Timestamp,
    actor: String,
    action: String,
    resource_kind: String,
    resource_id: String,
    request_id: Uuid,
    outcome: String,
    details: String,
    hash: EntryHash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    count: u64,
    last_hash: EntryHash,
    mac: EntryHash,
}

/// Writes an export.
pub struct Exporter<'a, W> {
    out: W,
    key: &'a ChainKey,
    header: [u8; 32],
    count: u64,
    last_hash: EntryHash,
}

impl<'a, W: Write> Exporter<'a, W> {
    /// Begins with the header. `key` is the audit key that the header wraps.
    pub fn new(mut out: W, header: &ExportHeader, key: &'a ChainKey) -> io::Result<Self> {
        let line = write_line(
            &mut out,
            &Line::Header(HeaderLine {
                format: FORMAT,
                company: header.company,
                exported_at: header.exported_at,
                root_version: header.audit_key.root_version,
                audit_key: STANDARD.encode(&header.audit_key.wrapped),
                checkpoint: header.checkpoint,
            }),
        )?;
        let last_hash = genesis_hash(header.company);
        Ok(Self {
            out,
            key,
            header: Sha256::digest(&line).into(),
            count: 0,
            last_hash,
        })
    }

    /// The next entry, in ascending order.
    pub fn entry(&mut self, entry: AuditEntry, hash: EntryHash) -> io::Result<()> {
        let AuditEntry {
            seq,
            at,
            actor,
            action,
            resource_kind,
            resource_id,
            request_id,
            outcome,
            details,
            ..
        } = entry;
        let line = EntryLine {
            seq,
            at,
            actor,
            action,
            resource_kind,
            resource_id,
            request_id,
            outcome,
            details,
            hash,
        };
        write_line(&mut self.out, &Line::Entry(line))?;
        self.count += 1;
        self.last_hash = hash;
        Ok(())
    }

    /// Ends the file and gives the writer back, flushed.
    pub fn finish(mut self) -> io::Result<W> {
        let (count, last_hash) = (self.count, self.last_hash);
        let mac = end_mac(self.key, &self.header, count, &last_hash);
        write_line(
            &mut self.out,
            &Line::End(EndLine {
                count,
                last_hash,
                mac,
            }),
        )?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Verifies an export line by line, with the root keys and, if there is one, the witness.
///
/// An export may be older than the witness. It must reach the checkpoint of its header and those taken a minute or
/// more before it was made; later ones are compared where it has their entries.
pub fn verify_export(
    input: impl BufRead,
    keyring: &Keyring,
    witness: Option<&Witness>,
) -> Result<Report, Error> {
    let mut lines = Lines {
        input,
        buffer: Vec::new(),
    };
    let (header, header_hash) = read_header(&mut lines)?;
    let audit = keyring
        .unwrap_company_key(header.company.uuid(), &header.audit_key)
        .map_err(Error::AuditKey)?;
    let key = ChainKey::new(&audit);
    let log = witness
        .map(|witness| read_witness(witness, &header))
        .transpose()?;
    let mut verifier = Verifier::with(header.company, &key, checkpoints(&header, log.as_ref()));
    let end = loop {
        let unreadable = Tamper {
            seq: verifier.next_seq(),
            kind: TamperKind::Unreadable,
        };
        match lines.next()? {
            // Only whole microseconds are hashed, so nothing finer may stand in the file.
            Some(Ok(Line::Entry(line))) if line.at.subsec_nanosecond() % 1000 == 0 => {
                let (entry, hash) = line.into_entry(header.company);
                verifier.push(&entry, &hash)?;
            }
            Some(Ok(Line::End(end))) => break Some(end),
            Some(Ok(Line::Entry(_) | Line::Header(_)) | Err(Malformed)) => {
                return Err(unreadable.into());
            }
            None => break None,
        }
    };
    let chain = verifier.finish()?;
    let vouches = end.is_some_and(|end| {
        end.count == chain.count
            && end.last_hash == chain.last_hash
            && end_mac(&key, &header_hash, chain.count, &chain.last_hash).matches(&end.mac)
    });
    if !vouches || lines.next()?.is_some() {
        return Err(Error::NotWhole { count: chain.count });
    }
    let witnessed_seq = log.map(|log| log.last_seq());
    Ok(Report {
        company: header.company,
        exported_at: header.exported_at,
        verified: chain,
        witnessed_seq,
    })
}

fn read_header<R: BufRead>(lines: &mut Lines<R>) -> Result<(ExportHeader, [u8; 32]), Error> {
    let Some(Ok(Line::Header(line))) = lines.next()? else {
        return Err(Error::Header("its first line is no header"));
    };
    if line.format != FORMAT {
        return Err(Error::Header("it was written by a later version"));
    }
    let wrapped = STANDARD
        .decode(&line.audit_key)
        .map_err(|_| Error::Header("its audit key is not base64"))?;
    let audit_key = WrappedKey {
        kind: KeyKind::CompanyAudit,
        version: 1,
        root_version: line.root_version,
        wrapped,
    };
    let HeaderLine {
        company,
        exported_at,
        checkpoint,
        ..
    } = line;
    Ok((
        ExportHeader {
            company,
            exported_at,
            audit_key,
            checkpoint,
        },
        lines.digest(),
    ))
}

/// The witness's checkpoints, which must reach as far as the export saw them.
fn read_witness(witness: &Witness, header: &ExportHeader) -> Result<WitnessLog, Error> {
    let log = witness.read(header.company)?;
    log.reaches(header.checkpoint.map_or(0, |seen| seen.seq))?;
    Ok(log)
}

fn checkpoints(header: &ExportHeader, log: Option<&WitnessLog>) -> Vec<(Checkpoint, bool)> {
    let seen = log.into_iter().flat_map(|log| &log.checkpoints);
    seen.map(|seen| {
        (
            *seen,
            header.exported_at.duration_since(seen.at) > CLOCK_SKEW,
        )
    })
    .chain(header.checkpoint.map(|seen| (seen, true)))
    .collect()
}

fn end_mac(key: &ChainKey, header: &[u8; 32], count: u64, last_hash: &EntryHash) -> EntryHash {
    let mac = key.begin(b"attest/audit/export/1").chain_update(header);
    finish(
        mac.chain_update(count.to_be_bytes())
            .chain_update(last_hash.0),
    )
}

fn write_line(out: &mut impl Write, line: &Line) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    out.write_all(&bytes)?;
    bytes.pop();
    Ok(bytes)
}

impl EntryLine {
    fn into_entry(self, company: CompanyId) -> (AuditEntry, EntryHash) {
        let Self {
            seq,
            at,
            actor,
            action,
            resource_kind,
            resource_id,
            request_id,
            outcome,
            details,
            hash,
        } = self;
        let entry = AuditEntry {
            seq,
            company,
            at,
            actor,
            action,
            resource_kind,
            resource_id,
            request_id,
            outcome,
            details,
        };
        (entry, hash)
    }
}

struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
}

struct Malformed;

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<Result<Line, Malformed>>, Error> {
        self.buffer.clear();
        let count = (&mut self.input)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut self.buffer)
            .map_err(Error::Read)?;
        if count == 0 {
            return Ok(None);
        }
        // Copying a file between systems may turn its line ends; that changes nothing it says.
        while self
            .buffer
            .pop_if(|last| matches!(last, b'\n' | b'\r'))
            .is_some()
        {}
        Ok(Some(
            serde_json::from_slice(&self.buffer).map_err(|_| Malformed),
        ))
    }

    /// SHA-256 of the line just read.
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.buffer).into()
    }
}
