-- What keeps rows from retention, what retention moved elsewhere, and runs that have not ended.

CREATE TABLE legal_holds (
  hold_id uuid PRIMARY KEY,
  -- A row is covered when it matches all of the next four that are not NULL; by every hold that has none.
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  from_ts timestamptz(3),
  to_ts timestamptz(3),
  reason text COLLATE "C" NOT NULL,
  placed_by text COLLATE "C" NOT NULL,
  placed_at timestamptz(3) NOT NULL,
  -- NULL while it is in force.
  released_at timestamptz(3),
  released_by text COLLATE "C",
  release_reason text COLLATE "C",
  CONSTRAINT legal_holds_range CHECK (from_ts < to_ts),
  CONSTRAINT legal_holds_release CHECK (num_nulls(released_at, released_by, release_reason) IN (0, 3))
);

CREATE TABLE archives (
  archive_id uuid PRIMARY KEY,
  dataset text COLLATE "C" NOT NULL CHECK (dataset IN ('audit', 'metrics')),
  segment_id text COLLATE "C" NOT NULL,
  from_ts timestamptz(3) NOT NULL,
  to_ts timestamptz(3) NOT NULL,
  -- JSON, but compared as text; NULL for the whole partition.
  selection text COLLATE "C",
  up_to text COLLATE "C" NOT NULL,
  url text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('writing', 'verified', 'dropped')),
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  started_at timestamptz(3) NOT NULL
);

-- A run is recorded when it begins, and its outcome when it ends.
ALTER TABLE retention_runs ALTER COLUMN finished_at DROP NOT NULL;
ALTER TABLE retention_runs ADD COLUMN scheduled_for timestamptz(3);
ALTER TABLE retention_runs DROP CONSTRAINT retention_runs_outcome_check;
ALTER TABLE retention_runs ADD CONSTRAINT retention_runs_outcome_check
  CHECK (outcome IN ('running', 'succeeded', 'failed', 'interrupted'));
ALTER TABLE retention_runs ADD CONSTRAINT retention_runs_finished_check
  CHECK ((outcome = 'running') = (finished_at IS NULL));
