-- Which rating a session's rating is, so that it goes when it is withdrawn. Rows from
-- before have none; their rating goes by the session.
alter table insight.session_fact add column rating_id uuid;
create index session_fact_rating on insight.session_fact (company_id, rating_id);
