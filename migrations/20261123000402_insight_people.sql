-- Which people are one, so that figures count each human once. Facts keep the person
-- id they came with; undoing a merge takes a row away.
create table insight.person_link (
    company_id uuid not null,
    person_id uuid not null,
    survivor_id uuid not null,
    root_id uuid not null,
    primary key (company_id, person_id),
    check (person_id <> survivor_id and person_id <> root_id)
);
create index person_link_survivor on insight.person_link (company_id, survivor_id);
create index person_link_root on insight.person_link (company_id, root_id);
comment on table insight.person_link is 'Ids that are another name for a person: for whom, and who stands at the end of the way. pii=pseudonymous';
call platform.protect('insight.person_link', 'tenant_only');
