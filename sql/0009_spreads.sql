-- Who leads among the scanners: one row. The fencing token grows with every new leader, so that one that was thought dead
-- and comes back cannot write.
CREATE TABLE scanner_lease (
    is_the_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_only_row),
    token           bigint NOT NULL,
    holder          text,
    taken_at        timestamptz
);
INSERT INTO scanner_lease (token) VALUES (0);

GRANT SELECT, INSERT, UPDATE, DELETE ON scanner_lease TO funding_scanner, funding_admin;
GRANT SELECT ON scanner_lease TO funding_collector, funding_backfiller, funding_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON service_heartbeats TO funding_scanner;

-- What each exchange takes for a trade in its base tier, as a fraction of notional, with the page that says so. NULL where no
-- page was found that says it for all of the exchange's contracts: what a spread leaves is unknown then.
CREATE TABLE exchange_fees (
    exchange text PRIMARY KEY,
    taker    double precision,
    maker    double precision,
    source   text NOT NULL
);
INSERT INTO exchange_fees (exchange, taker, maker, source) VALUES
    ('binance', 0.0005, 0.0002, 'https://www.binance.com/en/fee/futureFee (October 2026)'),
    ('bybit', 0.00055, 0.0002, 'https://www.bybit.com/en/help-center/article/Trading-Fee-Structure (October 2026)'),
    ('kucoin', 0.0006, 0.0002, 'https://www.kucoin.com/support/48142946141635 (VIP 0, March 2026)'),
    ('kraken', 0.0005, 0.0002, 'https://www.kraken.com/features/fee-schedule (October 2026)'),
    ('deribit', 0.0005, NULL, 'https://support.deribit.com/hc/en-us/articles/25944746248989-Fees (makers: differs by contract)'),
    ('hyperliquid', 0.00045, 0.00015, 'https://hyperliquid.gitbook.io/hyperliquid-docs/trading/fees (builders'' markets may take more)'),
    ('lighter', 0, 0, 'https://docs.lighter.xyz/trading/trading-fees (standard account)'),
    ('mexc', NULL, NULL, 'https://www.mexc.com/fee sets fees contract by contract'),
    ('drift', NULL, NULL, 'https://docs.drift.trade/trading/trading-fees adjusts fees market by market'),
    ('aster', NULL, NULL, 'no documented figure found'),
    ('backpack', NULL, NULL, 'no documented figure found'),
    ('pacifica', NULL, NULL, 'no documented figure found'),
    ('hibachi', NULL, NULL, 'no documented figure found'),
    ('dydx', NULL, NULL, 'no documented figure found'),
    ('edgex', NULL, NULL, 'no documented figure found'),
    ('apex', NULL, NULL, 'no documented figure found');

-- Every pair of two exchanges that pays at the current rates, ranked or not. Each write is one generation: a reader sees
-- all of it or nothing.
CREATE TABLE arbitrage_opportunities (
    long_contract_id        integer NOT NULL,
    short_contract_id       integer NOT NULL,
    asset                   text NOT NULL,
    market_type             text NOT NULL,
    long_exchange           text NOT NULL,
    long_contract           text NOT NULL,
    short_exchange          text NOT NULL,
    short_contract          text NOT NULL,
    -- opposite_sign: either leg pays by itself; same_sign: only the difference does.
    arbitrage_type          text NOT NULL CHECK (arbitrage_type IN ('opposite_sign', 'same_sign')),
    -- Fractions of notional per the leg's own interval.
    long_rate               double precision NOT NULL,
    short_rate              double precision NOT NULL,
    long_interval_hours     double precision NOT NULL,
    short_interval_hours    double precision NOT NULL,
    long_apr                double precision NOT NULL,
    short_apr               double precision NOT NULL,
    -- As the exchanges state them; NULL where funding is continuous or nothing is said.
    long_next_funding_time  timestamptz,
    short_next_funding_time timestamptz,
    -- US dollars, to three digits.
    long_open_interest      double precision,
    short_open_interest     double precision,
    combined_open_interest  double precision,
    -- Rate of the short leg less that of the long leg, each per its own interval.
    rate_spread             double precision NOT NULL,
    -- Fraction of notional per hour; everything else of the kind is this times a length of time.
    effective_hourly_spread double precision NOT NULL CHECK (effective_hourly_spread > 0),
    daily_spread            double precision NOT NULL,
    -- Percent a year, simple.
    apr_spread              double precision NOT NULL,
    sync_period_hours       double precision NOT NULL,
    -- Whether both contracts price one asset: their prices per unit say so, cannot say, or say no.
    identity                text NOT NULL CHECK (identity IN ('proven', 'ambiguous', 'conflict')),
    -- By how many percent the short leg's unit is dearer.
    mark_price_gap_pct      double precision,
    -- Stands in rankings: proven, and both rates are believed.
    is_ranked               boolean NOT NULL,
    risk_flags              text[] NOT NULL,
    -- After four fills as a taker, if the rates stay; NULL where a fee is not known.
    round_trip_fee          double precision,
    holding_hours           double precision NOT NULL,
    net_return              double precision,
    net_apr                 double precision,
    break_even_hours        double precision,
    break_even_settlements  bigint,
    -- The most that the legs' unit prices came apart against the position, of the settlements that are stored; a fraction.
    worst_divergence        double precision,
    -- Where the APR spread stands among its last 30 days; NULL with fewer than 30 hours that both legs have, or below the
    -- carry floor, where nobody asks.
    spread_zscore           double precision,
    spread_mean             double precision,
    spread_std_dev          double precision,
    spread_percentile       double precision,
    spread_data_points      integer,
    -- 0 to 10.
    significance_score      double precision,
    since                   timestamptz NOT NULL,
    -- The write that last changed the row.
    generation              bigint NOT NULL,
    PRIMARY KEY (long_contract_id, short_contract_id)
) WITH (fillfactor = 70);
-- No index holds a column that moves, so that updates stay heap-only.
CREATE INDEX arbitrage_opportunities_asset ON arbitrage_opportunities (asset);

