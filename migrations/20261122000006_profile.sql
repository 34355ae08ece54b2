-- What a person is to the programmes: roles, enrolments, journey. Fed by events.

create schema profile;
grant usage on schema profile to attest_app, attest_worker, attest_reader;

create table profile.profile (
    company_id uuid not null,
    id uuid not null,
    is_participant boolean not null default false,
    is_volunteer boolean not null default false,
    version bigint not null default 1,
    first_seen_at timestamptz not null,
    last_active_at timestamptz,
    updated_at timestamptz not null,
    primary key (company_id, id)
);
comment on table profile.profile is 'Participants and volunteers, by person id. pii=pseudonymous';
call platform.protect('profile.profile', 'tenant_only');

create table profile.enrolment (
    company_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    programme text not null check (programme in ('buddy', 'language', 'mentorship', 'upskilling')),
    status text not null check (status in ('active', 'completed', 'dropped')),
    enrolled_at timestamptz not null,
    completed_at timestamptz,
    primary key (company_id, id),
    unique (company_id, person_id, programme),
    foreign key (company_id, person_id) references profile.profile (company_id, id)
);
comment on table profile.enrolment is 'Which person is in which programme. pii=pseudonymous';
call platform.protect('profile.enrolment', 'tenant_only');

create table profile.session_fact (
    company_id uuid not null,
    session_id uuid not null,
    programme text not null check (programme in ('language', 'mentorship')),
    participant_id uuid not null,
    volunteer_id uuid not null,
    starts_at timestamptz not null,
    completed_at timestamptz,
    primary key (company_id, session_id)
);
create index session_fact_participant on profile.session_fact (company_id, participant_id, programme);
create index session_fact_volunteer on profile.session_fact (company_id, volunteer_id, completed_at);
comment on table profile.session_fact is 'Sessions as far as journeys need them; without completed_at they are only agreed on. pii=pseudonymous';
call platform.protect('profile.session_fact', 'tenant_only');

-- No foreign key to the session: a rating may be read before its session is.
create table profile.rating_fact (
    company_id uuid not null,
    rating_id uuid not null,
    session_id uuid not null,
    rating numeric(7, 6) not null check (rating between 0 and 1),
    primary key (company_id, rating_id)
);
create index rating_fact_session on profile.rating_fact (company_id, session_id);
comment on table profile.rating_fact is 'Ratings of sessions, from 0 to 1, as far as journeys need them. pii=pseudonymous';
call platform.protect('profile.rating_fact', 'tenant_only');

create table profile.external_id (
    company_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    provider text not null check (provider in ('buddy', 'discord', 'kintell', 'upskilling')),
    identifier_id uuid not null,
    linked_by text not null,
    linked_at timestamptz not null,
    primary key (company_id, id),
    unique (company_id, identifier_id),
    foreign key (company_id, person_id) references profile.profile (company_id, id)
);
comment on table profile.external_id is 'Ids that other systems know a person by; the value itself is in the vault. pii=pseudonymous';
call platform.protect('profile.external_id', 'tenant_only');

create table profile.journey_flag (
    company_id uuid not null,
    person_id uuid not null,
    flag text not null,
    value jsonb not null,
    set_by text not null,
    set_at timestamptz not null,
    expires_at timestamptz,
    primary key (company_id, person_id, flag),
    foreign key (company_id, person_id) references profile.profile (company_id, id)
);
comment on table profile.journey_flag is 'Where a person stands on the journey. pii=pseudonymous';
call platform.protect('profile.journey_flag', 'tenant_only');

create table profile.journey_flag_history (
    company_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    flag text not null,
    old_value jsonb,
    new_value jsonb,
    changed_by text not null,
    event_id uuid,
    changed_at timestamptz not null,
    primary key (company_id, id)
);
create index journey_flag_history_person on profile.journey_flag_history (company_id, person_id, changed_at, id);
comment on table profile.journey_flag_history is 'Every change of every flag. pii=pseudonymous';
call platform.protect('profile.journey_flag_history', 'tenant_only', 'insert, delete');

create table profile.milestone (
    company_id uuid not null,
    person_id uuid not null,
    milestone text not null,
    reached_at timestamptz not null,
    event_id uuid not null,
    primary key (company_id, person_id, milestone),
    foreign key (company_id, person_id) references profile.profile (company_id, id)
);
comment on table profile.milestone is 'Milestones that a person has reached. pii=pseudonymous';
call platform.protect('profile.milestone', 'tenant_only');
