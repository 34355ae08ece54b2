//! Walking a chain entry by entry, and naming the first one that is not as it was written.

use std::collections::VecDeque;

use contracts::CompanyId;

use super::chain::{AuditEntry, ChainKey, EntryHash, genesis_hash};
use super::witness::Checkpoint;

/// A chain that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many entries there are.
    pub count: u64,
    /// The last entry; 0 when there is none.
    pub last_seq: i64,
    /// Its hash; the genesis hash when there is none.
    pub last_hash: EntryHash,
    /// Up to here the witness vouches for the chain. What follows is vouched for by the audit key alone.
    pub anchored_seq: i64,
}

/// The first entry that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} {kind}")]
pub struct Tamper {
    /// Its place in the chain.
    pub seq: i64,
    /// What is wrong there.
    pub kind: TamperKind,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TamperKind {
    /// A field, the stored hash, or the entry before is not what was written.
    #[error("does not match its hash")]
    Altered,
    /// Entries are left out here.
    #[error("is missing: entry {next} follows")]
    Missing {
        /// The entry found instead.
        next: i64,
    },
    /// An entry of an earlier place stands here.
    #[error("is preceded by a second entry {found}")]
    Repeated {
        /// The place that entry claims.
        found: i64,
    },
    /// The entry of another tenant stands here.
    #[error("belongs to another company")]
    Foreign,
    /// The chain ends before a checkpoint of the witness.
    #[error("is missing at the end: the witness has seen entry {witnessed}")]
    TailMissing {
        /// The last checkpoint behind the end.
        witnessed: i64,
    },
    /// The chain is sound in itself but not the one that the witness saw; at the latest entry `witnessed` differs.
    #[error("or one up to {witnessed} was written anew: the witness saw another")]
    Rewritten {
        /// The first checkpoint that differs.
        witnessed: i64,
    },
    /// The entry cannot be read at all.
    #[error("cannot be read")]
    Unreadable,
}

/// A chain under verification, fed in ascending order. For sources that are not iterators; see [`verify`].
#[derive(Debug)]
pub struct Verifier<'a> {
    company: CompanyId,
    key: &'a ChainKey,
    /// Ascending; the flag says whether the chain must reach this far.
    checkpoints: VecDeque<(Checkpoint, bool)>,
    state: Verified,
}

impl<'a> Verifier<'a> {
    /// Begins with the first entry of a company. The chain must reach every one of these checkpoints.
    ///
    /// Read the checkpoints before the entries: one that is written in between would look like a missing tail.
    pub fn new(
        company: CompanyId,
        key: &'a ChainKey,
        checkpoints: impl IntoIterator<Item = Checkpoint>,
    ) -> Self {
        let checkpoints = checkpoints.into_iter().map(|checkpoint| (checkpoint, true));
        Self::with(company, key, checkpoints)
    }

    /// As [`Verifier::new`]; the chain may end before checkpoints that come with `false`.
    pub fn with(
        company: CompanyId,
        key: &'a ChainKey,
        checkpoints: impl IntoIterator<Item = (Checkpoint, bool)>,
    ) -> Self {
        let mut checkpoints: Vec<_> = checkpoints
            .into_iter()
            .filter(|(seen, _)| seen.company == company)
            .collect();
        checkpoints.sort_by_key(|(seen, _)| seen.seq);
        let state = Verified {
            count: 0,
            last_seq: 0,
            last_hash: genesis_hash(company),
            anchored_seq: 0,
        };
        Self {
            company,
            key,
            checkpoints: checkpoints.into(),
            state,
        }
    }

    /// The place that the next entry must have.
    #[must_use]
    pub fn next_seq(&self) -> i64 {
        self.state.last_seq + 1
    }

    /// Checks the next entry against all before it.
    pub fn push(&mut self, entry: &AuditEntry, hash: &EntryHash) -> Result<(), Tamper> {
        let expected = self.next_seq();
        if entry.company != self.company {
            return Err(Tamper {
                seq: expected,
                kind: TamperKind::Foreign,
            });
        }
        if entry.seq > expected {
            return Err(Tamper {
                seq: expected,
                kind: TamperKind::Missing { next: entry.seq },
            });
        }
        if entry.seq < expected {
            return Err(Tamper {
                seq: expected,
                kind: TamperKind::Repeated { found: entry.seq },
            });
        }
        if !self.key.hash(&self.state.last_hash, entry).matches(hash) {
            return Err(Tamper {
                seq: expected,
                kind: TamperKind::Altered,
            });
        }
        self.state.last_seq = expected;
        self.state.last_hash = *hash;
        self.state.count += 1;
        self.compare()
    }

    /// Checks that the chain reaches as far as the witness saw.
    pub fn finish(self) -> Result<Verified, Tamper> {
        let beyond = self
            .checkpoints
            .iter()
            .rev()
            .find(|(seen, required)| *required && seen.seq > self.state.last_seq);
        match beyond {
            Some((seen, _)) => Err(Tamper {
                seq: self.next_seq(),
                kind: TamperKind::TailMissing {
                    witnessed: seen.seq,
                },
            }),
            None => Ok(self.state),
        }
    }

    /// Compares the entry just reached with the checkpoints of its place.
    fn compare(&mut self) -> Result<(), Tamper> {
        while let Some((seen, _)) = self.checkpoints.front() {
            if seen.seq > self.state.last_seq {
                break;
            }
            if seen.seq == self.state.last_seq {
                if !seen.hash.matches(&self.state.last_hash) {
                    let kind = TamperKind::Rewritten {
                        witnessed: seen.seq,
                    };
                    return Err(Tamper {
                        seq: self.state.anchored_seq + 1,
                        kind,
                    });
                }
                self.state.anchored_seq = seen.seq;
            }
            self.checkpoints.pop_front();
        }
        Ok(())
    }
}

/// Verifies a whole chain, given in ascending order, against the checkpoints of the witness.
pub fn verify(
    company: CompanyId,
    entries: impl IntoIterator<Item = (AuditEntry, EntryHash)>,
    key: &ChainKey,
    checkpoints: &[Checkpoint],
) -> Result<Verified, Tamper> {
    let mut verifier = Verifier::new(company, key, checkpoints.iter().copied());
    for (entry, hash) in entries {
        verifier.push(&entry, &hash)?;
    }
    verifier.finish()
}
