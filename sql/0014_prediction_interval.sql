-- Errors of predictions are fractions per the settled interval: they add up within one interval only.
ALTER TABLE prediction_scores
    -- Of the payments that are counted. With the first payment of another interval the sums begin anew; of payments
    -- that are scored at once only those of the latest interval count. A scanner of an older build, which does not
    -- tell it, cannot score: what it leaves is scored by the next.
    ADD COLUMN funding_interval_hours double precision CHECK (funding_interval_hours > 0);

UPDATE prediction_scores s
   SET funding_interval_hours = m.funding_interval_hours
  FROM contract_metadata m
 WHERE m.id = s.contract_id;

-- What was added up over several intervals is of no use.
UPDATE prediction_scores s
   SET predictions = 0, error_sum = 0, absolute_error_sum = 0, sign_flips = 0, scored_from = scored_to
 WHERE EXISTS (
       SELECT FROM funding_rates_historical h
        WHERE h.contract_id = s.contract_id AND h.funding_time BETWEEN s.scored_from AND s.scored_to
          AND h.funding_interval_hours <> s.funding_interval_hours);

ALTER TABLE prediction_scores ALTER COLUMN funding_interval_hours SET NOT NULL;
