-- How each feed's part of a job stands, and since when.
ALTER TABLE backfill_progress
    ADD COLUMN status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'processing', 'completed', 'completed_dry_run', 'no_data', 'upload_failed',
                          'error', 'cancelled')),
    -- Contracts of which at least 95 % of what fell due is there.
    ADD COLUMN symbols_complete integer NOT NULL DEFAULT 0,
    ADD COLUMN started_at timestamptz,
    ADD COLUMN finished_at timestamptz;

-- Ask for what is stored too: an exchange may have revised it.
ALTER TABLE backfill_jobs ADD COLUMN rereads boolean NOT NULL DEFAULT false;

-- Payments that were stored otherwise before their exchange revised them.
CREATE TABLE funding_rate_revisions (
    contract_id            integer NOT NULL REFERENCES contract_metadata (id) ON DELETE CASCADE,
    funding_time           timestamptz NOT NULL,
    funding_rate           double precision NOT NULL,
    funding_interval_hours double precision NOT NULL,
    mark_price             double precision,
    -- Until when it was what is stored.
    replaced_at            timestamptz NOT NULL,
    PRIMARY KEY (contract_id, funding_time, replaced_at)
);

-- The payments as they were known at a time, for those that were revised since.
CREATE FUNCTION funding_history_as_of(moment timestamptz)
    RETURNS TABLE (contract_id integer, funding_time timestamptz, funding_rate double precision,
                   funding_interval_hours double precision, mark_price double precision)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS
$$
    SELECT h.contract_id, h.funding_time, coalesce(r.funding_rate, h.funding_rate),
           coalesce(r.funding_interval_hours, h.funding_interval_hours),
           CASE WHEN r.contract_id IS NULL THEN h.mark_price ELSE r.mark_price END
      FROM funding_rates_historical h
      LEFT JOIN LATERAL (
           SELECT * FROM funding_rate_revisions r
            WHERE r.contract_id = h.contract_id AND r.funding_time = h.funding_time AND r.replaced_at > moment
            ORDER BY r.replaced_at LIMIT 1
      ) AS r ON true
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON funding_rate_revisions TO funding_backfiller, funding_admin;
GRANT SELECT ON funding_rate_revisions TO funding_collector, funding_scanner, funding_api;
