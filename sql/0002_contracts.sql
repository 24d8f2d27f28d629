-- Every perpetual ever seen. The big tables refer to it by its integer key.
CREATE TABLE contract_metadata (
    id                     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exchange               text NOT NULL,
    feed                   text NOT NULL,
    -- The exchange's own spelling, never altered.
    symbol                 text NOT NULL,
    -- What is priced, normalised across exchanges; denomination is the multiplier of the symbol (1000PEPE: 1000).
    base_asset             text NOT NULL,
    quote_asset            text NOT NULL,
    settle_asset           text NOT NULL,
    denomination           double precision NOT NULL CHECK (denomination > 0),
    contract_type          text NOT NULL CHECK (contract_type IN ('linear', 'inverse')),
    market_type            text NOT NULL,
    funding_interval_hours double precision NOT NULL CHECK (funding_interval_hours > 0),
    -- Funding accrues every moment: there is no next funding time.
    is_continuous          boolean NOT NULL DEFAULT false,
    -- inactive: no longer listed. An outage of the exchange never changes it.
    status                 text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
    -- Successful polls in a row that did not hold the contract, and since when.
    missed_polls           integer NOT NULL DEFAULT 0,
    missing_since          timestamptz,
    listed_at              timestamptz,
    first_seen_at          timestamptz NOT NULL,
    last_seen_at           timestamptz NOT NULL,
    trading_url            text,
    UNIQUE (exchange, symbol)
);
CREATE INDEX contract_metadata_feed ON contract_metadata (feed);
CREATE INDEX contract_metadata_base_asset ON contract_metadata (base_asset);

-- The interval ledger: the terms a contract had from a time on. A new row only when something changed.
CREATE TABLE contract_terms (
    contract_id            integer NOT NULL REFERENCES contract_metadata (id) ON DELETE CASCADE,
    valid_from             timestamptz NOT NULL,
    funding_interval_hours double precision NOT NULL,
    -- The highest and lowest rate per interval, if the exchange says so.
    rate_cap               double precision,
    rate_floor             double precision,
    denomination           double precision NOT NULL,
    status                 text NOT NULL,
    PRIMARY KEY (contract_id, valid_from)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON contract_metadata, contract_terms TO funding_collector;
GRANT SELECT ON contract_metadata, contract_terms TO funding_backfiller, funding_scanner, funding_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON contract_metadata, contract_terms TO funding_admin;
