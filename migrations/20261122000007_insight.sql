-- Figures of a company and a period, and what they were made from.

create schema insight;
grant usage on schema insight to attest_app, attest_worker, attest_reader;

create table insight.session_fact (
    company_id uuid not null,
    session_id uuid not null,
    programme text not null check (programme in ('language', 'mentorship')),
    participant_id uuid not null,
    volunteer_id uuid not null,
    month date not null check (extract(day from month) = 1),
    completed_at timestamptz not null,
    duration_minutes integer not null check (duration_minutes > 0),
    rating numeric(7, 6) check (rating between 0 and 1),
    origin text not null,
    primary key (company_id, session_id)
);
create index session_fact_month on insight.session_fact (company_id, month);
comment on table insight.session_fact is 'Sessions as far as figures need them, with the import row they came from. pii=pseudonymous';
call platform.protect('insight.session_fact', 'tenant_only');

create table insight.dirty_month (
    company_id uuid not null,
    month date not null,
    mark uuid not null,
    primary key (company_id, month)
);
comment on table insight.dirty_month is 'Months whose figures must be computed again, each under the mark of its last change. pii=none';
call platform.protect('insight.dirty_month', 'tenant_only');

create table insight.figure (
    company_id uuid not null,
    id uuid not null,
    metric text not null,
    period text not null,
    value numeric,
    sample_size bigint not null check (sample_size >= 0),
    formula_version text not null,
    computed_at timestamptz not null,
    primary key (company_id, id),
    unique (company_id, metric, period)
);
comment on table insight.figure is 'Figures by company, metric and period, as last computed. pii=none';
call platform.protect('insight.figure', 'tenant_only');
