-- Requests that wait for somebody's yes or no, and those that were decided lately.

CREATE TABLE approvals (
  request_id text COLLATE "C" PRIMARY KEY,
  agent_id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C",
  action text COLLATE "C" NOT NULL,
  -- RFC 8785 canonical JSON, kept as text, since the digest is of these very bytes.
  request text COLLATE "C" NOT NULL,
  -- SHA-256 of request, lower-case hex.
  digest text COLLATE "C" NOT NULL,
  on_expiry text COLLATE "C" NOT NULL CHECK (on_expiry IN ('approve', 'deny')),
  submitted_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  -- Whose the decision is until claim_expires_at; NULL when it is nobody's.
  claimed_by text COLLATE "C",
  claim_expires_at timestamptz(3),
  -- NULL while nobody decided; on_expiry counts once expires_at has passed.
  verdict text COLLATE "C" CHECK (verdict IN ('approve', 'deny')),
  -- NULL beside a verdict: nobody decided in time.
  decided_by text COLLATE "C",
  reason text COLLATE "C",
  decided_at timestamptz(3),
  -- Grows by 1 with each change.
  revision bigint NOT NULL CHECK (revision >= 1),
  CONSTRAINT approvals_claim CHECK ((claimed_by IS NULL) = (claim_expires_at IS NULL)),
  CONSTRAINT approvals_decision CHECK ((verdict IS NULL) = (decided_at IS NULL)),
  CONSTRAINT approvals_undecided CHECK (verdict IS NOT NULL OR (decided_by IS NULL AND reason IS NULL))
);

-- Serves pages of all requests, in the order they came.
CREATE INDEX approvals_order ON approvals (submitted_at, request_id);

-- Serves the oldest requests that still wait, which are few: the index holds only those that nobody decided, and passes
-- expired ones by without a look at their rows.
CREATE INDEX approvals_open ON approvals (submitted_at, request_id, expires_at) WHERE verdict IS NULL;

-- Serves the removal of requests that were decided long ago.
CREATE INDEX approvals_decided ON approvals (decided_at);
