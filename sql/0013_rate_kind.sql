-- Whether a feed's live rates still move until they are paid.
ALTER TABLE exchange_health
    -- predicted: what the coming payment would be if it fell due now; fixed: what it will be.
    ADD COLUMN rate_kind text NOT NULL DEFAULT 'predicted' CHECK (rate_kind IN ('predicted', 'fixed'));
