-- Exchanges side by side, or one after the other.
ALTER TABLE backfill_jobs ADD COLUMN parallel boolean NOT NULL DEFAULT true;

-- As before, with the order of exchanges. Who asks to be alone is refused while a job that somebody asked for has not
-- ended, and the error's detail is its number; the backfiller's own sweeps are in nobody's way. Requests follow one after
-- the other, so that of two at the same instant one sees the other.
DROP FUNCTION request_backfill;
CREATE FUNCTION request_backfill(
    requested_by text, days integer, exchanges text[] DEFAULT NULL, symbols text[] DEFAULT NULL,
    gaps_only boolean DEFAULT false, window_from timestamptz DEFAULT NULL, window_to timestamptz DEFAULT NULL,
    parallel boolean DEFAULT true, alone boolean DEFAULT false
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
#variable_conflict use_variable
DECLARE
    unknown text;
    job integer;
BEGIN
    IF days IS NULL OR days NOT BETWEEN 1 AND 90 THEN
        RAISE EXCEPTION 'expected 1 to 90 days, found %', days USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (window_from IS NULL) <> (window_to IS NULL) OR window_from > window_to THEN
        RAISE EXCEPTION 'expected a window from a time to a later one, found % to %', window_from, window_to
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(length(requested_by), 0) NOT BETWEEN 1 AND 200
       OR cardinality(exchanges) > 100 OR cardinality(symbols) > 5000 THEN
        RAISE EXCEPTION 'expected who asks, at most 100 exchanges and at most 5000 symbols'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT name INTO unknown FROM unnest(exchanges) AS name
     WHERE name IS NULL OR NOT EXISTS (SELECT FROM contract_metadata m WHERE m.exchange = name) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the exchange % has no contracts', coalesce(unknown, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(4655448);
    IF alone THEN
        SELECT j.id INTO job FROM backfill_jobs j
         WHERE j.status IN ('queued', 'running') AND j.requested_by <> 'hourly'
         ORDER BY j.id DESC LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'job % has not ended', job USING ERRCODE = 'object_in_use', DETAIL = job::text;
        END IF;
    END IF;
    IF (SELECT count(*) FROM backfill_jobs WHERE status = 'queued') >= 100 THEN
        RAISE EXCEPTION '100 jobs are waiting already' USING ERRCODE = 'configuration_limit_exceeded';
    END IF;
    INSERT INTO backfill_jobs (requested_by, days, exchanges, symbols, gaps_only, window_from, window_to, parallel)
    VALUES (requested_by, days, nullif(exchanges, '{}'), nullif(symbols, '{}'), coalesce(gaps_only, false),
            window_from, window_to, coalesce(parallel, true))
    RETURNING id INTO job;
    RETURN job;
END
$$;
REVOKE EXECUTE ON FUNCTION request_backfill FROM PUBLIC;
GRANT EXECUTE ON FUNCTION request_backfill TO funding_api, funding_admin;
