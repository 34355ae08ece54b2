//! Transactions: what is done in one commits together with its audit entry, its
//! events and the record of the request, or not at all.

use std::ops::{Deref, DerefMut};

use contracts::CompanyId;
use contracts::event::{Event, NewEvent};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{Db, DbError, Failpoint, Scope};
use crate::access::{Actor, TenantGrant, Trace};
use crate::audit::{AuditEntry, EntryHash, genesis_hash, hash_entry};
use crate::clock::Clock;

/// What a mutation tells the audit log about itself.
#[derive(Debug, Clone)]
pub struct AuditNote {
    /// What was done: `resource.verb`, such as `import.upload`.
    pub action: &'static str,
    /// The kind of thing it was done to.
    pub resource_kind: &'static str,
    /// Its id, printed.
    pub resource_id: String,
    /// Facts worth keeping; ids, codes and counts, never a person's words or name.
    pub details: serde_json::Value,
}

impl AuditNote {
    /// A note without details.
    pub fn new(
        action: &'static str,
        resource_kind: &'static str,
        resource_id: impl std::fmt::Display,
    ) -> Self {
        Self {
            action,
            resource_kind,
            resource_id: resource_id.to_string(),
            details: serde_json::Value::Null,
        }
    }

    /// Adds details.
    #[must_use]
    pub fn with(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }
}

/// Where a committed transaction stands in its company's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The last event position of the company, if this transaction published any event.
    pub stream_position: Option<i64>,
}

/// An event as it will be stored. Written down when it is published, because others wait while the events of a commit
/// are numbered.
struct Outgoing {
    id: Uuid,
    kind: &'static str,
    subject: String,
    body: String,
}

impl Outgoing {
    fn of(event: &Event) -> Result<Self, DbError> {
        Ok(Self {
            id: event.id,
            kind: event.event_type().as_str(),
            subject: event.subject(),
            body: event.to_json()?,
        })
    }
}

/// A transaction that sees one company's rows. Dropping it rolls back.
pub struct TenantTx {
    inner: Transaction<'static, Postgres>,
    db: Db,
    grant: TenantGrant,
    notes: Vec<AuditNote>,
    events: Vec<Outgoing>,
    jobs_queued: bool,
}

impl TenantTx {
    pub(super) async fn begin(db: &Db, scope: Scope, grant: TenantGrant) -> Result<Self, DbError> {
        // Committing needs the company's keys. Who waits for them with a connection in
        // hand may wait for somebody who waits for that connection.
        db.company_keys(grant.company).await?;
        Self::begin_without_keys(db, scope, grant).await
    }

    /// As [`TenantTx::begin`], for the transaction that makes a company's keys.
    pub(super) async fn begin_without_keys(
        db: &Db,
        scope: Scope,
        grant: TenantGrant,
    ) -> Result<Self, DbError> {
        let mut inner = db
            .pool()
            .begin()
            .await
            .map_err(DbError::during("begin a transaction"))?;
        let pid = sqlx::query_scalar!(r#"select pg_backend_pid() as "pid!""#)
            .fetch_one(&mut *inner)
            .await
            .map_err(DbError::during("begin a transaction"))?;
        // The database checks the expiry by its own clock, so this is never a test's.
        let now = Clock::system().now();
        let context = db.shared.signer.sign(scope, db.role.name(), pid, now);
        sqlx::query!(
            r#"select set_config('attest.context', $1, true) as "set!""#,
            context
        )
        .fetch_one(&mut *inner)
        .await
        .map_err(DbError::during("set the tenant context"))?;
        Ok(Self {
            inner,
            db: db.clone(),
            grant,
            notes: Vec::new(),
            events: Vec::new(),
            jobs_queued: false,
        })
    }

    /// The connection, to run statements on.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// The company whose rows are seen.
    #[must_use]
    pub fn company(&self) -> CompanyId {
        self.grant.company
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.grant.actor
    }

    /// The grant this was begun with.
    #[must_use]
    pub fn grant(&self) -> &TenantGrant {
        &self.grant
    }

    /// The database this belongs to.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.db.clock()
    }

    /// What is published from here on follows from `event`.
    pub fn follow(&mut self, event: &Event) {
        self.grant.trace = Trace {
            correlation: event.correlation,
            causation: Some(event.id),
            ..self.grant.trace
        };
    }

    /// Adds an event, which leaves when this commits. Refuses one that breaks its contract.
    pub fn publish(&mut self, mut event: NewEvent) -> Result<Uuid, DbError> {
        let id = self.clock().new_id();
        let now = self.clock().now();
        let trace = self.grant.trace;
        event.causation = event.causation.or(trace.causation);
        let event = event.into_event(id, now, self.grant.company.uuid(), trace.correlation)?;
        self.events.push(Outgoing::of(&event)?);
        Ok(id)
    }

