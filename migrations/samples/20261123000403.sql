insert into platform.person_name (company_id, id, person_id, fingerprint, sealed, source, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000131',
        '0190b6a0-0000-7000-8000-000000000101', sha256('n'), 's', 'buddy-users', now());
insert into platform.person_fingerprint (company_id, identifier_id, person_id, fingerprint)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000111',
        '0190b6a0-0000-7000-8000-000000000101', sha256('p'));