-- One row: how far the writes have come, and what they add up to.
CREATE TABLE arbitrage_state (
    is_the_only_row   boolean PRIMARY KEY DEFAULT true CHECK (is_the_only_row),
    -- Committed writes, without a hole: the sequence of the events.
    generation        bigint NOT NULL,
    computed_at       timestamptz,
    -- Contracts that take part: listed, of a known kind, young enough.
    contracts         integer NOT NULL DEFAULT 0,
    pairs             integer NOT NULL DEFAULT 0,
    ranked            integer NOT NULL DEFAULT 0,
    max_apr_spread    double precision,
    -- Among the ranked: |z| > 2.
    significant       integer NOT NULL DEFAULT 0
);
INSERT INTO arbitrage_state (generation) VALUES (0);

-- Hour by hour what each pair's APR spread was. Contract a has the smaller key; the spread is APR of b less APR of a,
-- positive or negative, so that a pair that flips stays one pair. A partition a day; sixty days are kept.
CREATE TABLE arbitrage_spreads (
    contract_a integer NOT NULL,
    contract_b integer NOT NULL CHECK (contract_a < contract_b),
    -- The hour's beginning.
    bucket     timestamptz NOT NULL,
    -- Percent a year.
    open       double precision NOT NULL,
    high       double precision NOT NULL,
    low        double precision NOT NULL,
    close      double precision NOT NULL,
    -- Weighted by time.
    average    double precision NOT NULL,
    -- Fractions of notional per hour, at the close.
    rate_a     double precision NOT NULL,
    rate_b     double precision NOT NULL,
    -- How much of the hour was observed; 0: the hour was derived from settled payments.
    seconds    double precision NOT NULL,
    PRIMARY KEY (contract_a, contract_b, bucket)
) PARTITION BY RANGE (bucket);
CREATE INDEX arbitrage_spreads_bucket ON arbitrage_spreads (bucket);

-- What is known of each hour of them, so that an hour that was derived before all its payments were stored is derived again.
CREATE TABLE arbitrage_hours (
    -- The hour's beginning.
    bucket      timestamptz PRIMARY KEY,
    -- Not derived any more.
    is_observed boolean NOT NULL DEFAULT false,
    -- A digest of the payments that an hour was derived from.
    payments    bigint
);

-- Makes the partitions of the days from a time to another, and drops those that are older than a number of days before
-- the later one.
CREATE FUNCTION maintain_spread_partitions(first timestamptz, last timestamptz, kept_days integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE
    day date;
    old text;
BEGIN
    IF kept_days < 7 THEN
        RAISE EXCEPTION 'hours younger than seven days are never dropped, found % days', kept_days
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(4655447);
    FOR day IN
        SELECT d::date FROM generate_series(
               greatest(first, last - make_interval(days => kept_days)) AT TIME ZONE 'UTC',
               (last AT TIME ZONE 'UTC')::date, interval '1 day') d
         UNION SELECT (last AT TIME ZONE 'UTC')::date
    LOOP
        CONTINUE WHEN to_regclass('arbitrage_spreads_' || to_char(day, 'YYYY_MM_DD')) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF arbitrage_spreads FOR VALUES FROM (%L) TO (%L)',
            'arbitrage_spreads_' || to_char(day, 'YYYY_MM_DD'), day::timestamp AT TIME ZONE 'UTC',
            (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
    END LOOP;
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'arbitrage_spreads'::regclass
           AND c.relname < 'arbitrage_spreads_' || to_char((last AT TIME ZONE 'UTC')::date - kept_days, 'YYYY_MM_DD')
    LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
    DELETE FROM arbitrage_hours
     WHERE bucket < ((last AT TIME ZONE 'UTC')::date - kept_days)::timestamp AT TIME ZONE 'UTC';
END
$$;

CREATE VIEW arbitrage_spread_history AS
SELECT a.base_asset AS asset, a.exchange AS exchange_a, a.symbol AS symbol_a, b.exchange AS exchange_b,
       b.symbol AS symbol_b, s.*
  FROM arbitrage_spreads s
  JOIN contract_metadata a ON a.id = s.contract_a
  JOIN contract_metadata b ON b.id = s.contract_b;

-- How each pair's hours were spread over the days that are kept. Its key holds no direction, so it survives a flip.
CREATE MATERIALIZED VIEW mv_arbitrage_spread_stats AS
SELECT contract_a, contract_b, count(*) AS data_points, avg(average) AS mean, stddev(average) AS std_dev,
       min(low) AS min, max(high) AS max,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY average) AS p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY average) AS p95,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY average) AS p99, max(bucket) AS last_bucket
  FROM arbitrage_spreads
 GROUP BY contract_a, contract_b;
