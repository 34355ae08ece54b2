-- A session may be told of by a delivery as well as by a row of a file.

alter table ingest.kintell_session
    add column delivery_id uuid,
    alter column import_id drop not null,
    alter column import_row drop not null,
    alter column import_line drop not null,
    add constraint kintell_session_one_origin check (
        (import_id is null) = (delivery_id is not null)
        and (import_id is null) = (import_row is null)
        and (import_id is null) = (import_line is null)
    );
