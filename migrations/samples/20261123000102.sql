insert into ingest.record
    (company_id, id, source, external_id, person_id, other_person_id, occurred_at, data, texts, content_hash,
     import_id, import_row, import_line, created_at, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-8000-8000-000000000221', 'buddy-matches',
        '0190b6a0-0000-4000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000101', '0190b6a0-0000-7000-8000-000000000102',
        now(), '{"matched_at": "2026-03-01T10:00:00Z", "status": "active"}', '{}', sha256('m'),
        '0190b6a0-0000-7000-8000-000000000201', 1, 2, now(), now());
insert into ingest.record
    (company_id, id, source, external_id, parent_id, parent_external_id, orphan, data, unclaimed, content_hash, delivery_id, created_at, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-8000-8000-000000000222', 'buddy-checkins', 'c-1',
        '0190b6a0-0000-8000-8000-000000000299', 'm-9', true, '{}', 's', sha256('c'),
        '0190b6a0-0000-7000-8000-000000000202', now(), now());
