-- A text's person is looked for at the commit: a transaction may store texts of people whom the one before it has made
-- and not yet committed.

alter table platform.sealed_text
    alter constraint sealed_text_company_id_person_id_fkey deferrable initially deferred;
