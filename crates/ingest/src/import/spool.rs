//! Where uploads wait, sealed: `<data dir>/spool/<company uuid>/<import uuid>`.
//!
//! A file is complete and on disk before its import is committed, and goes when the import has ended.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use contracts::{CompanyId, ImportId};
use jiff::Timestamp;
use platform::Db;
use platform::crypto::{Aad, OpeningReader, SEALED_CHUNK_LEN, SealingWriter, StreamHeader};
use platform::keys::VersionedKeys;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::error::Error;

/// Chunks of a body that may wait for the disk.
const WAITING_CHUNKS: usize = 8;

/// The directory of uploads, and the keys they are sealed by.
#[derive(Debug, Clone)]
pub(crate) struct Spool {
    root: PathBuf,
    keys: VersionedKeys,
    limit: u64,
}

/// A sealed file being read in clear.
pub(crate) type SpoolReader = OpeningReader<BufReader<File>>;

/// Whose file it is, and of which import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SpoolId {
    pub(crate) company: CompanyId,
    pub(crate) import: ImportId,
}

impl SpoolId {
    fn aad(self) -> Aad {
        Aad::spool(self.company.uuid(), self.import.uuid())
    }
}

impl Spool {
    pub(crate) fn new(config: &Config, db: &Db) -> Self {
        Self {
            root: config.data_dir.join("spool"),
            keys: db.keyring().spool_keys(),
            limit: config.max_upload_bytes,
        }
    }

    /// The largest upload in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    fn path(&self, id: SpoolId) -> PathBuf {
        let company = id.company.uuid().to_string();
        self.root.join(company).join(id.import.uuid().to_string())
    }

    /// Begins a file.
    pub(crate) fn create(&self, id: SpoolId) -> Result<SpoolWriter, Error> {
        let path = self.path(id);
        if let Some(directory) = path.parent() {
            let mut builder = DirBuilder::new();
            let made = builder.recursive(true).mode(0o700).create(directory);
            made.map_err(Error::Spool)?;
        }
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(Error::Spool)?;
        let guard = Guard(Some(path));
        let (version, key) = self.keys.active();
        let buffer = BufWriter::with_capacity(2 * SEALED_CHUNK_LEN, file);
        let sealed = SealingWriter::new(buffer, version, key, &id.aad()).map_err(Error::Spool)?;
        Ok(SpoolWriter {
            sealed,
            hash: Sha256::new(),
            size: 0,
            limit: self.limit,
            guard,
            id,
        })
    }

    /// Stores a whole file read from somewhere else. Blocks.
    pub(crate) fn store(&self, id: SpoolId, mut from: impl Read) -> Result<Spooled, Error> {
        let mut writer = self.create(id)?;
        let mut buffer = vec![0; SEALED_CHUNK_LEN];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return writer.finish(),
                Ok(count) => writer.write(&buffer[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::ReadFile(error)),
            }
        }
    }

    /// Begins a file that is fed from an asynchronous body.
    pub(crate) fn receive(&self, id: SpoolId) -> Receiving {
        let (sender, mut chunks) = mpsc::channel::<Bytes>(WAITING_CHUNKS);
        let spool = self.clone();
        let writer = tokio::task::spawn_blocking(move || {
            let mut writer = spool.create(id)?;
            while let Some(chunk) = chunks.blocking_recv() {
                writer.write(&chunk)?;
            }
            writer.finish()
        });
        Receiving { sender, writer }
    }

    /// Opens a complete file from its start. Blocks.
    pub(crate) fn open(&self, id: SpoolId) -> io::Result<SpoolReader> {
        let mut file = BufReader::with_capacity(SEALED_CHUNK_LEN, File::open(self.path(id))?);
        let header = StreamHeader::read(&mut file)?;
        let key = self.keys.get(header.key_version()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the file's key is not at hand")
        })?;
        Ok(OpeningReader::new(file, &header, key, &id.aad()))
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) fn remove(&self, id: SpoolId) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Files whose import was to be made before `before`, by their names. Blocks.
    pub(crate) fn list_before(&self, before: Timestamp) -> io::Result<Vec<SpoolId>> {
        let mut found = Vec::new();
        for company in read_directory(&self.root)? {
            let Some(company_id) = uuid_of(&company) else {
                continue;
            };
            for file in read_directory(&company)? {
                let Some(import) = uuid_of(&file) else {
                    continue;
                };
                if made_at(import).is_some_and(|at| at < before) {
                    found.push(SpoolId {
                        company: company_id.into(),
                        import: import.into(),
                    });
                }
            }
        }
        Ok(found)
    }
}

fn read_directory(path: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect(),
    }
}

fn uuid_of(path: &Path) -> Option<uuid::Uuid> {
    uuid::Uuid::try_parse(path.file_name()?.to_str()?).ok()
}

/// When a UUID v7 was made.
fn made_at(id: uuid::Uuid) -> Option<Timestamp> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let nanoseconds = i32::try_from(nanoseconds).ok()?;
    Timestamp::new(i64::try_from(seconds).ok()?, nanoseconds).ok()
}

/// Removes a file on drop, unless it is to be kept.
#[derive(Debug)]
struct Guard(Option<PathBuf>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(path) = &self.0
            && let Err(error) = fs::remove_file(path)
        {
            tracing::warn!(error = %error, "A spooled file could not be removed");
        }
    }
}

/// A file being written; gone when dropped.
pub(crate) struct SpoolWriter {
    sealed: SealingWriter<BufWriter<File>>,
    hash: Sha256,
    size: u64,
    limit: u64,
    guard: Guard,
    id: SpoolId,
}

impl SpoolWriter {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(Error::TooLarge { limit: self.limit });
        }
        self.hash.update(bytes);
        self.sealed.write_all(bytes).map_err(Error::Spool)
    }

    /// Ends the file and brings it and its name to disk.
    pub(crate) fn finish(self) -> Result<Spooled, Error> {
        let buffer = self.sealed.finish().map_err(Error::Spool)?;
        let file = buffer
            .into_inner()
            .map_err(|error| Error::Spool(error.into_error()))?;
        file.sync_all().map_err(Error::Spool)?;
        let directory = self.guard.0.as_deref().and_then(Path::parent);
        if let Some(directory) = directory {
            let synced = File::open(directory).and_then(|directory| directory.sync_all());
            synced.map_err(Error::Spool)?;
        }
        Ok(Spooled {
            id: self.id,
            sha256: self.hash.finalize().into(),
            size: self.size,
            guard: self.guard,
        })
    }
}

/// A complete file; gone when dropped, unless its import may have been committed.
#[derive(Debug)]
pub(crate) struct Spooled {
    pub(crate) id: SpoolId,
    pub(crate) sha256: [u8; 32],
    /// Bytes in clear, as they were sent.
    pub(crate) size: u64,
    guard: Guard,
}

impl Spooled {
    /// Leaves the file where it is.
    pub(crate) fn keep(mut self) {
        self.guard.0 = None;
    }
}

/// A file that is fed chunk by chunk; gone when dropped.
pub(crate) struct Receiving {
    sender: mpsc::Sender<Bytes>,
    writer: JoinHandle<Result<Spooled, Error>>,
}

impl Receiving {
    /// Adds a chunk; false once writing has failed, for which [`Receiving::finish`] gives the reason.
    pub(crate) async fn write(&mut self, chunk: Bytes) -> bool {
        self.sender.send(chunk).await.is_ok()
    }

    /// Ends the file.
    pub(crate) async fn finish(self) -> Result<Spooled, Error> {
        drop(self.sender);
        self.writer.await.map_err(Error::Task)?
    }
}
