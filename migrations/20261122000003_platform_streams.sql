-- What commits together with an effect: its audit entry, its events and the
-- record of the request; and how events reach their consumers.

create table platform.audit_entry (
    company_id uuid not null,
    seq bigint not null check (seq > 0),
    at timestamptz not null,
    actor text not null,
    action text not null,
    resource_kind text not null,
    resource_id text not null,
    request_id uuid not null,
    outcome text not null,
    details text not null,
    hash bytea not null check (octet_length(hash) = 32),
    primary key (company_id, seq)
);
comment on table platform.audit_entry is 'Who did what: a keyed hash chain a company. pii=pseudonymous';
call platform.protect('platform.audit_entry', 'tenant_only', 'insert');
create trigger append_only before update or delete on platform.audit_entry
    for each row execute function platform.refuse_change();
create trigger append_only_truncate before truncate on platform.audit_entry
    for each statement execute function platform.refuse_change();

create table platform.idempotency_record (
    company_id uuid not null,
    actor_id uuid not null,
    key_hash bytea not null check (octet_length(key_hash) = 32),
    request_hash bytea not null check (octet_length(request_hash) = 32),
    status smallint not null,
    location text,
    body bytea not null,
    created_at timestamptz not null,
    primary key (company_id, actor_id, key_hash)
);
create index idempotency_record_age on platform.idempotency_record (company_id, created_at);
comment on table platform.idempotency_record is 'Answers already given, by idempotency key, for 30 days. pii=pseudonymous';
call platform.protect('platform.idempotency_record', 'tenant_only');

create table platform.outbox (
    company_id uuid not null,
    position bigint not null check (position > 0),
    event_id uuid not null,
    type text not null,
    subject text not null,
    body json not null,
    primary key (company_id, position)
);
comment on table platform.outbox is 'Every event, in the order of commits within a company; other transports are fed from here. pii=pseudonymous';
call platform.protect('platform.outbox', 'tenant_only', 'insert, delete');

create table platform.subscription (
    company_id uuid not null,
    consumer text not null,
    position bigint not null default 0,
    updated_at timestamptz not null,
    primary key (company_id, consumer)
);
comment on table platform.subscription is 'How far each consumer has read a company''s events. pii=none';
call platform.protect('platform.subscription', 'tenant_or_system');

create table platform.inbox (
    company_id uuid not null,
    consumer text not null,
    event_id uuid not null,
    processed_at timestamptz not null,
    primary key (company_id, consumer, event_id)
);
comment on table platform.inbox is 'Events that a consumer has taken effect of, so that a repetition has none. pii=none';
call platform.protect('platform.inbox', 'tenant_only');

create table platform.parked_event (
    company_id uuid not null,
    consumer text not null,
    position bigint not null,
    subject text not null,
    attempts integer not null,
    next_attempt_at timestamptz not null,
    error text not null,
    primary key (company_id, consumer, position)
);
create index parked_event_subject on platform.parked_event (company_id, consumer, subject, position);
comment on table platform.parked_event is 'Events that failed and wait for another attempt, and those of the same subject behind them. pii=pseudonymous';
call platform.protect('platform.parked_event', 'tenant_or_system');

create table platform.dead_letter (
    company_id uuid not null,
    id uuid not null,
    consumer text not null,
    position bigint not null,
    event_type text not null,
    attempts integer not null,
    error text not null,
    died_at timestamptz not null,
    replayed_at timestamptz,
    primary key (company_id, id)
);
comment on table platform.dead_letter is 'Events that a consumer gave up on, for a person to look at and replay. pii=pseudonymous';
call platform.protect('platform.dead_letter', 'tenant_only');

create table platform.job (
    company_id uuid not null,
    id uuid not null,
    kind text not null,
    payload jsonb not null,
    priority smallint not null default 0,
    state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed')),
    run_at timestamptz not null,
    attempts integer not null default 0,
    dedup_key text,
    lease_owner uuid,
    lease_until timestamptz,
    error text,
    correlation_id uuid not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    primary key (company_id, id),
    check ((state = 'running') = (lease_until is not null))
);
create unique index job_dedup on platform.job (company_id, kind, dedup_key) where state = 'queued';
create index job_due on platform.job (company_id, priority desc, run_at) where state = 'queued';
create index job_lease on platform.job (company_id, lease_until) where state = 'running';
comment on table platform.job is 'Work to do later, with its lease; ids only. pii=pseudonymous';
call platform.protect('platform.job', 'tenant_or_system');

create table platform.schedule (
    name text primary key,
    cron text not null,
    zone text not null,
    next_run_at timestamptz not null,
    last_run_at timestamptz
);
comment on table platform.schedule is 'When each recurring job runs next. pii=none';
call platform.protect('platform.schedule', 'system_only');

create table platform.leader (
    name text primary key,
    owner uuid not null,
    lease_until timestamptz not null
);
comment on table platform.leader is 'Which process does what only one may do. pii=none';
call platform.protect('platform.leader', 'system_only');
