-- When the exchange says it paid, jitter included; NULL where only the slot is known, as in an import.
ALTER TABLE funding_rates_historical ADD COLUMN settled_at timestamptz;

-- As before, but two who want the same new month do not get in each other's way.
CREATE OR REPLACE FUNCTION ensure_history_partition(moment timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE
    first date := date_trunc('month', moment AT TIME ZONE 'UTC')::date;
    name text := 'funding_rates_historical_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(4655446);
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS %I PARTITION OF funding_rates_historical FOR VALUES FROM (%L) TO (%L)', name,
        first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC'
    );
END
$$;

-- The ranges of time for which a contract's exchange was asked to the end: what is missing there, it does not have.
-- Ranges of a contract neither overlap nor touch.
CREATE TABLE backfill_coverage (
    contract_id  integer NOT NULL REFERENCES contract_metadata (id) ON DELETE CASCADE,
    covered_from timestamptz NOT NULL,
    covered_to   timestamptz NOT NULL CHECK (covered_to >= covered_from),
    PRIMARY KEY (contract_id, covered_from)
);

-- What a contract and UTC day held when it was last looked at; the hash is over all that is paid by, in order of time.
CREATE TABLE completeness_certificates (
    contract_id  integer NOT NULL REFERENCES contract_metadata (id) ON DELETE CASCADE,
    day          date NOT NULL,
    -- Settlements that fell due, and those that are there.
    expected     integer NOT NULL,
    present      integer NOT NULL,
    hash         bytea NOT NULL,
    certified_at timestamptz NOT NULL,
    PRIMARY KEY (contract_id, day)
);

-- Drops the months that ended before a time, with what was known of them. Returns the names of the dropped tables.
CREATE FUNCTION drop_history_partitions(before timestamptz) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE
    kept timestamptz := date_trunc('month', before, 'UTC');
    old text;
BEGIN
    -- The shortest window is a day, and history outlives its window by two: anything later is a mistake.
    IF before > now() - interval '3 days' THEN
        RAISE EXCEPTION 'history younger than three days is never dropped, found %', before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'funding_rates_historical'::regclass
           AND c.relname < 'funding_rates_historical_' || to_char(kept AT TIME ZONE 'UTC', 'YYYY_MM')
         ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', old);
        RETURN NEXT old;
    END LOOP;
    -- Always, not only after a drop: a range that is covered is not asked for again.
    DELETE FROM backfill_coverage WHERE covered_to < kept;
    UPDATE backfill_coverage SET covered_from = kept WHERE covered_from < kept;
    DELETE FROM completeness_certificates WHERE day < (kept AT TIME ZONE 'UTC')::date;
END
$$;
REVOKE EXECUTE ON FUNCTION drop_history_partitions FROM PUBLIC;

-- A backfill that was asked for, and what came of it.
CREATE TABLE backfill_jobs (
    id                  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    requested_at        timestamptz NOT NULL DEFAULT now(),
    requested_by        text NOT NULL,
    -- How far back, unless a window is given.
    days                integer NOT NULL CHECK (days > 0),
    window_from         timestamptz,
    window_to           timestamptz,
    -- NULL: all.
    exchanges           text[],
    symbols             text[],
    -- Ask only for what is missing between stored settlements, not for what was never asked for.
    gaps_only           boolean NOT NULL,
    -- Exchanges side by side, or one after the other.
    parallel            boolean NOT NULL DEFAULT true,
    status              text NOT NULL DEFAULT 'queued'
                        CHECK (status IN ('queued', 'running', 'done', 'partial', 'failed', 'cancelled')),
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    -- The process that works on it. It holds an advisory lock: where that is free, the worker has died.
    worker              text,
    -- How often it was taken up.
    attempts            integer NOT NULL DEFAULT 0,
    started_at          timestamptz,
    finished_at         timestamptz,
    -- What is missing and why, for people.
    account             text,
    CHECK ((window_from IS NULL) = (window_to IS NULL) AND window_from <= window_to)
);
CREATE INDEX backfill_jobs_open ON backfill_jobs (id) WHERE status IN ('queued', 'running');

-- How far a job is with each feed.
CREATE TABLE backfill_progress (
    job_id        integer NOT NULL REFERENCES backfill_jobs (id) ON DELETE CASCADE,
    feed          text NOT NULL,
    symbols_total integer NOT NULL,
    symbols_done  integer NOT NULL,
    requests      integer NOT NULL,
    rows_inserted bigint NOT NULL,
    rows_updated  bigint NOT NULL,
    -- Settlements that fell due and are not there.
    missing       bigint NOT NULL,
    error         text,
    -- When the feed will be done, as far as can be said.
    eta           timestamptz,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (job_id, feed)
);

-- The API writes no table: it asks with these two.

-- Who asks to be alone is refused while a job that somebody asked for has not ended, and the error's detail is its number;
-- the backfiller's own sweeps are in nobody's way. Requests follow one after the other, so that of two at the same instant
-- one sees the other.
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

-- Returns the job's status, NULL for none: a job that waits is cancelled at once, one that runs ends soon, one that has
-- ended stays as it is.
CREATE FUNCTION cancel_backfill(job integer, cancelled_by text) RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
    UPDATE backfill_jobs
       SET cancel_requested_at = coalesce(cancel_requested_at, now()),
           cancel_requested_by = coalesce(cancel_requested_by, left(cancelled_by, 200)),
           finished_at = CASE WHEN status = 'queued' THEN now() END,
           account = CASE WHEN status = 'queued' THEN 'cancelled before it began' ELSE account END,
           status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END
     WHERE id = job AND status IN ('queued', 'running');
    SELECT status FROM backfill_jobs WHERE id = job;
$$;
REVOKE EXECUTE ON FUNCTION request_backfill, cancel_backfill FROM PUBLIC;

-- How each contract's rate was spread over each UTC day.
CREATE MATERIALIZED VIEW funding_rate_analytics AS
SELECT m.exchange, m.symbol, (h.funding_time AT TIME ZONE 'UTC')::date AS date, avg(h.funding_rate) AS avg_funding_rate,
       stddev(h.funding_rate) AS volatility, min(h.funding_rate) AS min_rate, max(h.funding_rate) AS max_rate,
       count(*) AS data_points
  FROM funding_rates_historical h
  JOIN contract_metadata m ON m.id = h.contract_id
 GROUP BY m.exchange, m.symbol, (h.funding_time AT TIME ZONE 'UTC')::date;
CREATE UNIQUE INDEX funding_rate_analytics_key ON funding_rate_analytics (exchange, symbol, date);

-- Only a view's owner may refresh it. Readers go on meanwhile.
CREATE FUNCTION refresh_funding_rate_analytics() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY funding_rate_analytics;
END
$$;
REVOKE EXECUTE ON FUNCTION refresh_funding_rate_analytics FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE, DELETE
   ON backfill_coverage, completeness_certificates, backfill_jobs, backfill_progress
   TO funding_backfiller, funding_admin;
GRANT SELECT ON backfill_coverage, completeness_certificates, backfill_jobs, backfill_progress
   TO funding_collector, funding_scanner, funding_api;
GRANT SELECT ON funding_rate_analytics
   TO funding_collector, funding_backfiller, funding_scanner, funding_api, funding_admin;
GRANT EXECUTE ON FUNCTION drop_history_partitions, refresh_funding_rate_analytics TO funding_backfiller, funding_admin;
GRANT EXECUTE ON FUNCTION request_backfill, cancel_backfill TO funding_api, funding_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON service_heartbeats TO funding_backfiller;
