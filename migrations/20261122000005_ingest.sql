-- Files taken in, what of them was refused, and the sessions they describe.

create schema ingest;
grant usage on schema ingest to attest_app, attest_worker, attest_reader;

create table ingest.import (
    company_id uuid not null,
    id uuid not null,
    source text not null,
    file_name bytea not null,
    file_sha256 bytea not null check (octet_length(file_sha256) = 32),
    size_bytes bigint not null,
    state text not null check (state in ('uploaded', 'running', 'committed', 'failed')),
    options jsonb not null,
    layout jsonb,
    header bytea,
    rows_total bigint,
    rows_in bigint not null default 0,
    created bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    rejected bigint not null default 0,
    problem_code text,
    problem bytea,
    created_by uuid not null,
    created_at timestamptz not null,
    started_at timestamptz,
    run_started_at timestamptz,
    run_first_row bigint not null default 0,
    finished_at timestamptz,
    primary key (company_id, id),
    check (rows_in = created + updated + unchanged + rejected),
    check (rows_in <= rows_total),
    check (state <> 'committed' or rows_in = rows_total),
    check ((state in ('committed', 'failed')) = (finished_at is not null)),
    check ((problem is null) = (problem_code is null) and (state = 'failed') = (problem_code is not null))
);
create index import_recent on ingest.import (company_id, created_at desc, id desc);
comment on table ingest.import is 'Files taken in; rows_in is also the checkpoint, and counts always add up. File name, header and problem are sealed. pii=ciphertext';
-- The system sees imports to know which spooled files nobody waits for any more.
call platform.protect('ingest.import', 'tenant_or_system');

create table ingest.import_rejection (
    company_id uuid not null,
    import_id uuid not null,
    row_number bigint not null,
    line bigint not null,
    errors jsonb not null,
    sealed_row bytea not null,
    primary key (company_id, import_id, row_number),
    foreign key (company_id, import_id) references ingest.import (company_id, id)
);
comment on table ingest.import_rejection is 'Rows that were refused: codes and columns in clear, the row itself sealed. pii=ciphertext';
call platform.protect('ingest.import_rejection', 'tenant_only');

create table ingest.kintell_session (
    company_id uuid not null,
    id uuid not null,
    external_id text not null,
    session_type text not null check (session_type in ('language', 'mentorship')),
    participant_id uuid not null,
    volunteer_id uuid not null,
    scheduled_at timestamptz not null,
    completed_at timestamptz not null,
    duration_minutes integer not null check (duration_minutes > 0),
    language_level text,
    topics text[] not null default '{}',
    focus_area text,
    rating numeric(5, 4) check (rating between 0 and 1),
    rating_scale text,
    rating_id uuid,
    feedback_text_id uuid,
    goals_text_id uuid,
    metadata_text_id uuid,
    content_hash bytea not null check (octet_length(content_hash) = 32),
    texts_hash bytea check (octet_length(texts_hash) = 32),
    import_id uuid not null,
    import_row bigint not null,
    import_line bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (company_id, id),
    unique (company_id, external_id),
    check ((rating is null) = (rating_scale is null) and (rating is null) = (rating_id is null))
);
comment on table ingest.kintell_session is 'Sessions as Kintell tells of them, with the import and row that last said so. pii=pseudonymous';
call platform.protect('ingest.kintell_session', 'tenant_only');
