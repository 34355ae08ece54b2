insert into ingest.webhook_endpoint (company_id, id, source, description, rating_scale, secret, created_by, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000301', 'kintell', 'Kintell', '1-5', 's',
        '0190b6a0-0000-7000-8000-0000000000ff', now());
insert into ingest.inbox_delivery (company_id, id, endpoint_id, delivery_id, source, kind, body, due_at, received_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000302', '0190b6a0-0000-7000-8000-000000000301',
        'd-1', 'kintell', 'session-completed', 's', now(), now());
