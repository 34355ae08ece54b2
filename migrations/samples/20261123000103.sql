insert into profile.match_fact (company_id, match_id, participant_id, buddy_id, matched_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-8000-8000-000000000221',
        '0190b6a0-0000-7000-8000-000000000101', '0190b6a0-0000-7000-8000-000000000102', now());
insert into profile.buddy_fact (company_id, kind, key, match_id, at)
values ('0190b6a0-0000-7000-8000-000000000001', 'checkin', '0190b6a0-0000-8000-8000-000000000222',
        '0190b6a0-0000-8000-8000-000000000221', now());
insert into profile.course_fact (company_id, progress_id, person_id, status, progress_percent, since, updated_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-8000-8000-000000000231',
        '0190b6a0-0000-7000-8000-000000000101', 'in_progress', 40, now(), now());
insert into profile.credential_fact (company_id, credential_id, person_id, issued_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-8000-8000-000000000232',
        '0190b6a0-0000-7000-8000-000000000101', now());
