-- What buddies do and learners learn, as far as journeys need it, and the level of
-- language sessions.

alter table profile.session_fact add column language_level text
    check (language_level in ('A1', 'A2', 'B1', 'B2', 'C1', 'C2'));

create table profile.match_fact (
    company_id uuid not null,
    match_id uuid not null,
    participant_id uuid not null,
    buddy_id uuid not null,
    matched_at timestamptz not null,
    ended_at timestamptz,
    ended_well boolean not null default false,
    primary key (company_id, match_id)
);
create index match_fact_participant on profile.match_fact (company_id, participant_id);
create index match_fact_buddy on profile.match_fact (company_id, buddy_id);
comment on table profile.match_fact is 'Buddy matches as far as journeys need them. pii=pseudonymous';
call platform.protect('profile.match_fact', 'tenant_only');

-- No foreign key to the match: what it did may be read before it is. A row names its
-- people, or its match, whose people they then are.
create table profile.buddy_fact (
    company_id uuid not null,
    kind text not null check (kind in ('logged', 'attended', 'checkin', 'feedback', 'skill_share', 'milestone')),
    key text not null,
    match_id uuid,
    person_id uuid,
    other_id uuid,
    by_buddy boolean not null default false,
    at timestamptz not null,
    primary key (company_id, kind, key),
    check (match_id is not null or person_id is not null)
);
create index buddy_fact_match on profile.buddy_fact (company_id, match_id);
create index buddy_fact_person on profile.buddy_fact (company_id, person_id);
create index buddy_fact_other on profile.buddy_fact (company_id, other_id) where other_id is not null;
comment on table profile.buddy_fact is 'What buddies do, say and reach, as far as journeys need it. pii=pseudonymous';
call platform.protect('profile.buddy_fact', 'tenant_only');

create table profile.course_fact (
    company_id uuid not null,
    progress_id uuid not null,
    person_id uuid not null,
    status text not null check (status in ('enrolled', 'in_progress', 'completed', 'dropped')),
    progress_percent integer not null check (progress_percent between 0 and 100),
    since timestamptz not null,
    completed_at timestamptz,
    updated_at timestamptz not null,
    primary key (company_id, progress_id)
);
create index course_fact_person on profile.course_fact (company_id, person_id);
comment on table profile.course_fact is 'Who is in which course and how far, as far as journeys need it. pii=pseudonymous';
call platform.protect('profile.course_fact', 'tenant_only');

create table profile.credential_fact (
    company_id uuid not null,
    credential_id uuid not null,
    person_id uuid not null,
    issued_at timestamptz not null,
    primary key (company_id, credential_id)
);
create index credential_fact_person on profile.credential_fact (company_id, person_id);
comment on table profile.credential_fact is 'Credentials as far as journeys need them. pii=pseudonymous';
call platform.protect('profile.credential_fact', 'tenant_only');
