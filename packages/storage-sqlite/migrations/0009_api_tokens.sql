-- The tokens of a gateway: one row for each, kept when it is revoked.
CREATE TABLE api_tokens (
  token_id TEXT NOT NULL PRIMARY KEY,
  -- SHA-256 of the secret, in hexadecimal; the secret itself is stored nowhere.
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  -- JSON array of names.
  scopes TEXT NOT NULL,
  team_id TEXT,
  requests_per_minute INTEGER,
  -- NULL for one that does not expire.
  expires_at INTEGER,
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- NULL while it is in force.
  revoked_at INTEGER,
  revoke_actor TEXT,
  revoke_reason TEXT,
  CHECK (length(hash) = 64),
  CHECK ((revoked_at IS NULL) = (revoke_actor IS NULL))
) STRICT;
