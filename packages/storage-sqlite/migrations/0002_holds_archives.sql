--! breaking
-- Breaking, because software that knows nothing of legal holds would delete what they cover.

CREATE TABLE legal_holds (
  hold_id TEXT NOT NULL PRIMARY KEY,
  -- What it covers: rows that match all of these four that are not NULL.
  agent_id TEXT,
  team_id TEXT,
  covers_from INTEGER,
  covers_to INTEGER CHECK (covers_to > covers_from),
  reason TEXT NOT NULL,
  placed_by TEXT NOT NULL,
  placed_at INTEGER NOT NULL,
  -- NULL while it is in force, like the two after it.
  released_at INTEGER,
  released_by TEXT,
  release_reason TEXT,
  CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (release_reason IS NULL))
) STRICT;

-- Serves the question whether a hold covers a row, which is asked of each row before it is deleted: the index holds only
-- the holds in force.
CREATE INDEX legal_holds_in_force ON legal_holds (agent_id, team_id, covers_from, covers_to) WHERE released_at IS NULL;

CREATE TABLE archives (
  archive_id TEXT NOT NULL PRIMARY KEY,
  dataset TEXT NOT NULL CHECK (dataset IN ('audit', 'metrics')),
  segment_id TEXT NOT NULL,
  segment_from INTEGER NOT NULL,
  segment_to INTEGER NOT NULL CHECK (segment_to > segment_from),
  -- JSON text; NULL for the whole partition.
  selection TEXT,
  up_to TEXT NOT NULL,
  url TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('writing', 'verified', 'dropped')),
  "rows" INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;

-- A column's NOT NULL cannot be changed in place.
CREATE TABLE retention_runs_new (
  run_id TEXT NOT NULL PRIMARY KEY,
  started_at INTEGER NOT NULL,
  -- NULL while it runs.
  finished_at INTEGER,
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'succeeded', 'failed', 'interrupted')),
  -- NULL for a run that somebody started.
  scheduled_for INTEGER,
  "rows" INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  detail TEXT NOT NULL,
  CHECK ((outcome = 'running') = (finished_at IS NULL))
) STRICT;

INSERT INTO retention_runs_new (run_id, started_at, finished_at, outcome, "rows", bytes, detail)
SELECT run_id, started_at, finished_at, outcome, "rows", bytes, detail FROM retention_runs;

DROP TABLE retention_runs;

ALTER TABLE retention_runs_new RENAME TO retention_runs;
