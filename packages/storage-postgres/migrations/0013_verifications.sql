-- What verifications of the log came to, as those who ran them say. Verifying trusts nothing of it.
CREATE TABLE evidence_verifications (
  verification_id uuid NOT NULL,
  log integer NOT NULL,
  started_at timestamptz(3) NOT NULL,
  -- When the row was stored last, by the server: of one that still runs, a sign of life.
  stored_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  report jsonb NOT NULL,
  CONSTRAINT evidence_verifications_key PRIMARY KEY (verification_id)
);
