//! The error file of an import as a download, written while it is read.

use std::io::{self, Write};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contracts::ImportId;
use futures_util::stream;
use http::header;
use platform::{Db, TenantGrant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::rejection::RejectedRow;
use super::summary::{ImportSummary, list_rejected_rows};
use crate::sheet::error_file::ErrorFile;
use crate::sheet::header::Header;
use crate::sheet::record::Record;

/// Refused rows read at a time.
const PAGE: u32 = 200;
const WAITING_CHUNKS: usize = 4;
const CHUNK: usize = 32 << 10;

/// The download. An error on the way cuts it off, so that nobody takes a part for the whole.
pub(crate) fn error_file(db: &Db, grant: TenantGrant, import: ImportSummary) -> Response {
    let (sender, chunks) = mpsc::channel::<io::Result<Bytes>>(WAITING_CHUNKS);
    let (db, runtime) = (db.clone(), Handle::current());
    let name = file_name(&import.file_name);
    tokio::task::spawn_blocking(move || {
        let out = ChunkWriter {
            sender: sender.clone(),
            chunk: Vec::with_capacity(CHUNK),
        };
        if let Err(error) = write(&db, &grant, &import, &runtime, out)
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            tracing::warn!(import.id = %import.id, error = %error, "An error file was cut off");
            let _ = sender.blocking_send(Err(error));
        }
    });
    let chunks = stream::unfold(chunks, |mut chunks| async move {
        chunks.recv().await.map(|chunk| (chunk, chunks))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(chunks)).into_response()
}

fn write(
    db: &Db,
    grant: &TenantGrant,
    import: &ImportSummary,
    runtime: &Handle,
    out: ChunkWriter,
) -> io::Result<()> {
    let header = Header::from_names(import.columns.clone()).map_err(io::Error::other)?;
    let delimiter = import
        .layout
        .as_ref()
        .and_then(|layout| u8::try_from(layout.delimiter).ok());
    let mut file = ErrorFile::new(out, &header, delimiter.unwrap_or(b','))?;
    let mut after = 0;
    loop {
        let rows = runtime.block_on(page(db, grant, import.id, after))?;
        let Some(last) = rows.last() else {
            return file.finish()?.finish();
        };
        after = last.row;
        for row in &rows {
            let (mut text, mut ends) = (String::new(), Vec::with_capacity(row.fields.len()));
            for field in &row.fields {
                text.push_str(field);
                ends.push(text.len());
            }
            file.write_row(Record::new(row.line, &text, &ends), &row.errors)?;
        }
    }
}

async fn page(
    db: &Db,
    grant: &TenantGrant,
    import: ImportId,
    after: u64,
) -> io::Result<Vec<RejectedRow>> {
    let mut tx = db.tenant(grant).await.map_err(io::Error::other)?;
    list_rejected_rows(&mut tx, import, after, PAGE)
        .await
        .map_err(io::Error::other)
}

/// The original's name as far as it is harmless in a header and on any disk, and what the file is.
fn file_name(original: &str) -> String {
    const LENGTH: usize = 80;
    let stem = original.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = stem.strip_suffix(".gz").unwrap_or(stem);
    let stem = stem.strip_suffix(".csv").unwrap_or(stem);
    let harmless = |c: char| {
        if c.is_ascii_alphanumeric() || "-_".contains(c) {
            c
        } else {
            '_'
        }
    };
    let stem: String = stem.chars().take(LENGTH).map(harmless).collect();
    let stem = if stem.is_empty() { "import" } else { &stem };
    format!("{stem}-errors.csv")
}

/// Hands over what is written to it in chunks.
struct ChunkWriter {
    sender: mpsc::Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    fn send(&mut self) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.sender
            .blocking_send(Ok(chunk.into()))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn finish(mut self) -> io::Result<()> {
        self.send()
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_download_is_named_after_the_original_without_anything_that_could_do_harm() {
        assert_eq!(file_name("sessions 2026.csv"), "sessions_2026-errors.csv");
        assert_eq!(file_name("march.csv.gz"), "march-errors.csv");
        assert_eq!(file_name("../../etc/\"x\"\r\n.csv"), "_x___-errors.csv");
        assert_eq!(file_name(""), "import-errors.csv");
    }
}
