insert into platform.audit_entry
    (company_id, seq, at, actor, action, resource_kind, resource_id, request_id, outcome, details, hash)
values ('0190b6a0-0000-7000-8000-000000000001', 1, now(), 'operator', 'import.upload', 'import', 'imp_1',
        '0190b6a0-0000-7000-8000-0000000000aa', 'success', '{}', sha256('h'));
insert into platform.idempotency_record (company_id, actor_id, key_hash, request_hash, status, body, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-0000000000ff', sha256('k'), sha256('r'), 201, '{}', now());
insert into platform.outbox (company_id, position, event_id, type, subject, body)
select '0190b6a0-0000-7000-8000-000000000001', n, gen_random_uuid(), 'kintell.session.completed', 's', '{}'
from generate_series(1, 2) as n;
insert into platform.subscription (company_id, consumer, position, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', 'profile.journey', 2, now());
insert into platform.inbox (company_id, consumer, event_id, processed_at)
values ('0190b6a0-0000-7000-8000-000000000001', 'profile.journey', gen_random_uuid(), now());
insert into platform.parked_event (company_id, consumer, position, subject, attempts, next_attempt_at, error)
values ('0190b6a0-0000-7000-8000-000000000001', 'profile.journey', 2, 's', 1, now(), 'it failed');
insert into platform.dead_letter (company_id, id, consumer, position, event_type, attempts, error, died_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), 'profile.journey', 1, 'kintell.session.completed', 8, 'it failed', now());
insert into platform.job (company_id, id, kind, payload, state, run_at, lease_owner, lease_until, correlation_id, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), 'RunImport', '{}', 'queued', now(), null, null, gen_random_uuid(), now()),
       ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), 'RunImport', '{}', 'running', now(), gen_random_uuid(), now(), gen_random_uuid(), now());
insert into platform.schedule (name, cron, zone, next_run_at) values ('some.schedule', '0 3 * * *', 'Europe/Oslo', now());
insert into platform.leader (name, owner, lease_until) values ('schedules', gen_random_uuid(), now());
