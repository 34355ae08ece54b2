//! Hands checkpoints of every company's audit chain to the witness, outside the database.

use std::collections::HashMap;
use std::time::Duration;

use contracts::CompanyId;
use platform::Db;
use platform::audit::heads;
use platform::audit::witness::{Checkpoint, Witness};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::system::System;

/// The longest an entry waits for its checkpoint.
const INTERVAL: Duration = Duration::from_secs(1);

/// The witness of this installation.
pub(crate) fn witness_of(system: &System) -> Witness {
    Witness::new(
        system.settings.audit.witness_dir.clone(),
        system.keyring.witness_keys(),
    )
}

/// Starts the task that looks once a second for chains that have grown.
pub(crate) fn spawn(system: &System, tasks: &TaskTracker, stop: &CancellationToken) {
    let (db, witness, stop) = (system.db.clone(), witness_of(system), stop.clone());
    tasks.spawn(async move {
        let mut seen = HashMap::new();
        loop {
            let last = stop.is_cancelled();
            if let Err(error) = checkpoint(&db, &witness, &mut seen).await {
                tracing::error!(error = %error, "The audit log's checkpoints could not be witnessed");
            }
            if last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = stop.cancelled() => {}
            }
        }
    });
}

/// Witnesses every chain that has grown since it was last seen.
pub(crate) async fn checkpoint(
    db: &Db,
    witness: &Witness,
    seen: &mut HashMap<CompanyId, i64>,
) -> anyhow::Result<()> {
    for head in heads(db).await? {
        if seen.get(&head.company).is_some_and(|seq| *seq >= head.seq) {
            continue;
        }
        let checkpoint = Checkpoint {
            company: head.company,
            seq: head.seq,
            hash: head.hash,
            at: db.clock().now(),
        };
        let witness = witness.clone();
        tokio::task::spawn_blocking(move || witness.append(&checkpoint)).await??;
        seen.insert(head.company, head.seq);
    }
    Ok(())
}
