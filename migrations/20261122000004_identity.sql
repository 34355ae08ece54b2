-- Companies, the people who log in, and their sessions. Names and addresses of
-- the latter live in the vault, under the system's own company.

create schema identity;
grant usage on schema identity to attest_app, attest_worker, attest_reader;

create table identity.company (
    company_id uuid primary key,
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text not null check (char_length(name) between 1 and 255),
    zone text not null,
    created_at timestamptz not null
);
comment on table identity.company is 'Tenants. pii=none';
call platform.protect('identity.company', 'tenant_or_system');

-- A system administrator is no member of any company and reaches all of them.
create table identity.user_account (
    id uuid primary key,
    password_hash text not null,
    system_admin boolean not null default false,
    created_at timestamptz not null,
    disabled_at timestamptz
);
comment on table identity.user_account is 'People who log in, by their person id in the vault. pii=pseudonymous';
call platform.protect('identity.user_account', 'system_only');

create table identity.membership (
    company_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    role text not null check (role <> 'system_admin'),
    created_at timestamptz not null,
    ended_at timestamptz,
    primary key (company_id, id),
    unique (company_id, user_id),
    foreign key (company_id) references identity.company (company_id)
);
create index membership_user on identity.membership (user_id) where ended_at is null;
comment on table identity.membership is 'Who has which role in which company. pii=pseudonymous';
call platform.protect('identity.membership', 'tenant_or_system');

create table identity.login_session (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    user_id uuid not null references identity.user_account (id),
    chosen_company_id uuid,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);
create index login_session_user on identity.login_session (user_id);
comment on table identity.login_session is 'Browser sessions, by the hash of their token. pii=pseudonymous';
call platform.protect('identity.login_session', 'system_only');
