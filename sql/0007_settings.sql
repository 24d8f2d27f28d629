-- What operators decide while the suite runs: one document, under a revision that grows with every change. It holds what
-- was said, defaults do not stand in it, and neither do connections or secrets.
CREATE TABLE settings (
    -- There is one row, and no second.
    id       boolean PRIMARY KEY DEFAULT true CHECK (id),
    revision bigint NOT NULL,
    document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    author   text NOT NULL,
    reason   text NOT NULL,
    saved_at timestamptz NOT NULL
);
INSERT INTO settings (revision, document, author, reason, saved_at) VALUES (0, '{}', 'suite', 'defaults', now());

-- Every document that was replaced, with who wrote it and why; the latest hundred are kept.
CREATE TABLE settings_backups (
    revision    bigint PRIMARY KEY,
    document    jsonb NOT NULL,
    author      text NOT NULL,
    reason      text NOT NULL,
    saved_at    timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL,
    size_bytes  integer NOT NULL
);

-- The one way to change the settings: replaces the document if its revision is still the expected one (NULL: whatever it
-- is), keeps the old one in the same transaction, and returns the new revision. 55000: the revision is another.
CREATE FUNCTION save_settings(new_document jsonb, expected_revision bigint, author text, reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
#variable_conflict use_variable
DECLARE
    old settings;
BEGIN
    IF new_document IS NULL OR jsonb_typeof(new_document) <> 'object'
       OR octet_length(new_document::text) > 262144 THEN
        RAISE EXCEPTION 'expected an object of at most 262144 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(length(author), 0) NOT BETWEEN 1 AND 200 OR coalesce(length(reason), 0) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'expected who saves and why' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO STRICT old FROM settings FOR UPDATE;
    IF old.revision <> expected_revision THEN
        RAISE EXCEPTION 'expected revision %, found %', expected_revision, old.revision
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO settings_backups (revision, document, author, reason, saved_at, replaced_at, size_bytes)
    VALUES (old.revision, old.document, old.author, old.reason, old.saved_at, clock_timestamp(),
            octet_length(old.document::text));
    DELETE FROM settings_backups WHERE revision <= old.revision - 100;
    UPDATE settings s
       SET revision = old.revision + 1, document = new_document, author = save_settings.author,
           reason = save_settings.reason, saved_at = clock_timestamp();
    RETURN old.revision + 1;
END
$$;
REVOKE EXECUTE ON FUNCTION save_settings FROM PUBLIC;

GRANT SELECT ON settings, settings_backups
   TO funding_collector, funding_backfiller, funding_scanner, funding_api, funding_admin;
GRANT EXECUTE ON FUNCTION save_settings TO funding_api, funding_admin;