    /// Adds an entry to the audit log, which is written when this commits.
    pub fn audit(&mut self, note: AuditNote) {
        self.notes.push(note);
    }

    /// Wakes those who run jobs, once this has committed.
    pub(crate) fn wake_job_runners(&mut self) {
        self.jobs_queued = true;
    }

    /// Undoes everything at once. Dropping does so too, but a little later, and until
    /// then others wait for what this has locked.
    pub async fn rollback(self) -> Result<(), DbError> {
        let undone = self.inner.rollback().await;
        undone.map_err(DbError::during("undo a transaction"))
    }

    /// Commits the effects with their audit entries and events. A transaction
    /// that changed something and says nothing to the audit log is refused.
    pub async fn commit(self) -> Result<Committed, DbError> {
        if self.notes.is_empty() {
            return Err(DbError::Unaudited);
        }
        self.flush_and_commit().await
    }

    /// Commits bookkeeping that is no mutation of anybody's data: leases, read
    /// positions, sessions seen. It may carry no event.
    pub async fn commit_bookkeeping(self) -> Result<(), DbError> {
        if !self.events.is_empty() {
            return Err(DbError::Unaudited);
        }
        self.flush_and_commit().await.map(drop)
    }

    async fn flush_and_commit(mut self) -> Result<Committed, DbError> {
        let published = !self.events.is_empty();
        self.db.reach(Failpoint::BeforeFlush)?;
        let position = if self.notes.is_empty() {
            None
        } else {
            Some(self.flush().await?)
        };
        let Self {
            inner,
            db,
            grant,
            jobs_queued,
            ..
        } = self;
        db.reach(Failpoint::BeforeCommit)?;
        inner.commit().await.map_err(DbError::during("commit"))?;
        // Who is not woken comes by all the same, a little later.
        if db.reach(Failpoint::AfterCommit).is_ok() {
            if published {
                db.wake().events(grant.company);
            }
            if jobs_queued {
                db.wake().jobs();
            }
        }
        Ok(Committed {
            stream_position: position.filter(|_| published),
        })
    }

    /// Writes audit entries and events. The company's head row is locked last, so
    /// that chain and positions follow the order of commits.
    async fn flush(&mut self) -> Result<i64, DbError> {
        let keys = self.db.company_keys(self.grant.company).await?;
        let company = self.grant.company;
        let mut head = Head::lock(&mut self.inner, company).await?;
        let notes = std::mem::take(&mut self.notes);
        let mut rows = AuditRows::default();
        for note in notes {
            head.audit_seq += 1;
            let entry = self.entry(note, head.audit_seq);
            head.audit_hash = hash_entry(keys.audit(), &head.audit_hash, &entry);
            rows.push(entry, head.audit_hash);
        }
        rows.insert(&mut self.inner, company).await?;
        let events = std::mem::take(&mut self.events);
        head.insert_events(&mut self.inner, company, events).await?;
        head.store(&mut self.inner, company).await?;
        Ok(head.stream_position)
    }

    fn entry(&self, note: AuditNote, seq: i64) -> AuditEntry {
        AuditEntry {
            seq,
            company: self.grant.company,
            at: self.clock().now(),
            actor: self.grant.actor.to_string(),
            action: note.action.to_owned(),
            resource_kind: note.resource_kind.to_owned(),
            resource_id: note.resource_id,
            request_id: self.grant.trace.request,
            outcome: "success".to_owned(),
            details: note.details.to_string(),
        }
    }
}

struct Head {
    stream_position: i64,
    audit_seq: i64,
    audit_hash: EntryHash,
}

impl Head {
    async fn lock(conn: &mut PgConnection, company: CompanyId) -> Result<Self, DbError> {
        if let Some(head) = Self::find(conn, company).await? {
            return Ok(head);
        }
        let genesis = genesis_hash(company);
        sqlx::query!(
            "insert into platform.tenant_head (company_id, audit_hash) values ($1, $2) on conflict do nothing",
            company.uuid(),
            &genesis.0[..],
        )
        .execute(&mut *conn)
        .await
        .map_err(DbError::during("begin the company's streams"))?;
        Self::find(conn, company)
            .await?
            .ok_or_else(|| DbError::Schema("a company's head row is missing".to_owned()))
    }

