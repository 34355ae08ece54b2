insert into insight.session_fact
    (company_id, session_id, programme, participant_id, volunteer_id, month, completed_at, duration_minutes, rating, origin)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000211', 'language',
        '0190b6a0-0000-7000-8000-000000000101', '0190b6a0-0000-7000-8000-000000000102', '2026-11-01', now(), 45, 0.8, '/ingest/imports/1/rows/1');
insert into insight.dirty_month (company_id, month, mark)
values ('0190b6a0-0000-7000-8000-000000000001', '2026-11-01', gen_random_uuid());
insert into insight.figure (company_id, id, metric, period, value, sample_size, formula_version, computed_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), 'sessions', '2026-11', 1, 1, '1', now());
