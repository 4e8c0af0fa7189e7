-- Where the rows of sealed events lie in the order of commits: a late event makes the times of its batch wide.

ALTER TABLE evidence_batches
  -- Of the transactions that stored the rows; NULL in batches that were sealed before.
  ADD COLUMN first_xact bigint,
  ADD COLUMN last_xact bigint;
