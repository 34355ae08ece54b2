insert into profile.profile (company_id, id, is_volunteer, first_seen_at, updated_at, heard_at)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000601', true, now(), now(), now());
