insert into ingest.import
    (company_id, id, source, file_name, file_sha256, size_bytes, state, options, rows_total, rows_in, created, rejected, created_by, created_at, finished_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000201', 'kintell-sessions', 's', sha256('f'), 100,
        'committed', '{}', 2, 2, 1, 1, '0190b6a0-0000-7000-8000-0000000000ff', now(), now());
insert into ingest.import_rejection (company_id, import_id, row_number, line, errors, sealed_row)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000201', 2, 3, '[]', 's');
insert into ingest.kintell_session
    (company_id, id, external_id, session_type, participant_id, volunteer_id, scheduled_at, completed_at, duration_minutes,
     rating, rating_scale, rating_id, content_hash, import_id, import_row, import_line, created_at, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000211', 'k-1', 'language',
        '0190b6a0-0000-7000-8000-000000000101', '0190b6a0-0000-7000-8000-000000000102', now(), now(), 45,
        0.8, '1-5', gen_random_uuid(), sha256('c'), '0190b6a0-0000-7000-8000-000000000201', 1, 2, now(), now());
