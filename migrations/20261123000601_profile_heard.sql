-- When somebody was first heard of, whatever was said of them: what is left to go by
-- when the sessions are withdrawn that moved first_seen_at to an earlier day.
alter table profile.profile add column heard_at timestamptz;
comment on column profile.profile.heard_at is 'When the row was made for the first event about the person; null for sets and for rows from before it was kept';
