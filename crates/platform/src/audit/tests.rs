mod chain;
mod export;
mod tamper;
mod witness;

use contracts::CompanyId;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;
use uuid::Uuid;

use super::chain::*;
use super::verify::*;
use super::witness::*;
use crate::crypto::{CompanyKeys, Key};
use crate::keys::Keyring;

const COMPANY: CompanyId =
    CompanyId::new(Uuid::from_u128(0x0192_f000_0000_7000_8000_0000_0000_0001));
const OTHER_COMPANY: CompanyId =
    CompanyId::new(Uuid::from_u128(0x0192_f000_0000_7000_8000_0000_0000_0009));

type Chained = (AuditEntry, EntryHash);

/// The key 40 41 42 … 5f.
fn audit_key() -> Key {
    let bytes: Vec<u8> = (0x40..0x60).collect();
    Key::from_slice(&bytes).unwrap()
}

fn key() -> ChainKey {
    ChainKey::new(&audit_key())
}

/// That many microseconds after the beginning of 2026.
fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(1_767_225_600_000_000 + micros).unwrap()
}

/// Some plausible entry; the same seed gives the same one.
fn entry(company: CompanyId, seq: i64, random: &mut StdRng) -> AuditEntry {
    const ACTIONS: [&str; 4] = [
        "import.commit",
        "user.invite",
        "report.export",
        "profile.update",
    ];
    AuditEntry {
        seq,
        company,
        at: moment(random.random_range(0..1_000_000_000_000)),
        actor: format!("user:usr_{:x}", random.random::<u64>()),
        action: ACTIONS[random.random_range(0..ACTIONS.len())].to_owned(),
        resource_kind: "import".to_owned(),
        resource_id: format!("imp_{:x}", random.random::<u64>()),
        request_id: Uuid::from_u128(random.random()),
        outcome: "success".to_owned(),
        details: format!(
            "{{\"note\":\"Bodø\",\"rows\":{}}}",
            random.random_range(0..10_000)
        ),
    }
}

/// Chains entries under a key, from the beginning.
fn chained(key: &ChainKey, entries: impl IntoIterator<Item = AuditEntry>) -> Vec<Chained> {
    let mut log: Vec<Chained> = Vec::new();
    for entry in entries {
        let previous = log
            .last()
            .map_or_else(|| genesis_hash(entry.company), |last| last.1);
        let hash = key.hash(&previous, &entry);
        log.push((entry, hash));
    }
    log
}

/// A log of this length from this seed.
fn log(length: i64, seed: u64) -> Vec<Chained> {
    let mut random = StdRng::seed_from_u64(seed);
    let entries: Vec<_> = (1..=length)
        .map(|seq| entry(COMPANY, seq, &mut random))
        .collect();
    chained(&key(), entries)
}

/// What the witness saw of a log: every tenth entry, one second after it.
fn checkpoints(log: &[Chained]) -> Vec<Checkpoint> {
    log.iter()
        .filter(|(entry, _)| entry.seq % 10 == 0)
        .map(checkpoint)
        .collect()
}

fn checkpoint((entry, hash): &Chained) -> Checkpoint {
    Checkpoint {
        company: entry.company,
        seq: entry.seq,
        hash: *hash,
        at: entry.at + SignedDuration::from_secs(1),
    }
}

fn keyring(folder: &TempDir) -> Keyring {
    Keyring::create(&folder.path().join("keys/root.json")).unwrap()
}

fn witness_in(folder: &TempDir, keyring: &Keyring) -> Witness {
    Witness::new(folder.path().join("witness"), keyring.witness_keys())
}
