//! The SQL of taking deliveries in.

use contracts::event::value::RatingScale;
use contracts::{CompanyId, DeliveryId};
use jiff::Timestamp;
use platform::db::{SqlTimestamp, ToSqlx};
use platform::{DbError, SystemTx, TenantTx};
use uuid::Uuid;

use crate::webhook::source::{DeliveryKind, WebhookSource};

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::webhook) enum State {
    /// It waits.
    Pending,
    /// It was taken in.
    Processed,
    /// It was given up, until a person decides.
    Dead,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processed => "processed",
            Self::Dead => "dead",
        }
    }
}

/// A delivery that is due, its body sealed.
pub(super) struct Due {
    pub(super) id: DeliveryId,
    pub(super) source: WebhookSource,
    pub(super) kind: DeliveryKind,
    /// The scale of its endpoint's ratings.
    pub(super) scale: Option<RatingScale>,
    pub(super) attempts: i32,
    pub(super) body: Vec<u8>,
}

/// What is to be written down of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) id: DeliveryId,
    pub(super) state: State,
    pub(super) attempts: i32,
    /// When it is tried again; only for one that waits.
    due_at: Option<Timestamp>,
    reason: Option<(String, String)>,
}

/// Characters of a reason that are kept.
const REASON: usize = 1_000;

impl Ending {
    pub(super) fn processed(id: DeliveryId, attempts: i32) -> Self {
        Self {
            id,
            state: State::Processed,
            attempts,
            due_at: None,
            reason: None,
        }
    }

    /// `detail` must hold no value of the delivery.
    pub(super) fn dead(id: DeliveryId, attempts: i32, code: &str, detail: &str) -> Self {
        Self {
            id,
            state: State::Dead,
            attempts,
            due_at: None,
            reason: Some((code.to_owned(), detail.chars().take(REASON).collect())),
        }
    }

    /// One that waits until `again`, or is given up when there is no such time.
    pub(super) fn failed(
        id: DeliveryId,
        attempts: i32,
        again: Option<Timestamp>,
        detail: &str,
    ) -> Self {
        let ending = Self::dead(id, attempts, "not_taken_in", detail);
        match again {
            None => ending,
            Some(_) => Self {
                state: State::Pending,
                due_at: again,
                ..ending
            },
        }
    }
}

/// Companies with deliveries that are due, one step in the index for each.
pub(super) async fn list_companies(
    tx: &mut SystemTx,
    limit: i64,
) -> Result<Vec<CompanyId>, DbError> {
    let now = tx.clock().now();
    let ids = sqlx::query_scalar!(
        r#"with recursive company (id) as (
             (select company_id from ingest.inbox_delivery where state = 'pending' order by company_id limit 1)
             union all
             select (select d.company_id from ingest.inbox_delivery as d
                     where d.state = 'pending' and d.company_id > c.id order by d.company_id limit 1)
             from company as c where c.id is not null
         )
         select c.id as "id!" from company as c
         where c.id is not null and exists (
             select from ingest.inbox_delivery as d
             where d.company_id = c.id and d.state = 'pending' and d.due_at <= $1
         )
         limit $2"#,
        now.to_sqlx(),
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("look for deliveries"))?;
    Ok(ids.into_iter().map(CompanyId::new).collect())
}

/// Whether this transaction alone takes in the company's deliveries.
pub(super) async fn try_lock(tx: &mut TenantTx) -> Result<bool, DbError> {
    let name = format!("ingest.inbox_delivery:{}", tx.company().uuid());
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "locked!""#,
        name,
    )
    .fetch_one(tx.conn())
    .await
    .map_err(DbError::during("lock the inbox"))
}

struct Row {
    id: Uuid,
    source: String,
    kind: String,
    rating_scale: Option<String>,
    attempts: i32,
    body: Vec<u8>,
}

