insert into profile.profile (company_id, id, is_participant, first_seen_at, updated_at, is_set, is_shown)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000103', true, now(), now(), false, false),
       ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000104', true, now(), now(), true, true);
insert into profile.merge (company_id, id, kept_id, merged_id, reason, merged_by, merged_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), '0190b6a0-0000-7000-8000-000000000101',
        '0190b6a0-0000-7000-8000-000000000103', 'entered_twice', 'user:usr_1', now());
insert into profile.person_link (company_id, set_id, person_id, survivor_id, is_current)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000104', '0190b6a0-0000-7000-8000-000000000101',
        '0190b6a0-0000-7000-8000-000000000101', true),
       ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000104', '0190b6a0-0000-7000-8000-000000000103',
        '0190b6a0-0000-7000-8000-000000000101', true);
insert into profile.match_suggestion (company_id, id, person_id, other_id, reason, score, source, state, suggested_at)
values ('0190b6a0-0000-7000-8000-000000000001', gen_random_uuid(), '0190b6a0-0000-7000-8000-000000000101',
        '0190b6a0-0000-7000-8000-000000000103', 'same_name', 0.5, 'buddy-users', 'pending', now());
