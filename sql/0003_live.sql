-- One row a feed: who reads it, how it fares, how far its polls have come.
CREATE TABLE exchange_health (
    feed                 text PRIMARY KEY,
    exchange             text NOT NULL,
    -- The exchange's name as people write it, and what it is.
    exchange_name        text NOT NULL,
    kind                 text NOT NULL CHECK (kind IN ('cex', 'dex')),
    -- The fencing token: a collector that writes with an older one has lost its lease and is refused.
    lease_token          bigint NOT NULL DEFAULT 0,
    lease_holder         text,
    -- Committed polls, without a hole: the sequence of the feed's rates events.
    rates_sequence       bigint NOT NULL DEFAULT 0,
    -- The last sequence known to have been published; what lies between the two is published again.
    published_sequence   bigint NOT NULL DEFAULT 0,
    poll_period_seconds  double precision NOT NULL DEFAULT 30,
    status               text NOT NULL DEFAULT 'waiting'
                         CHECK (status IN ('waiting', 'ok', 'degraded', 'failing', 'circuit_open', 'rate_limited', 'blocked')),
    consecutive_failures integer NOT NULL DEFAULT 0,
    last_success_at      timestamptz,
    last_failure_at      timestamptz,
    -- When the answers of the last successful poll arrived: the age of every row of the feed that it held.
    observed_at          timestamptz,
    retry_at             timestamptz,
    error_kind           text,
    error                text,
    contracts            integer NOT NULL DEFAULT 0,
    rejects              integer NOT NULL DEFAULT 0,
    excluded             integer NOT NULL DEFAULT 0,
    duration_ms          double precision,
    updated_at           timestamptz NOT NULL DEFAULT now()
);

-- What each contract's rate is now: one row a contract, natural keys readable.
CREATE TABLE exchange_data (
    contract_id            integer PRIMARY KEY REFERENCES contract_metadata (id) ON DELETE CASCADE,
    exchange               text NOT NULL,
    symbol                 text NOT NULL,
    feed                   text NOT NULL,
    base_asset             text NOT NULL,
    quote_asset            text NOT NULL,
    -- Predicted: fraction of notional per the contract's own interval; positive: longs pay shorts.
    funding_rate           double precision NOT NULL,
    funding_interval_hours double precision NOT NULL,
    -- Percent a year, simple: funding_rate × 8760 / funding_interval_hours × 100.
    apr                    double precision NOT NULL,
    next_funding_time      timestamptz,
    mark_price             double precision,
    index_price            double precision,
    -- Notional of one side in US dollars; NULL if unknown. It may be asked for less often than the rate.
    open_interest_usd      double precision,
    open_interest_at       timestamptz,
    -- When the answer that held this row arrived.
    observed_at            timestamptz NOT NULL,
    -- The feed's poll that last changed anything but the time: readers that know sequence n read what lies above it.
    sequence               bigint NOT NULL
) WITH (fillfactor = 70);
-- Neither index holds a column that moves, so that updates stay heap-only.
CREATE UNIQUE INDEX exchange_data_key ON exchange_data (exchange, symbol);
CREATE INDEX exchange_data_feed ON exchange_data (feed);

-- One row a poll of a feed; seven days are kept.
CREATE TABLE collection_cycles (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Polls of the same tick of the clock share it.
    batch_id    text NOT NULL,
    feed        text NOT NULL,
    started_at  timestamptz NOT NULL,
    duration_ms double precision NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('success', 'partial', 'error', 'timeout', 'empty', 'circuit_open')),
    contracts   integer NOT NULL,
    changed     integer NOT NULL,
    rejects     integer NOT NULL,
    excluded    integer NOT NULL,
    error_kind  text,
    error       text
);
CREATE INDEX collection_cycles_started_at ON collection_cycles (started_at);
CREATE INDEX collection_cycles_feed ON collection_cycles (feed, started_at DESC);

-- Rows that could not be read, with their reason and how often that happened.
CREATE TABLE collection_rejects (
    feed          text NOT NULL,
    symbol        text NOT NULL,
    reason        text NOT NULL,
    occurrences   bigint NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    PRIMARY KEY (feed, symbol, reason)
);

-- One row a running process.
CREATE TABLE service_heartbeats (
    service    text NOT NULL,
    instance   text NOT NULL,
    version    text NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at    timestamptz NOT NULL,
    PRIMARY KEY (service, instance)
);

GRANT SELECT, INSERT, UPDATE, DELETE
   ON exchange_health, exchange_data, collection_cycles, collection_rejects, service_heartbeats TO funding_collector;
GRANT SELECT ON exchange_health, exchange_data, collection_cycles, collection_rejects, service_heartbeats
   TO funding_backfiller, funding_scanner, funding_api;
GRANT SELECT, INSERT, UPDATE, DELETE
   ON exchange_health, exchange_data, collection_cycles, collection_rejects, service_heartbeats TO funding_admin;
