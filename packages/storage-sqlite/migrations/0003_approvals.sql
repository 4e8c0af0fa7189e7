-- Requests that wait for somebody's yes or no, and those that were decided lately.

CREATE TABLE approvals (
  request_id TEXT NOT NULL PRIMARY KEY,
  agent_id TEXT NOT NULL,
  team_id TEXT,
  action TEXT NOT NULL,
  -- RFC 8785 canonical JSON.
  request TEXT NOT NULL,
  -- SHA-256 of request, lower-case hex.
  digest TEXT NOT NULL,
  on_expiry TEXT NOT NULL CHECK (on_expiry IN ('approve', 'deny')),
  submitted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- Whose the decision is until claim_expires_at; NULL when it is nobody's.
  claimed_by TEXT,
  claim_expires_at INTEGER,
  -- NULL while nobody decided; on_expiry counts once expires_at has passed.
  verdict TEXT CHECK (verdict IN ('approve', 'deny')),
  -- NULL beside a verdict: nobody decided in time.
  decided_by TEXT,
  reason TEXT,
  decided_at INTEGER,
  -- Grows by 1 with each change.
  revision INTEGER NOT NULL CHECK (revision >= 1),
  CHECK ((claimed_by IS NULL) = (claim_expires_at IS NULL)),
  CHECK ((verdict IS NULL) = (decided_at IS NULL)),
  CHECK (verdict IS NOT NULL OR (decided_by IS NULL AND reason IS NULL))
) STRICT;

-- Serves pages of all requests, in the order they came.
CREATE INDEX approvals_order ON approvals (submitted_at, request_id);

-- Serves the oldest requests that still wait, which are few: the index holds only those that nobody decided, and passes
-- expired ones by without a look at their rows.
CREATE INDEX approvals_open ON approvals (submitted_at, request_id, expires_at) WHERE verdict IS NULL;

-- Serves the removal of requests that were decided long ago.
CREATE INDEX approvals_decided ON approvals (decided_at);
