-- Where people are known by name: everything here is ciphertext or a keyed
-- fingerprint. Keys below the root key are stored wrapped by the one above.

create table platform.company_key (
    company_id uuid not null,
    kind text not null check (kind in ('company_data', 'company_index', 'company_audit')),
    version integer not null check (version > 0),
    root_version integer not null check (root_version > 0),
    wrapped bytea not null,
    created_at timestamptz not null,
    primary key (company_id, kind, version)
);
comment on table platform.company_key is 'Keys of a company, wrapped by the root key. pii=none';
call platform.protect('platform.company_key', 'tenant_only');

create table platform.person (
    company_id uuid not null,
    id uuid not null,
    wrapped_key bytea,
    key_version integer not null,
    created_at timestamptz not null,
    erased_at timestamptz,
    primary key (company_id, id),
    check ((wrapped_key is null) = (erased_at is not null))
);
comment on table platform.person is 'A human, with the key that their data is sealed by; destroying it is erasure. pii=pseudonymous';
call platform.protect('platform.person', 'tenant_only');

create table platform.person_identifier (
    company_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    kind text not null check (char_length(kind) between 1 and 50),
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    sealed bytea not null,
    created_at timestamptz not null,
    primary key (company_id, id),
    unique (company_id, kind, fingerprint),
    foreign key (company_id, person_id) references platform.person (company_id, id)
);
create index person_identifier_person on platform.person_identifier (company_id, person_id);
comment on table platform.person_identifier is 'What a person is known by elsewhere, sealed, and a keyed fingerprint to find them by. pii=ciphertext';
call platform.protect('platform.person_identifier', 'tenant_only');

create table platform.sealed_text (
    company_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    kind text not null check (char_length(kind) between 1 and 50),
    sealed bytea not null,
    created_at timestamptz not null,
    primary key (company_id, id),
    foreign key (company_id, person_id) references platform.person (company_id, id)
);
create index sealed_text_person on platform.sealed_text (company_id, person_id);
comment on table platform.sealed_text is 'Raw free text in a person''s own words, sealed by that person''s key. pii=ciphertext';
call platform.protect('platform.sealed_text', 'tenant_only');
