insert into identity.company (company_id, slug, name, zone, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', 'acme', 'Acme', 'Europe/Oslo', now()),
       ('0190b6a0-0000-7000-8000-000000000002', 'globex', 'Globex', 'Europe/Kyiv', now());
insert into identity.user_account (id, password_hash, created_at)
values ('0190b6a0-0000-7000-8000-0000000000ff', '$argon2id$', now());
insert into identity.membership (company_id, id, user_id, role, created_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), '0190b6a0-0000-7000-8000-0000000000ff', 'company_admin', now());
insert into identity.login_session (token_hash, user_id, created_at, last_seen_at, expires_at)
values (sha256('t'), '0190b6a0-0000-7000-8000-0000000000ff', now(), now(), now());
