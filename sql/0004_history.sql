-- What was paid: settled rates only, never a prediction. Partitions by month; the view adds the readable keys.
CREATE TABLE funding_rates_historical (
    contract_id            integer NOT NULL,
    -- Snapped to the settlement grid.
    funding_time           timestamptz NOT NULL,
    funding_rate           double precision NOT NULL,
    -- The interval this payment was for: history keeps its own.
    funding_interval_hours double precision NOT NULL CHECK (funding_interval_hours > 0),
    mark_price             double precision,
    PRIMARY KEY (contract_id, funding_time)
) PARTITION BY RANGE (funding_time);

-- Makes the partition of the month that holds a time, if it is not there yet.
CREATE FUNCTION ensure_history_partition(moment timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    first date := date_trunc('month', moment AT TIME ZONE 'UTC')::date;
    name text := 'funding_rates_historical_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS %I PARTITION OF funding_rates_historical FOR VALUES FROM (%L) TO (%L)', name,
        first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC'
    );
END
$$;
REVOKE EXECUTE ON FUNCTION ensure_history_partition FROM PUBLIC;

CREATE VIEW funding_history AS
SELECT m.exchange, m.symbol, m.base_asset, h.funding_time, h.funding_rate, h.funding_interval_hours,
       h.funding_rate * (876000 / h.funding_interval_hours) AS apr, h.mark_price
  FROM funding_rates_historical h
  JOIN contract_metadata m ON m.id = h.contract_id;

GRANT SELECT, INSERT, UPDATE, DELETE ON funding_rates_historical TO funding_backfiller, funding_admin;
GRANT EXECUTE ON FUNCTION ensure_history_partition TO funding_backfiller, funding_admin;
GRANT SELECT ON funding_rates_historical TO funding_collector, funding_scanner, funding_api;
GRANT SELECT ON funding_history TO funding_collector, funding_backfiller, funding_scanner, funding_api, funding_admin;
