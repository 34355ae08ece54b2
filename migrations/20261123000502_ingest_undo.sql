-- An import can be checked before it is committed, abandoned, and undone after it was committed.

alter table ingest.import
    add column check_result jsonb,
    add column undo_result jsonb,
    add column undone_at timestamptz,
    drop constraint import_state_check,
    drop constraint import_check3,
    drop constraint import_check4,
    add constraint import_state_check check (
        state in ('uploaded', 'checked', 'running', 'committed', 'failed', 'abandoned', 'undoing', 'undone')
    ),
    add constraint import_ended check (
        (state in ('committed', 'failed', 'abandoned', 'undoing', 'undone')) = (finished_at is not null)
    ),
    add constraint import_problem check (
        (problem is null) = (problem_code is null) and (state <> 'failed' or problem_code is not null)
    ),
    add constraint import_checked check (state <> 'checked' or check_result is not null),
    add constraint import_undone check ((state = 'undone') = (undone_at is not null));

-- Which import made a session; none for one that a delivery made.
alter table ingest.kintell_session add column first_import_id uuid;
alter table ingest.kintell_session no force row level security;
update ingest.kintell_session set first_import_id = import_id where created_at = updated_at;
alter table ingest.kintell_session force row level security;

create table ingest.prior_version (
    company_id uuid not null,
    import_id uuid not null,
    kind text not null check (kind in ('kintell_session', 'record')),
    record_id uuid not null,
    version jsonb not null,
    primary key (company_id, import_id, kind, record_id),
    foreign key (company_id, import_id) references ingest.import (company_id, id)
);
comment on table ingest.prior_version is 'What an import has changed, as it was before, so that the import can be undone. pii=ciphertext';
call platform.protect('ingest.prior_version', 'tenant_only');

alter table ingest.record add column first_import_id uuid;
alter table ingest.record no force row level security;
update ingest.record set first_import_id = import_id where created_at = updated_at;
alter table ingest.record force row level security;

create index record_parent on ingest.record (company_id, parent_id) where parent_id is not null;
