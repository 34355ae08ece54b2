insert into profile.profile (company_id, id, is_participant, first_seen_at, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000101', true, now(), now());
insert into profile.enrolment (company_id, id, person_id, programme, status, enrolled_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), '0190b6a0-0000-7000-8000-000000000101', 'language', 'active', now());
insert into profile.session_fact (company_id, session_id, programme, participant_id, volunteer_id, starts_at, completed_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000211', 'language',
        '0190b6a0-0000-7000-8000-000000000101', '0190b6a0-0000-7000-8000-000000000102', now(), now());
insert into profile.rating_fact (company_id, rating_id, session_id, rating)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), '0190b6a0-0000-7000-8000-000000000211', 0.8);
insert into profile.external_id (company_id, id, person_id, provider, identifier_id, linked_by, linked_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), '0190b6a0-0000-7000-8000-000000000101', 'kintell', gen_random_uuid(), 'system', now());
insert into profile.journey_flag (company_id, person_id, flag, value, set_by, set_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000101', 'some_flag', 'true', 'rule', now());
insert into profile.journey_flag_history (company_id, id, person_id, flag, new_value, changed_by, changed_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), '0190b6a0-0000-7000-8000-000000000101', 'some_flag', 'true', 'rule', now());
insert into profile.milestone (company_id, person_id, milestone, reached_at, event_id)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000101', 'first_session', now(), gen_random_uuid());
