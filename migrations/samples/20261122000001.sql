-- Rows as they may lie in the database once this migration has run.
insert into platform.context_key (id, inner_block, outer_block)
values (1, sha256('i') || sha256('i'), sha256('o') || sha256('o'));
insert into platform.tenant_head (company_id, stream_position, audit_seq, audit_hash)
values ('0190b6a0-0000-7000-8000-000000000001', 2, 1, sha256('a')),
       ('0190b6a0-0000-7000-8000-000000000002', 0, 0, sha256('b'));
insert into platform.feature_flag (company_id, flag, enabled, set_by, set_at)
values ('0190b6a0-0000-7000-8000-000000000001', 'some.flag', true, '0190b6a0-0000-7000-8000-0000000000ff', now());
