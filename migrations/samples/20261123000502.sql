insert into ingest.prior_version (company_id, import_id, kind, record_id, version)
values ('0190b6a0-0000-7000-8000-000000000001', '0190b6a0-0000-7000-8000-000000000201', 'kintell_session',
        '0190b6a0-0000-7000-8000-000000000211', '{}');