CREATE UNIQUE INDEX mv_arbitrage_spread_stats_key ON mv_arbitrage_spread_stats (contract_a, contract_b);

-- The live rates by asset, the highest and lowest of them, and by exchange.
CREATE MATERIALIZED VIEW mv_grouped_funding_rates AS
SELECT d.base_asset, count(*) AS contract_count, count(DISTINCT d.exchange) AS exchange_count, avg(d.apr) AS avg_apr,
       min(d.apr) AS min_apr, max(d.apr) AS max_apr, sum(d.open_interest_usd) AS total_open_interest
  FROM exchange_data d
  JOIN contract_metadata m ON m.id = d.contract_id AND m.status = 'active'
 GROUP BY d.base_asset;
CREATE UNIQUE INDEX mv_grouped_funding_rates_key ON mv_grouped_funding_rates (base_asset);

CREATE MATERIALIZED VIEW mv_top_funding_rates AS
SELECT contract_id, exchange, symbol, base_asset, funding_rate, funding_interval_hours, apr, mark_price,
       open_interest_usd, rank
  FROM (
       SELECT d.*, rank() OVER (ORDER BY abs(d.apr) DESC, d.contract_id) AS rank
         FROM exchange_data d
         JOIN contract_metadata m ON m.id = d.contract_id AND m.status = 'active'
       ) ranked
 WHERE rank <= 500;
CREATE UNIQUE INDEX mv_top_funding_rates_key ON mv_top_funding_rates (contract_id);

CREATE MATERIALIZED VIEW mv_exchange_stats AS
SELECT d.exchange, count(*) AS contract_count, count(DISTINCT d.base_asset) AS asset_count, avg(d.apr) AS avg_apr,
       min(d.apr) AS min_apr, max(d.apr) AS max_apr, sum(d.open_interest_usd) AS total_open_interest,
       max(d.observed_at) AS last_observed_at
  FROM exchange_data d
  JOIN contract_metadata m ON m.id = d.contract_id AND m.status = 'active'
 GROUP BY d.exchange;
CREATE UNIQUE INDEX mv_exchange_stats_key ON mv_exchange_stats (exchange);

-- Only a view's owner may refresh it. Readers go on meanwhile.
CREATE FUNCTION refresh_spread_stats() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_arbitrage_spread_stats;
END
$$;
CREATE FUNCTION refresh_rate_views() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_grouped_funding_rates;
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_top_funding_rates;
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_exchange_stats;
END
$$;
REVOKE EXECUTE ON FUNCTION maintain_spread_partitions, refresh_spread_stats, refresh_rate_views FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE, DELETE
   ON arbitrage_opportunities, arbitrage_state, arbitrage_spreads, arbitrage_hours
   TO funding_scanner, funding_admin;
-- Fees are told to the suite, not found out by it.
GRANT SELECT, INSERT, UPDATE, DELETE ON exchange_fees TO funding_admin;
GRANT SELECT ON exchange_fees TO funding_scanner;
GRANT SELECT ON exchange_fees, arbitrage_opportunities, arbitrage_state, arbitrage_spreads, arbitrage_hours
   TO funding_collector, funding_backfiller, funding_api;
GRANT SELECT ON arbitrage_spread_history, mv_arbitrage_spread_stats, mv_grouped_funding_rates, mv_top_funding_rates,
                mv_exchange_stats
   TO funding_scanner, funding_api, funding_admin;
GRANT EXECUTE ON FUNCTION maintain_spread_partitions, refresh_spread_stats, refresh_rate_views
   TO funding_scanner, funding_admin;
