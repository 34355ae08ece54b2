-- Deliveries that other systems send: where they may arrive, and what arrived.

create table ingest.webhook_endpoint (
    company_id uuid not null,
    id uuid not null,
    source text not null,
    description text not null,
    rating_scale text,
    secret bytea,
    former_secret bytea,
    former_until timestamptz,
    version bigint not null default 1,
    created_by uuid not null,
    created_at timestamptz not null,
    rotated_at timestamptz,
    revoked_at timestamptz,
    primary key (company_id, id),
    check ((secret is null) = (revoked_at is not null)),
    check ((former_secret is null) = (former_until is null)),
    check (former_secret is null or secret is not null)
);
comment on table ingest.webhook_endpoint is 'Where a company''s other systems deliver to, with the sealed secrets that they sign by. pii=none';
-- The system reads endpoints of all companies: a delivery names an endpoint before anybody knows whose it is.
call platform.protect('ingest.webhook_endpoint', 'tenant_or_system', 'insert, update');

-- No foreign key to the endpoint: endpoints are never deleted, and the check would cost every delivery a look.
create table ingest.inbox_delivery (
    company_id uuid not null,
    id uuid not null,
    arrival bigint generated always as identity,
    endpoint_id uuid not null,
    delivery_id text not null,
    source text not null,
    kind text not null,
    body bytea,
    state text not null default 'pending' check (state in ('pending', 'processed', 'dead', 'discarded')),
    attempts integer not null default 0,
    due_at timestamptz not null,
    reason_code text,
    reason text,
    received_at timestamptz not null,
    finished_at timestamptz,
    primary key (company_id, id),
    unique (company_id, endpoint_id, delivery_id),
    check ((state = 'pending') = (finished_at is null)),
    check ((body is null) = (state in ('processed', 'discarded'))),
    check (state <> 'dead' or reason_code is not null)
);
create index inbox_delivery_due on ingest.inbox_delivery (company_id, due_at, arrival) where state = 'pending';
create index inbox_delivery_dead on ingest.inbox_delivery (company_id, finished_at, id) where state = 'dead';
create index inbox_delivery_finished on ingest.inbox_delivery (company_id, finished_at) where state in ('processed', 'discarded');
comment on table ingest.inbox_delivery is 'What arrived, kept before it was answered; the body is sealed and goes once it was taken in. pii=ciphertext';
-- The system looks for companies with deliveries that are due.
call platform.protect('ingest.inbox_delivery', 'tenant_or_system');
