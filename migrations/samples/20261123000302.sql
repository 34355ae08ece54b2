insert into ingest.kintell_booking
    (company_id, id, external_id, session_type, participant_id, volunteer_id, scheduled_at, delivery_id, created_at, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000311', 'b-1', 'language',
        '0190b6a0-0000-7000-8000-000000000101', '0190b6a0-0000-7000-8000-000000000102', now(),
        '0190b6a0-0000-7000-8000-000000000302', now(), now());
