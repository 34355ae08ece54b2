insert into insight.session_fact
    (company_id, session_id, programme, participant_id, volunteer_id, month, completed_at, duration_minutes, origin, rating, rating_id)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), 'language', gen_random_uuid(), gen_random_uuid(),
        '2026-03-01', '2026-03-10T10:00:00Z', 60, '/test', 0.5, gen_random_uuid());
