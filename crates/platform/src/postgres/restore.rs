//! Reading a dump back, over an ordinary connection: neither psql nor `pg_restore` is needed, and any server version will do.

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::Connection;
use sqlx::Row;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::mpsc;

use super::EmbeddedError;
use super::script::{Piece, Script};
use super::version::check_server_version;

/// How many pieces are read ahead.
const AHEAD: usize = 8;

/// How far a restore has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreProgress {
    /// Bytes of the file that were read.
    pub bytes_read: u64,
    /// Bytes that the file has.
    pub bytes_total: u64,
    /// Rows that the server has.
    pub rows: u64,
}

/// Fills the empty database that `target` names from `file`, which [`super::dump()`] made, in one transaction: all of it or nothing.
/// The roles that the dump mentions must be there. Returns how many rows it had.
pub async fn restore(
    target: &PgConnectOptions,
    file: &Path,
    mut progress: impl FnMut(RestoreProgress),
) -> Result<u64, EmbeddedError> {
    let bytes_total = fs::metadata(file)
        .map_err(EmbeddedError::file("look at", file))?
        .len();
    let mut connection = PgConnection::connect_with(target)
        .await
        .map_err(EmbeddedError::database("log in"))?;
    let major = check_server_version(&connection)?.major();
    refuse_unless_empty(&mut connection).await?;
    let read = Arc::new(AtomicU64::new(0));
    let mut pieces = start_reading(file, Arc::clone(&read))?;

    execute(&mut connection, "BEGIN").await?;
    let mut rows = 0;
    let mut is_complete = false;
    while let Some(piece) = pieces.recv().await {
        match piece.map_err(damaged(file))? {
            Piece::Sql(sql) => execute(&mut connection, &suited(sql, major)).await?,
            Piece::CopyBegin(statement) => {
                rows = copy(
                    &mut connection,
                    &statement,
                    &mut pieces,
                    file,
                    rows,
                    |rows| {
                        progress(RestoreProgress {
                            bytes_read: read.load(Ordering::Relaxed),
                            bytes_total,
                            rows,
                        });
                    },
                )
                .await?;
            }
            Piece::Complete => is_complete = true,
            Piece::Rows { .. } | Piece::CopyEnd => {}
        }
    }
    if !is_complete {
        return Err(damaged(file)(io::Error::other("its end is missing")));
    }
    execute(&mut connection, "COMMIT").await?;
    connection
        .close()
        .await
        .map_err(EmbeddedError::database("close a connection"))?;
    Ok(rows)
}

/// Feeds the rows of one table; `rows` counts on from those before.
async fn copy(
    connection: &mut PgConnection,
    statement: &str,
    pieces: &mut mpsc::Receiver<io::Result<Piece>>,
    file: &Path,
    mut rows: u64,
    mut progress: impl FnMut(u64),
) -> Result<u64, EmbeddedError> {
    let refused = EmbeddedError::database;
    let mut sink = connection
        .copy_in_raw(statement)
        .await
        .map_err(refused("restore a table"))?;
    loop {
        match pieces.recv().await {
            Some(Ok(Piece::Rows { bytes, count })) => {
                sink.send(bytes).await.map_err(refused("restore rows"))?;
                rows += count;
                progress(rows);
            }
            Some(Ok(_)) => {
                sink.finish().await.map_err(refused("restore rows"))?;
                return Ok(rows);
            }
            ended => {
                let error = match ended {
                    Some(Err(error)) => error,
                    _ => io::Error::other("it ends within the rows of a table"),
                };
                // The transaction is lost either way; this ends the copying.
                let _ = sink.abort("the dump is damaged").await;
                return Err(damaged(file)(error));
            }
        }
    }
}

/// Decompresses and cuts up the file on a thread of its own, a few pieces ahead.
fn start_reading(
    file: &Path,
    read: Arc<AtomicU64>,
) -> Result<mpsc::Receiver<io::Result<Piece>>, EmbeddedError> {
    let open = fs::File::open(file).map_err(EmbeddedError::file("open", file))?;
    let decoder = zstd::Decoder::new(Counting { inner: open, read })
        .map_err(EmbeddedError::file("read", file))?;
    let (send, receive) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        for piece in Script::new(BufReader::new(decoder)) {
            let failed = piece.is_err();
            if send.blocking_send(piece).is_err() || failed {
                return;
            }
        }
    });
    Ok(receive)
}

/// Counts what is read from it.
struct Counting<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Leaves out a setting that `pg_dump` 17 and later write and earlier servers do not know.
fn suited(sql: String, major: u32) -> String {
    if major >= 17 {
        sql
    } else {
        sql.replace("\nSET transaction_timeout = 0;\n", "\n")
    }
}

async fn refuse_unless_empty(connection: &mut PgConnection) -> Result<(), EmbeddedError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the text is constant, and the catalogue is not part of the schema that statements are checked against"
    )]
    let row = sqlx::raw_sql(
        "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public'))
             OR EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('public'))",
    )
    .fetch_one(connection)
    .await
    .map_err(EmbeddedError::database("look at the database"))?;
    if row.get(0) {
        return Err(EmbeddedError::NotEmpty);
    }
    Ok(())
}

async fn execute(connection: &mut PgConnection, sql: &str) -> Result<(), EmbeddedError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a dump is made of statements, and whoever may restore one owns the database"
    )]
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map_err(EmbeddedError::database("restore"))?;
    Ok(())
}

fn damaged(file: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = file.to_owned();
    move |error| EmbeddedError::BadDump {
        path,
        reason: error.to_string(),
    }
}
