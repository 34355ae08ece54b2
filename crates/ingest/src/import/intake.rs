//! The way in: a stored file becomes an import and a job, in one transaction with its audit entry and idempotency record.

use std::sync::Arc;

use contracts::{CompanyId, ImportId, JobId};
use http::{HeaderValue, StatusCode, header};
use platform::http::{Allowed, Begun, IdempotencyKey, Problem, may};
use platform::jobs::{self, NewJob};
use platform::{AuditNote, Db, DbError, TenantTx};
use serde_json::json;

use super::job::{RUN_IMPORT, RunImportPayload};
use super::model::Options;
use super::seal::{CompanySeal, Place};
use super::spool::{Receiving, Spool, SpoolId, Spooled};
use super::store::{self, NewImport};
use super::summary::find_import;
use super::view::ImportView;
use crate::config::Config;
use crate::error::Error;
use crate::source::Source;

/// Takes uploads. Cloning shares everything.
#[derive(Debug, Clone)]
pub struct Intake {
    pub(crate) db: Db,
    pub(crate) spool: Arc<Spool>,
}

/// What an upload says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where the file comes from.
    pub source: Source,
    /// How it is to be read.
    pub options: Options,
    /// Its name at the uploader's; for their eyes only.
    pub file_name: String,
}

/// Bytes of a form beside its file: more than its fields may have.
const FORM: u64 = 64 << 10;

/// Characters of a file name that are kept.
const FILE_NAME: usize = 255;

impl Intake {
    /// The way in of a database and a data directory.
    #[must_use]
    pub fn new(config: &Config, db: &Db) -> Self {
        Self {
            db: db.clone(),
            spool: Arc::new(Spool::new(config, db)),
        }
    }

    /// The largest upload in bytes.
    #[must_use]
    pub fn max_upload_bytes(&self) -> u64 {
        self.spool.limit()
    }

    /// The largest request that brings an upload, in bytes: the file, and the form around it.
    #[must_use]
    pub fn max_request_bytes(&self) -> u64 {
        self.spool.limit().saturating_add(FORM)
    }

    pub(crate) fn new_file(&self, company: CompanyId) -> SpoolId {
        SpoolId {
            company,
            import: ImportId::new(self.db.clock().new_id()),
        }
    }

    pub(crate) fn begin_file(&self, company: CompanyId) -> Receiving {
        self.spool.receive(self.new_file(company))
    }

    /// Makes the import of a stored file and answers 202 with its address; a repeated request gets the first one's answer.
    pub(crate) async fn accept(
        &self,
        allowed: &Allowed<may::ImportWrite>,
        key: &IdempotencyKey,
        spooled: Spooled,
        upload: &Upload,
    ) -> Result<Accepted, Problem> {
        let mut tx = self.db.tenant(allowed.grant()).await?;
        let claim = match key.begin(&mut tx, &fingerprint(&spooled, upload)).await? {
            Begun::Repeated(response) => return Accepted::again(response),
            Begun::First(claim) => claim,
        };
        let import = spooled.id.import;
        add_import(&mut tx, &spooled, upload).await?;
        let summary = find_import(&mut tx, import)
            .await?
            .ok_or_else(Problem::not_found)?;
        let view = ImportView::from(summary);
        let location = format!("/v1/imports/{import}");
        let response = claim
            .answer(&mut tx, StatusCode::ACCEPTED, Some(&location), &view)
            .await?;
        // Whether a failed commit took effect is not known, so the file stays; the sweep removes it if nobody needs it.
        spooled.keep();
        tx.commit().await?;
        Ok(Accepted { import, response })
    }
}

/// An upload that was accepted, now or by an earlier request with the same idempotency key.
#[derive(Debug)]
pub struct Accepted {
    /// The import.
    pub import: ImportId,
    /// The answer for a program: 202, `Location`, the import.
    pub response: axum::response::Response,
}

impl Accepted {
    fn again(response: axum::response::Response) -> Result<Self, Problem> {
        let location = response
            .headers()
            .get(header::LOCATION)
            .map(HeaderValue::to_str);
        let import = location
            .and_then(Result::ok)
            .and_then(|location| location.rsplit('/').next()?.parse().ok())
            .ok_or_else(|| Problem::conflict("request_in_progress"))?;
        Ok(Self { import, response })
    }
}

/// What tells one upload from another.
fn fingerprint(spooled: &Spooled, upload: &Upload) -> Vec<u8> {
    let mut bytes = spooled.sha256.to_vec();
    bytes.extend(
        json!([upload.source, upload.options])
            .to_string()
            .into_bytes(),
    );
    bytes
}

/// Adds the import and queues its job.
pub(crate) async fn add_import(
    tx: &mut TenantTx,
    spooled: &Spooled,
    upload: &Upload,
) -> Result<JobId, Error> {
    let id = spooled.id.import;
    let seal = CompanySeal::of(tx.db(), tx.company()).await?;
    let file_name: String = upload.file_name.chars().take(FILE_NAME).collect();
    let options = json!(upload.options);
    let new = NewImport {
        id,
        source: upload.source,
        file_name: seal.seal(Place::FileName(id), file_name.as_bytes())?,
        sha256: &spooled.sha256,
        size: spooled.size,
        options: options.clone(),
    };
    store::insert_import(tx, new).await?;
    let job = NewJob::new(RUN_IMPORT, RunImportPayload { import: id })?;
    let job = jobs::enqueue(tx, job).await?;
    let details = json!({
        "source": upload.source,
        "sha256": hex::encode(spooled.sha256),
        "size_bytes": spooled.size,
        "options": options,
    });
    tx.audit(AuditNote::new("import.upload", "import", id).with(details));
    job.ok_or_else(|| DbError::Schema("an import's job was not queued".to_owned()).into())
}
