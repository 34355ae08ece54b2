insert into platform.company_key (company_id, kind, version, root_version, wrapped, created_at)
select c.id, k.kind, 1, 1, sha256('k'), now()
from (values ('0190b6a0-0000-7000-8000-000000000001'::uuid), ('0190b6a0-0000-7000-8000-000000000002')) as c (id),
     (values ('company_data'), ('company_index'), ('company_audit')) as k (kind);
insert into platform.person (company_id, id, wrapped_key, key_version, created_at, erased_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000101', 'k', 1, now(), null),
       ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000102', null, 1, now(), now()),
       ('0190b6a0-0000-7000-8000-000000000002', '0190b6a0-0000-7000-8000-000000000101', 'k', 1, now(), null);
insert into platform.person_identifier (company_id, id, person_id, kind, fingerprint, sealed, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000111',
        '0190b6a0-0000-7000-8000-000000000101', 'email', sha256('f'), 's', now());
insert into platform.sealed_text (company_id, id, person_id, kind, sealed, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000121',
        '0190b6a0-0000-7000-8000-000000000101', 'session_feedback', 's', now());
