-- What verifications of the log came to, as those who ran them say. Verifying trusts nothing of it.
CREATE TABLE evidence_verifications (
  verification_id TEXT NOT NULL PRIMARY KEY,
  log INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  -- When the row was stored last: of one that still runs, a sign of life.
  stored_at INTEGER NOT NULL,
  -- JSON.
  report TEXT NOT NULL,
  CHECK (length(verification_id) = 36),
  CHECK (json_valid(report))
) STRICT;
