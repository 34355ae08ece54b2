-- What sources other than Kintell sessions tell of, in one table: the columns are what
-- every kind shares, `data` is the rest of the payload without personal data and free
-- text. Both of these are in the vault; `texts` says where.

create table ingest.record (
    company_id uuid not null,
    id uuid not null,
    source text not null,
    external_id text not null,
    person_id uuid,
    other_person_id uuid,
    people uuid[] not null default '{}',
    parent_id uuid,
    parent_external_id text,
    orphan boolean not null default false,
    occurred_at timestamptz,
    data jsonb not null,
    texts jsonb not null default '{}',
    unclaimed bytea,
    content_hash bytea not null check (octet_length(content_hash) = 32),
    import_id uuid,
    import_row bigint,
    import_line bigint,
    delivery_id uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (company_id, id),
    unique (company_id, source, external_id),
    check ((parent_id is null) = (parent_external_id is null)),
    check (not orphan or parent_id is not null),
    check (unclaimed is null or orphan),
    constraint record_one_origin check (
        (import_id is null) = (delivery_id is not null)
        and (import_id is null) = (import_row is null)
        and (import_id is null) = (import_line is null)
    )
);
create index record_person on ingest.record (company_id, person_id);
create index record_orphan on ingest.record (company_id, parent_id) where orphan;
comment on table ingest.record is 'Matches, check-ins, courses and all else that is no Kintell session, with the import or delivery that last said so; texts wait sealed in unclaimed until their match is known. pii=ciphertext';
call platform.protect('ingest.record', 'tenant_only');
