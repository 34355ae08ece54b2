//! The SQL of keeping deliveries.

use contracts::DeliveryId;
use platform::db::ToSqlx;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::Arrived;

/// A delivery to be kept.
pub(super) struct NewDelivery<'a> {
    pub(super) id: DeliveryId,
    pub(super) delivery: &'a Arrived,
    pub(super) body: Vec<u8>,
}

/// Adds those whose id at their endpoint is new.
///
/// Known ones are looked for first: the unique key alone would make a repeated delivery wait for whoever is just taking
/// the first one in.
pub(super) async fn insert_deliveries(
    tx: &mut TenantTx,
    rows: &[NewDelivery<'_>],
) -> Result<(), DbError> {
    let (company, now) = (tx.company().uuid(), tx.clock().now());
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
    let endpoints: Vec<Uuid> = rows
        .iter()
        .map(|row| row.delivery.endpoint.uuid())
        .collect();
    let delivery_ids: Vec<String> = rows
        .iter()
        .map(|row| row.delivery.delivery_id.as_str().to_owned())
        .collect();
    let column = |word: fn(&Arrived) -> &'static str| -> Vec<String> {
        rows.iter()
            .map(|row| word(row.delivery).to_owned())
            .collect()
    };
    let (sources, kinds) = (column(|d| d.source.as_str()), column(|d| d.kind.as_str()));
    let bodies: Vec<Vec<u8>> = rows.iter().map(|row| row.body.clone()).collect();
    sqlx::query!(
        "insert into ingest.inbox_delivery (company_id, id, endpoint_id, delivery_id, source, kind, body, due_at, received_at)
         select $1, n.id, n.endpoint_id, n.delivery_id, n.source, n.kind, n.body, $2, $2
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[])
             with ordinality as n (id, endpoint_id, delivery_id, source, kind, body, place)
         where not exists (
             select from ingest.inbox_delivery as k
             where k.company_id = $1 and k.endpoint_id = n.endpoint_id and k.delivery_id = n.delivery_id
         )
         order by n.place
         on conflict (company_id, endpoint_id, delivery_id) do nothing",
        company,
        now.to_sqlx(),
        &ids,
        &endpoints,
        &delivery_ids,
        &sources,
        &kinds,
        &bodies,
    )
    .execute(tx.conn())
    .await
    .map_err(DbError::during("keep deliveries"))?;
    Ok(())
}
