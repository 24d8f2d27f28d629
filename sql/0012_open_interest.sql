-- Open interest as the exchange counts it, beside what that is worth.
ALTER TABLE exchange_data
    -- Of one side; NULL if unknown. It may be older or younger than open_interest_usd, if the exchange says them apart;
    -- open_interest_at is the time of the later one.
    ADD COLUMN open_interest_raw  double precision,
    -- base: units of the symbol; contracts: the exchange's lots; usd: dollars.
    ADD COLUMN open_interest_unit text CHECK (open_interest_unit IN ('base', 'contracts', 'usd')),
    ADD CHECK ((open_interest_raw IS NULL) = (open_interest_unit IS NULL));