    async fn find(conn: &mut PgConnection, company: CompanyId) -> Result<Option<Self>, DbError> {
        let row = sqlx::query!(
            "select stream_position, audit_seq, audit_hash from platform.tenant_head where company_id = $1 for update",
            company.uuid(),
        )
        .fetch_optional(conn)
        .await
        .map_err(DbError::during("lock the company's streams"))?;
        Ok(row.map(|row| Self {
            stream_position: row.stream_position,
            audit_seq: row.audit_seq,
            audit_hash: EntryHash(row.audit_hash.try_into().unwrap_or_default()),
        }))
    }

    async fn insert_events(
        &mut self,
        conn: &mut PgConnection,
        company: CompanyId,
        events: Vec<Outgoing>,
    ) -> Result<(), DbError> {
        if events.is_empty() {
            return Ok(());
        }
        let first = self.stream_position + 1;
        let mut ids = Vec::with_capacity(events.len());
        let mut types = Vec::with_capacity(events.len());
        let mut subjects = Vec::with_capacity(events.len());
        let mut bodies = Vec::with_capacity(events.len());
        for event in events {
            ids.push(event.id);
            types.push(event.kind);
            subjects.push(event.subject);
            bodies.push(event.body);
            self.stream_position += 1;
        }
        let positions: Vec<i64> = (first..=self.stream_position).collect();
        sqlx::query!(
            "insert into platform.outbox (company_id, position, event_id, type, subject, body)
             select $1, e.position, e.id, e.type, e.subject, e.body::json
             from unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[]) as e (position, id, type, subject, body)",
            company.uuid(),
            &positions,
            &ids,
            &types as _,
            &subjects,
            &bodies,
        )
        .execute(conn)
        .await
        .map_err(DbError::during("publish events"))?;
        Ok(())
    }

    async fn store(&self, conn: &mut PgConnection, company: CompanyId) -> Result<(), DbError> {
        sqlx::query!(
            "update platform.tenant_head set stream_position = $2, audit_seq = $3, audit_hash = $4 where company_id = $1",
            company.uuid(),
            self.stream_position,
            self.audit_seq,
            &self.audit_hash.0[..],
        )
        .execute(conn)
        .await
        .map_err(DbError::during("advance the company's streams"))?;
        Ok(())
    }
}

#[derive(Default)]
struct AuditRows {
    entries: Vec<AuditEntry>,
    hashes: Vec<Vec<u8>>,
}

impl AuditRows {
    fn push(&mut self, entry: AuditEntry, hash: EntryHash) {
        self.entries.push(entry);
        self.hashes.push(hash.0.to_vec());
    }

    async fn insert(self, conn: &mut PgConnection, company: CompanyId) -> Result<(), DbError> {
        fn column<T>(entries: &[AuditEntry], field: impl Fn(&AuditEntry) -> T) -> Vec<T> {
            entries.iter().map(field).collect()
        }
        let entries = &self.entries;
        sqlx::query!(
            "insert into platform.audit_entry
                 (company_id, seq, at, actor, action, resource_kind, resource_id, request_id, outcome, details, hash)
             select $1, e.*
             from unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::text[], $10::text[], $11::bytea[]) as e",
            company.uuid(),
            &column(entries, |e| e.seq),
            &column(entries, |e| e.at.to_sqlx()) as _,
            &column(entries, |e| e.actor.clone()),
            &column(entries, |e| e.action.clone()),
            &column(entries, |e| e.resource_kind.clone()),
            &column(entries, |e| e.resource_id.clone()),
            &column(entries, |e| e.request_id),
            &column(entries, |e| e.outcome.clone()),
            &column(entries, |e| e.details.clone()),
            &self.hashes,
        )
        .execute(conn)
        .await
        .map_err(DbError::during("write the audit log"))?;
        Ok(())
    }
}

/// A transaction for the system's own work: it sees what belongs to no company,
/// and the few tables that the system keeps for all of them. Its audit entries
/// go to the system's own chain.
pub struct SystemTx(TenantTx);

impl SystemTx {
    pub(super) fn new(tx: TenantTx) -> Self {
        Self(tx)
    }

    /// As [`TenantTx::commit`].
    pub async fn commit(self) -> Result<Committed, DbError> {
        self.0.commit().await
    }

    /// As [`TenantTx::commit_bookkeeping`].
    pub async fn commit_bookkeeping(self) -> Result<(), DbError> {
        self.0.commit_bookkeeping().await
    }
}

impl Deref for SystemTx {
    type Target = TenantTx;

    fn deref(&self) -> &TenantTx {
        &self.0
    }
}

impl DerefMut for SystemTx {
    fn deref_mut(&mut self) -> &mut TenantTx {
        &mut self.0
    }
}
