-- One human under several person ids: which ids are one, since when, by whom and
-- why; and the pairs that somebody should look at. Facts keep the id they came
-- with. Who is one with others has a set; what is known of them together lies
-- beside what is known of each, under the set's id, so that undoing a merge takes
-- rows away and rewrites none.

alter table profile.profile add column is_set boolean not null default false;
alter table profile.profile add column is_shown boolean not null default true;
comment on column profile.profile.is_set is 'Whether the row is of several people who are one; its id is the set''s';
comment on column profile.profile.is_shown is 'False for people who are shown as one with others, and for sets that are part of a larger one';

alter table profile.journey_flag add column is_of_set boolean not null default false;
comment on column profile.journey_flag.is_of_set is 'Whether it was set by hand of several people who are one, rather than taken from one of them';

create table profile.merge (
    company_id uuid not null,
    id uuid not null,
    kept_id uuid not null,
    merged_id uuid not null,
    reason text not null check (reason in ('confirmed', 'entered_twice', 'new_account', 'new_address', 'other')),
    merged_by text not null,
    merged_at timestamptz not null,
    undone_by text,
    undone_at timestamptz,
    primary key (company_id, id),
    check (kept_id <> merged_id),
    check ((undone_by is null) = (undone_at is null)),
    foreign key (company_id, kept_id) references profile.profile (company_id, id),
    foreign key (company_id, merged_id) references profile.profile (company_id, id)
);
-- An id is another name for at most one other.
create unique index merge_alias on profile.merge (company_id, merged_id) where undone_at is null;
create index merge_kept on profile.merge (company_id, kept_id) where undone_at is null;
comment on table profile.merge is 'Every merge of two people, those undone among them. pii=pseudonymous';
call platform.protect('profile.merge', 'tenant_only');

create table profile.person_link (
    company_id uuid not null,
    set_id uuid not null,
    person_id uuid not null,
    survivor_id uuid not null,
    is_current boolean not null,
    primary key (company_id, set_id, person_id),
    foreign key (company_id, set_id) references profile.profile (company_id, id),
    foreign key (company_id, person_id) references profile.profile (company_id, id),
    foreign key (company_id, survivor_id) references profile.profile (company_id, id)
);
create index person_link_person on profile.person_link (company_id, person_id);
create unique index person_link_current on profile.person_link (company_id, person_id) where is_current;
comment on table profile.person_link is 'Which people are one, and whose id stands for them. pii=pseudonymous';
call platform.protect('profile.person_link', 'tenant_only');

create table profile.match_suggestion (
    company_id uuid not null,
    id uuid not null,
    person_id uuid not null,
    other_id uuid not null,
    reason text not null check (reason in
        ('same_email', 'email_under_two_names', 'identifiers_disagree', 'same_name', 'same_name_and_domain', 'same_name_and_mailbox')),
    score numeric(4, 3) not null check (score between 0 and 1),
    source text not null,
    state text not null check (state in ('pending', 'merged', 'dismissed')),
    suggested_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    decided_why text,
    primary key (company_id, id),
    unique (company_id, person_id, other_id),
    check (person_id < other_id),
    check ((state = 'pending') = (decided_at is null)),
    foreign key (company_id, person_id) references profile.profile (company_id, id),
    foreign key (company_id, other_id) references profile.profile (company_id, id)
);
create index match_suggestion_state on profile.match_suggestion (company_id, state, score desc, id);
comment on table profile.match_suggestion is 'Pairs of people who may be one, and what was decided. pii=pseudonymous';
call platform.protect('profile.match_suggestion', 'tenant_only');
