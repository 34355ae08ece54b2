insert into ingest.kintell_session
    (company_id, id, external_id, session_type, participant_id, volunteer_id, scheduled_at, completed_at, duration_minutes,
     content_hash, delivery_id, created_at, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000212', 'k-2', 'mentorship',
        '0190b6a0-0000-7000-8000-000000000101', '0190b6a0-0000-7000-8000-000000000102', now(), now(), 30,
        sha256('d'), '0190b6a0-0000-7000-8000-000000000202', now(), now());