impl Row {
    fn read(self) -> Result<Due, DbError> {
        let unknown = || DbError::Schema("a delivery of an unknown kind".to_owned());
        let scale = self.rating_scale.map(|word| word.parse()).transpose();
        Ok(Due {
            id: self.id.into(),
            source: self.source.parse().map_err(|()| unknown())?,
            kind: self.kind.parse().map_err(|()| unknown())?,
            scale: scale.map_err(|_| unknown())?,
            attempts: self.attempts,
            body: self.body,
        })
    }
}

/// Deliveries that are due, the first first.
pub(super) async fn list_due(tx: &mut TenantTx, limit: i64) -> Result<Vec<Due>, DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let rows = sqlx::query_as!(
        Row,
        r#"select d.id, d.source, d.kind, e.rating_scale as "rating_scale?", d.attempts, d.body as "body!"
         from (
             select id, endpoint_id, source, kind, attempts, body, due_at, arrival
             from ingest.inbox_delivery
             where company_id = $1 and state = 'pending' and due_at <= $2
             order by due_at, arrival
             limit $3
             for update
         ) as d
         left join ingest.webhook_endpoint as e on e.company_id = $1 and e.id = d.endpoint_id
         order by d.due_at, d.arrival"#,
        company,
        now.to_sqlx(),
        limit,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("read deliveries"))?;
    rows.into_iter().map(Row::read).collect()
}

/// A delivery that still waits, whenever it is due.
pub(super) async fn find_due(tx: &mut TenantTx, id: DeliveryId) -> Result<Option<Due>, DbError> {
    let company = tx.company().uuid();
    let row = sqlx::query_as!(
        Row,
        r#"select d.id, d.source, d.kind, e.rating_scale as "rating_scale?", d.attempts, d.body as "body!"
         from ingest.inbox_delivery as d
         left join ingest.webhook_endpoint as e on e.company_id = d.company_id and e.id = d.endpoint_id
         where d.company_id = $1 and d.id = $2 and d.state = 'pending'
         for update of d"#,
        company,
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(DbError::during("read a delivery"))?;
    row.map(Row::read).transpose()
}

/// Writes down what became of deliveries that wait. The body of one that was taken in goes.
pub(super) async fn end(tx: &mut TenantTx, endings: &[Ending]) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let ids: Vec<Uuid> = endings.iter().map(|e| e.id.uuid()).collect();
    let states: Vec<String> = endings
        .iter()
        .map(|e| e.state.as_str().to_owned())
        .collect();
    let attempts: Vec<i32> = endings.iter().map(|e| e.attempts).collect();
    let due: Vec<SqlTimestamp> = endings
        .iter()
        .map(|e| e.due_at.unwrap_or(now).to_sqlx())
        .collect();
    let reason = |part: fn(&(String, String)) -> &String| -> Vec<Option<String>> {
        let reasons = endings.iter().map(|e| e.reason.as_ref());
        reasons.map(|reason| reason.map(part).cloned()).collect()
    };
    let (codes, reasons) = (reason(|r| &r.0), reason(|r| &r.1));
    sqlx::query!(
        "update ingest.inbox_delivery as d
         set state = n.state, attempts = n.attempts, due_at = n.due_at, reason_code = n.code, reason = n.reason,
             body = case when n.state = 'processed' then null else d.body end,
             finished_at = case when n.state = 'pending' then null else $2::timestamptz end
         from unnest($3::uuid[], $4::text[], $5::int[], $6::timestamptz[], $7::text[], $8::text[])
             as n (id, state, attempts, due_at, code, reason)
         where d.company_id = $1 and d.id = n.id and d.state = 'pending'",
        company,
        now.to_sqlx(),
        &ids,
        &states,
        &attempts,
        &due as _,
        &codes as _,
        &reasons as _,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("write down what became of deliveries"))?;
    Ok(())
}

/// Removes what was taken in or discarded before `before`; how many that were.
pub(super) async fn delete_finished(tx: &mut TenantTx, before: Timestamp) -> Result<u64, DbError> {
    let company = tx.company().uuid();
    let deleted = sqlx::query!(
        "delete from ingest.inbox_delivery
         where company_id = $1 and state in ('processed', 'discarded') and finished_at < $2",
        company,
        before.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("remove old deliveries"))?;
    Ok(deleted.rows_affected())
}
