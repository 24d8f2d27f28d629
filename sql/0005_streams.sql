-- What addresses a contract where its exchange asks for something else than the symbol: a market's number.
ALTER TABLE contract_metadata ADD COLUMN native_id text;

-- The path of each predicted rate: a row when it moved, at most one a minute, so that what was predicted before a payment
-- can be compared with what was paid. Partitions by day; seven days are kept.
CREATE TABLE streaming_data (
    contract_id            integer NOT NULL,
    minute                 timestamptz NOT NULL,
    -- When it was seen within that minute.
    observed_at            timestamptz NOT NULL,
    funding_rate           double precision NOT NULL,
    funding_interval_hours double precision NOT NULL,
    next_funding_time      timestamptz,
    mark_price             double precision,
    index_price            double precision,
    PRIMARY KEY (contract_id, minute)
) PARTITION BY RANGE (minute);

-- Makes the partition of a day, and drops those that are older than a number of days before it.
CREATE FUNCTION maintain_streaming_partitions(moment timestamptz, kept_days integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    day date := (moment AT TIME ZONE 'UTC')::date;
    name text := 'streaming_data_' || to_char(day, 'YYYY_MM_DD');
    old text;
BEGIN
    IF to_regclass(name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF streaming_data FOR VALUES FROM (%L) TO (%L)', name,
            day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
    END IF;
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'streaming_data'::regclass
           AND c.relname < 'streaming_data_' || to_char(day - kept_days, 'YYYY_MM_DD')
    LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION maintain_streaming_partitions FROM PUBLIC;

-- One row a connection to an exchange's stream, as its collector last saw it.
CREATE TABLE websocket_connections (
    feed             text NOT NULL,
    -- Tells the connections of a feed apart.
    connection       text NOT NULL,
    exchange         text NOT NULL,
    instance         text NOT NULL,
    is_open          boolean NOT NULL,
    -- The contracts it brings news of.
    contracts        integer NOT NULL,
    opened_at        timestamptz,
    -- Times it was opened since the collector took the feed.
    openings         integer NOT NULL,
    last_message_at  timestamptz,
    -- Data, as opposed to answers to heartbeats.
    last_data_at     timestamptz,
    messages         bigint NOT NULL,
    updates          bigint NOT NULL,
    bytes            bigint NOT NULL,
    -- Messages that could not be read, and subscriptions that were refused.
    unreadable       bigint NOT NULL,
    refusals         bigint NOT NULL,
    -- Why it last ended, and when it will be opened again.
    last_end_kind    text,
    last_end         text,
    last_end_at      timestamptz,
    reopens_at       timestamptz,
    -- How far the exchange's clock is ahead of ours, as far as its messages say.
    clock_skew_seconds double precision,
    updated_at       timestamptz NOT NULL,
    PRIMARY KEY (feed, connection)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON streaming_data TO funding_collector;
GRANT EXECUTE ON FUNCTION maintain_streaming_partitions TO funding_collector;
GRANT SELECT, INSERT, UPDATE, DELETE ON websocket_connections TO funding_collector;
GRANT SELECT ON streaming_data, websocket_connections TO funding_backfiller, funding_scanner, funding_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON streaming_data, websocket_connections TO funding_admin;
GRANT EXECUTE ON FUNCTION maintain_streaming_partitions TO funding_admin;
