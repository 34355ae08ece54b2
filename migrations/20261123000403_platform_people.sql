-- Every link between an identifier and a person says why it was made, how sure that
-- was and from what source; names are kept to be compared without being opened; and
-- an address has one fingerprint in the whole installation, which reveals nothing.

alter table platform.person_identifier add column reason text not null default 'first_seen'
    check (reason in ('first_seen', 'external_id', 'email', 'email_and_name', 'by_hand', 'seen_beside'));
alter table platform.person_identifier add column score numeric(4, 3) not null default 1 check (score between 0 and 1);
alter table platform.person_identifier add column source text not null default 'unknown' check (char_length(source) between 1 and 63);
comment on column platform.person_identifier.reason is 'Why the identifier was taken for this person''s; seen_beside is of one that is another''s';

create table platform.person_name (
    company_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    sealed bytea not null,
    source text not null check (char_length(source) between 1 and 63),
    created_at timestamptz not null,
    primary key (company_id, id),
    unique (company_id, person_id, fingerprint),
    foreign key (company_id, person_id) references platform.person (company_id, id)
);
create index person_name_fingerprint on platform.person_name (company_id, fingerprint);
comment on table platform.person_name is 'Full names of people, sealed, and a keyed fingerprint of each normalised name. pii=ciphertext';
call platform.protect('platform.person_name', 'tenant_only', 'insert, delete');

create table platform.person_fingerprint (
    company_id uuid not null,
    identifier_id uuid not null,
    person_id uuid not null,
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    primary key (company_id, identifier_id),
    foreign key (company_id, person_id) references platform.person (company_id, id),
    foreign key (company_id, identifier_id) references platform.person_identifier (company_id, id)
);
create index person_fingerprint_all on platform.person_fingerprint (fingerprint, company_id);
create index person_fingerprint_person on platform.person_fingerprint (company_id, person_id);
comment on table platform.person_fingerprint is 'Fingerprints of addresses under a key of the installation, to count in how many companies one person is. pii=pseudonymous';
call platform.protect('platform.person_fingerprint', 'tenant_or_system', 'insert, delete');

-- What a person could still be found by goes with the key.
create function platform.forget_person() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from platform.person_fingerprint where company_id = new.company_id and person_id = new.id;
    delete from platform.person_name where company_id = new.company_id and person_id = new.id;
    return null;
end
$$;
revoke all on function platform.forget_person() from public;
create trigger person_forgotten after update of wrapped_key on platform.person
    for each row when (old.wrapped_key is not null and new.wrapped_key is null)
    execute function platform.forget_person();
