-- Open interest as the exchange counts it, beside what that is worth.
ALTER TABLE exchange_data
    -- Of one side; NULL if unknown. It may be older or younger than open_interest_usd, if the exchange says them apart.
    ADD COLUMN open_interest_raw  double precision,
    -- base: units of the symbol; contracts: the exchange's lots; usd: dollars. NULL with open_interest_raw.
    ADD COLUMN open_interest_unit text CHECK (open_interest_unit IN ('base', 'contracts', 'usd'));
