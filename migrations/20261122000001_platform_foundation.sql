-- The ground that every other schema stands on: who may see a row, and the
-- procedure that puts a table behind that rule.

create schema if not exists platform;
grant usage on schema platform to attest_app, attest_worker, attest_reader;

-- The key that tenant contexts are signed with, as the two padded blocks of
-- HMAC (RFC 2104), because core Postgres has sha256() but no hmac(). Nobody but
-- the owner may read it; the definer function below does so on others' behalf.
create table platform.context_key (
    id smallint primary key,
    inner_block bytea not null check (octet_length(inner_block) = 64),
    outer_block bytea not null check (octet_length(outer_block) = 64),
    created_at timestamptz not null default now()
);
comment on table platform.context_key is 'Keys that sign the tenant context; readable by the owner only. pii=none';

-- The verified context of this transaction: 't:<company>' or 's:<reason>',
-- null when none is set; a context that is malformed, forged, of another
-- backend, of another role or expired is an error, never an empty answer.
create function platform.verified_context() returns text
language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp
as $$
declare
    raw text := current_setting('attest.context', true);
    part text[];
    message bytea;
begin
    if raw is null or raw = '' then
        return null;
    end if;
    part := string_to_array(raw, ':');
    if array_length(part, 1) is distinct from 4 or part[1] not in ('t', 's') or part[3] !~ '^[0-9]{1,15}$' or part[4] !~ '^[0-9a-f]{64}$' then
        raise exception 'bad tenant context' using errcode = 'insufficient_privilege';
    end if;
    message := convert_to(part[1] || ':' || part[2] || ':' || part[3] || ':' || session_user || ':' || pg_backend_pid(), 'UTF8');
    if not exists (
        select from platform.context_key as k
        where sha256(k.outer_block || sha256(k.inner_block || message)) = decode(part[4], 'hex')
    ) then
        raise exception 'bad tenant context' using errcode = 'insufficient_privilege';
    end if;
    if part[3]::bigint < extract(epoch from clock_timestamp()) then
        raise exception 'tenant context expired' using errcode = 'insufficient_privilege';
    end if;
    return part[1] || ':' || part[2];
end
$$;

-- The company whose rows this transaction may see; null sees nothing. The
-- system's own work has the nil company, whose rows belong to no tenant.
create function platform.current_company() returns uuid
language sql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp
as $$
    select case
        when c.value like 't:%' then substr(c.value, 3)::uuid
        when c.value like 's:%' then '00000000-0000-0000-0000-000000000000'::uuid
    end
    from platform.verified_context() as c(value)
$$;

-- Whether this transaction is the system's own work.
create function platform.is_system() returns boolean
language sql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(c.value like 's:%', false)
    from platform.verified_context() as c(value)
$$;

revoke all on function platform.verified_context(), platform.current_company(), platform.is_system() from public;
grant execute on function platform.current_company(), platform.is_system() to attest_owner, attest_app, attest_worker, attest_reader;

-- Puts a table behind row-level security, for its owner too, with one policy for
-- all commands, and grants what the roles need. `class` is the policy's name:
--   tenant_only       rows of the current company
--   tenant_or_system  those, or all for the system's own work
--   system_only       the system's own work
-- `changes` lists what app and worker may do beside reading.
create procedure platform.protect(target regclass, class text, changes text default 'insert, update, delete')
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    tenant constant text := 'company_id = (select platform.current_company())';
    system constant text := '(select platform.is_system())';
    rule text;
begin
    rule := case class
        when 'tenant_only' then tenant
        when 'tenant_or_system' then tenant || ' or ' || system
        when 'system_only' then system
    end;
    if rule is null then
        raise exception 'unknown policy class %', class;
    end if;
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy %I on %s for all using (%s) with check (%s)', class, target, rule, rule);
    execute format('grant select, %s on %s to attest_app, attest_worker', changes, target);
    execute format('grant select on %s to attest_reader', target);
end
$$;
revoke all on procedure platform.protect(regclass, text, text) from public;

-- What must not change once written.
create function platform.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '% on %.% is refused: entries are only ever added', tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
revoke all on function platform.refuse_change() from public;

-- One row a company: where its event stream and its audit chain stand. Locked
-- last in every transaction that adds to either, so that positions and the
-- chain follow the order of commits.
create table platform.tenant_head (
    company_id uuid primary key,
    stream_position bigint not null default 0,
    audit_seq bigint not null default 0,
    audit_hash bytea not null check (octet_length(audit_hash) = 32)
);
comment on table platform.tenant_head is 'Where each company''s event stream and audit chain stand. pii=none';
call platform.protect('platform.tenant_head', 'tenant_or_system');

create table platform.feature_flag (
    company_id uuid not null,
    flag text not null,
    enabled boolean not null,
    set_by uuid not null,
    set_at timestamptz not null,
    primary key (company_id, flag)
);
comment on table platform.feature_flag is 'Feature flags that a company has set otherwise than their default. pii=none';
call platform.protect('platform.feature_flag', 'tenant_only');
