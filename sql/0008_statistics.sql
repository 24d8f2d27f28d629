-- Where each contract's current rate stands among what it paid in the last 30 days: one row a contract. All figures are
-- computed of rates per hour and told per the current interval, so that a changed interval mixes nothing up. Too few
-- settled payments leave them NULL.
CREATE TABLE funding_statistics (
    contract_id             integer PRIMARY KEY REFERENCES contract_metadata (id) ON DELETE CASCADE,
    exchange                text NOT NULL,
    symbol                  text NOT NULL,
    base_asset              text NOT NULL,
    -- The predicted rate that was compared.
    funding_rate            double precision NOT NULL,
    funding_interval_hours  double precision NOT NULL CHECK (funding_interval_hours > 0),
    -- Settled payments in the window, and those that fell due in it.
    data_points             integer NOT NULL,
    expected_points         integer NOT NULL,
    completeness_percentage double precision GENERATED ALWAYS AS (100.0 * data_points / nullif(expected_points, 0)) STORED,
    confidence              text NOT NULL CHECK (confidence IN ('none', 'low', 'medium', 'high', 'very_high')),
    -- active: more than two deviations from the mean, looked at twice as often.
    zone                    text NOT NULL CHECK (zone IN ('active', 'stable')),
    -- Fractions per the interval. The deviation is that of a sample (n - 1).
    mean_30d                double precision,
    std_dev_30d             double precision,
    median_30d              double precision,
    min_30d                 double precision,
    max_30d                 double precision,
    -- The median of the distances from the median.
    median_deviation_30d    double precision,
    -- Percent a year.
    mean_30d_apr            double precision GENERATED ALWAYS AS (mean_30d * (876000 / funding_interval_hours)) STORED,
    std_dev_30d_apr         double precision GENERATED ALWAYS AS (std_dev_30d * (876000 / funding_interval_hours)) STORED,
    median_30d_apr          double precision GENERATED ALWAYS AS (median_30d * (876000 / funding_interval_hours)) STORED,
    min_30d_apr             double precision GENERATED ALWAYS AS (min_30d * (876000 / funding_interval_hours)) STORED,
    max_30d_apr             double precision GENERATED ALWAYS AS (max_30d * (876000 / funding_interval_hours)) STORED,
    -- Deviations from the mean; a rate per year is a multiple of the rate per hour, so that both stand at the same place.
    z_score                 double precision,
    z_score_apr             double precision GENERATED ALWAYS AS (z_score) STORED,
    -- The same by median and median deviation.
    robust_z_score          double precision,
    -- 0 to 100, one decimal.
    percentile              double precision,
    percentile_apr          double precision GENERATED ALWAYS AS (percentile) STORED,
    computed_at             timestamptz NOT NULL,
    -- The write that last changed the row: readers that know sequence n read what lies above it.
    sequence                bigint NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX funding_statistics_key ON funding_statistics (exchange, symbol);

-- How far the statistics have come, and what the last run took: one row.
CREATE TABLE statistics_state (
    is_the_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_only_row),
    -- Writes so far, without a hole: the sequence of the statistics events.
    sequence        bigint NOT NULL,
    last_run_at     timestamptz,
    -- From the first figure computed to the last row written.
    duration_ms     double precision,
    -- Contracts with statistics, and rows that the last run changed.
    contracts       integer NOT NULL DEFAULT 0,
    changed         integer NOT NULL DEFAULT 0
);
INSERT INTO statistics_state (sequence) VALUES (0);

-- How well each contract's predicted rate foretells what is settled, so many minutes before the payment: sums that grow
-- with each payment. Errors are predicted - settled, fractions of notional per the settled interval.
CREATE TABLE prediction_scores (
    contract_id         integer NOT NULL REFERENCES contract_metadata (id) ON DELETE CASCADE,
    horizon_minutes     integer NOT NULL CHECK (horizon_minutes > 0),
    -- Payments for which there was a prediction.
    predictions         bigint NOT NULL,
    error_sum           double precision NOT NULL,
    absolute_error_sum  double precision NOT NULL,
    -- Payments that went the other way than predicted.
    sign_flips          bigint NOT NULL,
    mean_error          double precision GENERATED ALWAYS AS (error_sum / nullif(predictions, 0)) STORED,
    mean_absolute_error double precision GENERATED ALWAYS AS (absolute_error_sum / nullif(predictions, 0)) STORED,
    -- A share from 0 to 1.
    sign_flip_rate      double precision
                        GENERATED ALWAYS AS (sign_flips::double precision / nullif(predictions, 0)) STORED,
    -- The first payment that was looked at, and the last: each is looked at once, with or without a prediction.
    scored_from         timestamptz NOT NULL,
    scored_to           timestamptz NOT NULL,
    PRIMARY KEY (contract_id, horizon_minutes)
);

GRANT SELECT, INSERT, UPDATE, DELETE
   ON funding_statistics, statistics_state, prediction_scores TO funding_scanner, funding_admin;
GRANT SELECT ON funding_statistics, statistics_state, prediction_scores
   TO funding_collector, funding_backfiller, funding_api;
