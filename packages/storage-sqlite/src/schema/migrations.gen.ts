// Made by scripts/generate.mjs from migrations/*.sql. Do not edit.

export const MIGRATION_SOURCES: readonly { readonly fileName: string; readonly sql: string }[] = [
  {
    fileName: "0001_initial.sql",
    sql: `-- Times are integers: milliseconds since 1970-01-01T00:00:00Z. Read them through audit_events_readable.

-- In the history of stores made before the first release, by migrations that this one replaces:
--! replaces bcc7720855350305b2c799d29bc6820219a7f7d13f662b63678c536d0b8e8082
--! replaces 2138ba5fdd785dc73cc20404f78dcd34e2a20e05f0d966c0f428ad358f0edbe4
--! replaces 1148cdc9e191809e577d97b4d010018fc241b6004f2d4545e44ca470563d072a

CREATE TABLE audit_events (
  -- Commit order; AUTOINCREMENT never reuses a number, so a tail cannot miss an event after a delete.
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  ts INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  team_id TEXT,
  org_id TEXT,
  session_id TEXT,
  trace_id TEXT,
  action TEXT NOT NULL,
  decision TEXT NOT NULL,
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  shadow_decision TEXT,
  matched_rule_id TEXT,
  -- The payload's member "tool", kept apart so that filters and summaries need not parse the payload.
  tool TEXT,
  -- JSON text; NULL when the event has no payload.
  payload TEXT
) STRICT;

-- Serves idempotent append (conflict on the key), queries by time range, pages and streams in either order, counts and
-- summaries over a range, and the days and deletes of retention.
CREATE UNIQUE INDEX audit_events_key ON audit_events (ts, event_id);

-- Serves the newest or oldest events of some agents, with or without a time range, and their pages.
CREATE INDEX audit_events_agent ON audit_events (agent_id, ts, event_id);

-- Serves queries for dry-run events, which are few: the index holds only those.
CREATE INDEX audit_events_dry_run ON audit_events (ts, event_id) WHERE dry_run = 1;

-- The histories of commits that this file has had: the newest row is the one it goes on with, the others are those of the
-- stores that it was copied from. Positions name one.
CREATE TABLE store_histories (
  number INTEGER PRIMARY KEY,
  -- 48 random bits.
  history_id INTEGER NOT NULL,
  -- The last seq it shares with the next history; NULL for the newest.
  last_seq INTEGER
) STRICT;

INSERT INTO store_histories (history_id) VALUES (random() & 0xFFFFFFFFFFFF);

-- Who had the file open for writing, from which seq on. Positions name the newest one before their seq, which tells apart
-- what two copies of one file went on with.
CREATE TABLE store_openings (
  number INTEGER PRIMARY KEY,
  -- 48 random bits.
  opening_id INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  -- 1 until it is closed. While there is such a row, the user_version in the header is not 0: commits may be in the -wal.
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
) STRICT;

CREATE VIEW audit_events_readable AS
SELECT
  seq,
  strftime('%Y-%m-%dT%H:%M:%fZ', ts / 1000.0, 'unixepoch') AS ts,
  strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1000.0, 'unixepoch') AS recorded_at,
  event_id,
  agent_id,
  team_id,
  org_id,
  session_id,
  trace_id,
  action,
  decision,
  dry_run,
  shadow_decision,
  matched_rule_id,
  tool,
  payload
FROM audit_events;

CREATE TABLE agent_registry (
  agent_id TEXT NOT NULL PRIMARY KEY,
  name TEXT,
  team_id TEXT,
  org_id TEXT,
  base_enforcement_mode TEXT NOT NULL,
  window_mode TEXT,
  window_expires_at INTEGER,
  credential TEXT,
  credential_generation INTEGER NOT NULL,
  credential_rotated_at INTEGER,
  status TEXT NOT NULL CHECK (status IN ('registered', 'online', 'offline')),
  last_seen_at INTEGER,
  -- JSON object.
  metadata TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  registered_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE policy_versions (
  name TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  format TEXT NOT NULL CHECK (format IN ('yaml', 'json')),
  -- SHA-256 of source, lower-case hex.
  digest TEXT NOT NULL,
  -- Bytes of source.
  size INTEGER NOT NULL,
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Byte for byte as saved.
  source BLOB NOT NULL,
  -- The parsed source as JSON text.
  document TEXT NOT NULL,
  PRIMARY KEY (name, version)
) STRICT;

-- The primary key is what makes "one active version per name" a fact of the database.
CREATE TABLE policy_active (
  name TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  FOREIGN KEY (name, version) REFERENCES policy_versions (name, version)
) STRICT;

CREATE TABLE policy_activations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  -- NULL when no version was active before.
  from_version INTEGER,
  to_version INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('activate', 'rollback')),
  actor TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Serves the activation history of one name, newest first, which rollback reads too.
CREATE INDEX policy_activations_name ON policy_activations (name, id);

CREATE TABLE retention_runs (
  run_id TEXT NOT NULL PRIMARY KEY,
  started_at INTEGER NOT NULL,
  -- NULL while it runs.
  finished_at INTEGER,
  outcome TEXT NOT NULL CHECK (outcome IN ('running', 'succeeded', 'failed', 'interrupted')),
  -- NULL for a run that was started by hand.
  scheduled_for INTEGER,
  "rows" INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  detail TEXT NOT NULL,
  CHECK ((outcome = 'running') = (finished_at IS NULL))
) STRICT;

CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE legal_holds (
  hold_id TEXT NOT NULL PRIMARY KEY,
  -- What it covers: rows that match all of these four that are not NULL.
  agent_id TEXT,
  team_id TEXT,
  covers_from INTEGER,
  covers_to INTEGER CHECK (covers_to > covers_from),
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  placed_at INTEGER NOT NULL,
  -- NULL while it is in force, like the two after it.
  released_at INTEGER,
  release_actor TEXT,
  release_reason TEXT,
  CHECK ((released_at IS NULL) = (release_actor IS NULL) AND (released_at IS NULL) = (release_reason IS NULL))
) STRICT;

-- Serves the question whether a hold covers a row, which is asked of each row before it is deleted: the index holds only
-- the holds in force.
CREATE INDEX legal_holds_in_force ON legal_holds (agent_id, team_id, covers_from, covers_to) WHERE released_at IS NULL;

CREATE TABLE archives (
  archive_id TEXT NOT NULL PRIMARY KEY,
  dataset TEXT NOT NULL CHECK (dataset IN ('audit', 'metrics')),
  partition_id TEXT NOT NULL,
  partition_from INTEGER NOT NULL,
  partition_to INTEGER NOT NULL CHECK (partition_to > partition_from),
  -- JSON text; NULL for the whole partition.
  selection TEXT,
  as_of TEXT NOT NULL,
  url TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('writing', 'verified', 'dropped')),
  "rows" INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;

-- Requests that wait for a decision, and those that were decided recently.
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
  -- The approver who holds the claim until claim_expires_at; NULL without a claim.
  claimed_by TEXT,
  claim_expires_at INTEGER,
  -- NULL while undecided; on_expiry applies once expires_at has passed.
  verdict TEXT CHECK (verdict IN ('approve', 'deny')),
  -- NULL beside a verdict: it was not decided in time.
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

-- Serves the oldest requests that still wait, which are few: the index holds only undecided ones, and passes
-- expired ones by without a look at their rows.
CREATE INDEX approvals_open ON approvals (submitted_at, request_id, expires_at) WHERE verdict IS NULL;

-- Serves the removal of requests that were decided long ago.
CREATE INDEX approvals_decided ON approvals (decided_at);
`,
  },
  {
    fileName: "0002_counts.sql",
    sql: `-- Counts of the events, kept beside them: what is asked about all of a log is answered by as many cells as the answer needs.

-- Processes of earlier versions would delete events without taking them out of the counts.
--! breaking

-- Combinations of values that cells count by. Each cube has some of the members, see COUNT_CUBES of storage-core.
CREATE TABLE audit_count_keys (
  id INTEGER PRIMARY KEY,
  cube INTEGER NOT NULL,
  -- NULL where the events lack the member, and where the cube does not have it.
  agent_id TEXT,
  team_id TEXT,
  action TEXT,
  decision TEXT,
  dry_run INTEGER,
  matched_rule_id TEXT,
  tool TEXT
) STRICT;

-- Serves the look-up of a combination. A blob equals no text, so it stands for NULL, of which UNIQUE would allow many.
CREATE UNIQUE INDEX audit_count_keys_members ON audit_count_keys (cube, ifnull(agent_id, x''), ifnull(team_id, x''), ifnull(action, x''), ifnull(decision, x''), ifnull(dry_run, x''), ifnull(matched_rule_id, x''), ifnull(tool, x''));

-- A cell counts the events of one combination in one hour, day or month of UTC.
CREATE TABLE audit_counts (
  -- The cube times ten, and the level: 1 hour, 2 day, 3 month.
  cube_level INTEGER NOT NULL,
  -- The start of the cell, in hours since 1970-01-01T00:00:00Z.
  hour INTEGER NOT NULL,
  -- In audit_count_keys.
  key_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  -- Bytes of payloads; 0 in cubes that do not count them.
  payload_bytes INTEGER NOT NULL,
  PRIMARY KEY (cube_level, hour, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_count_state (
  -- There is one row.
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The cells count the events with a seq up to this one.
  folded_seq INTEGER NOT NULL,
  -- Raised when events behind folded_seq are deleted, and when all is to be counted anew: what was computed before is void.
  generation INTEGER NOT NULL
) STRICT;

INSERT INTO audit_count_state VALUES (1, 0, 0);
`,
  },
  {
    fileName: "0003_sessions_and_traces.sql",
    sql: `-- Serves the newest or oldest events of a session and their pages: the index holds only events of a session. Without event_id,
-- by which only events of the same millisecond are then sorted: it would be half of the index, and appends take as much longer.
CREATE INDEX audit_events_session ON audit_events (session_id, ts) WHERE session_id IS NOT NULL;

-- Serves the same of a trace.
CREATE INDEX audit_events_trace ON audit_events (trace_id, ts) WHERE trace_id IS NOT NULL;
`,
  },
  {
    fileName: "0004_dropped_counts.sql",
    sql: `-- Counts of events that were dropped, by all members that counts are kept by. They stay when the events are gone, and nothing
-- can compute them again.

-- Combinations of values. NULL where the events lack the member.
CREATE TABLE audit_dropped_keys (
  id INTEGER PRIMARY KEY,
  agent_id TEXT NOT NULL,
  team_id TEXT,
  action TEXT NOT NULL,
  decision TEXT NOT NULL,
  dry_run INTEGER NOT NULL,
  matched_rule_id TEXT,
  tool TEXT
) STRICT;

-- Serves the look-up of a combination. A blob equals no text, so it stands for NULL, of which UNIQUE would allow many.
CREATE UNIQUE INDEX audit_dropped_keys_members ON audit_dropped_keys (agent_id, ifnull(team_id, x''), action, decision, dry_run, ifnull(matched_rule_id, x''), ifnull(tool, x''));

-- How many events of one combination were dropped, and not restored since, in one day or month of UTC.
CREATE TABLE audit_dropped_counts (
  -- 2 day, 3 month.
  level INTEGER NOT NULL,
  -- The start of the day or month, in hours since 1970-01-01T00:00:00Z.
  hour INTEGER NOT NULL,
  -- In audit_dropped_keys.
  key_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (level, hour, key_id)
) STRICT, WITHOUT ROWID;
`,
  },
  {
    fileName: "0005_evidence.sql",
    sql: `-- Evidence: a Merkle tree over the events, by which later changes show. The tables of events stay as they are. docs/evidence-format.md
-- of the project says what tiles, seeds and entries are.

-- One row for each log; the newest one is continued.
CREATE TABLE evidence_log (
  -- From 1.
  log INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  -- Leaves.
  size INTEGER NOT NULL,
  -- Of the tree of that many leaves.
  root BLOB NOT NULL,
  -- Of the newest sealed event in commit order; '' before the first one.
  position TEXT NOT NULL,
  -- What the sealer carries on, as JSON.
  chain TEXT NOT NULL
) STRICT;

-- The tiles of the tree, each with all hashes that it has so far.
CREATE TABLE evidence_tiles (
  log INTEGER NOT NULL,
  level INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (log, level, idx)
) STRICT;

-- Which rows consecutive leaves stand for.
CREATE TABLE evidence_batches (
  log INTEGER NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  from_ts INTEGER NOT NULL,
  to_ts INTEGER NOT NULL,
  -- The numbers of the rows in the order of the leaves: differences, zigzag, varint.
  seqs BLOB NOT NULL,
  PRIMARY KEY (log, first)
) STRICT;

-- The trees of seeds that the salts of leaves come from. Secret.
CREATE TABLE evidence_seeds (
  log INTEGER NOT NULL,
  bundle INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  path INTEGER NOT NULL,
  node BLOB NOT NULL,
  PRIMARY KEY (log, bundle, depth, path)
) STRICT;

-- The leaves that are not events.
CREATE TABLE evidence_statements (
  log INTEGER NOT NULL,
  leaf INTEGER NOT NULL,
  kind TEXT NOT NULL,
  -- Canonical JSON.
  entry TEXT NOT NULL,
  -- The list that the entry has the digest of, as JSON.
  list TEXT,
  PRIMARY KEY (log, leaf)
) STRICT;

-- Parts of events that were erased, and the salts of the other parts of these leaves.
CREATE TABLE evidence_erased (
  log INTEGER NOT NULL,
  leaf INTEGER NOT NULL,
  part INTEGER NOT NULL,
  -- NULL where the part itself was erased.
  salt BLOB,
  PRIMARY KEY (log, leaf, part)
) STRICT;

-- Leaves whose row was dropped and restored, and has another number now.
CREATE TABLE evidence_moved (
  log INTEGER NOT NULL,
  leaf INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (log, leaf)
) STRICT;

CREATE TABLE evidence_checkpoints (
  log INTEGER NOT NULL,
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (log, size)
) STRICT;

-- What proves that a checkpoint is kept elsewhere.
CREATE TABLE evidence_anchors (
  log INTEGER NOT NULL,
  size INTEGER NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  at INTEGER NOT NULL,
  receipt BLOB NOT NULL,
  PRIMARY KEY (log, size, kind, target)
) STRICT;
`,
  },
  {
    fileName: "0006_erasure.sql",
    sql: `-- Parts of events that were erased: what a redelivery is compared without, and a restore leaves out.
CREATE TABLE audit_erased (
  ts INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  -- JSON array of names, sorted.
  parts TEXT NOT NULL,
  PRIMARY KEY (ts, event_id)
) STRICT, WITHOUT ROWID;

-- One row for each erasure that was asked for.
CREATE TABLE erasures (
  erasure_id TEXT NOT NULL PRIMARY KEY,
  request TEXT NOT NULL,
  basis TEXT NOT NULL,
  actor TEXT,
  -- JSON array of names, sorted.
  parts TEXT NOT NULL,
  salt TEXT NOT NULL,
  -- Of the salt and the filter.
  filter_digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'failed')),
  -- How many events lost parts.
  events INTEGER NOT NULL,
  -- The earliest and the latest time of these events; NULL without any.
  events_from INTEGER,
  events_to INTEGER,
  started_at INTEGER NOT NULL,
  -- NULL while it is begun.
  finished_at INTEGER,
  detail TEXT NOT NULL,
  CHECK ((state = 'begun') = (finished_at IS NULL)),
  CHECK ((events_from IS NULL) = (events_to IS NULL))
) STRICT;

-- Of leaves whose seed was destroyed: the salts of parts that are still there, and the commitments to those that were erased.
CREATE TABLE evidence_parts (
  log INTEGER NOT NULL,
  leaf INTEGER NOT NULL,
  place INTEGER NOT NULL,
  is_erased INTEGER NOT NULL CHECK (is_erased IN (0, 1)),
  -- 32 bytes.
  bytes BLOB NOT NULL,
  PRIMARY KEY (log, leaf, place)
) STRICT;

-- Nothing was ever stored in it.
DROP TABLE evidence_erased;
`,
  },
  {
    fileName: "0007_restored_leaves.sql",
    sql: `-- Which archive a restored row came from, so that the log can state it.
ALTER TABLE evidence_moved ADD COLUMN archive TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence_moved ADD COLUMN manifest TEXT NOT NULL DEFAULT '';

-- Serves sealing, which asks of each row whether it has a leaf already.
CREATE INDEX evidence_moved_seq ON evidence_moved (seq);
`,
  },
  {
    fileName: "0008_evidence_hashes.sql",
    sql: `-- The hashes of the tree in rows that fill a page of 4,096 bytes each: a tile of 256 hashes in one row leaves a tenth of its pages empty.

-- The hashes of one level of the tree, 126 in each row, the last row of the level fewer.
CREATE TABLE evidence_hashes (
  log INTEGER NOT NULL,
  level INTEGER NOT NULL,
  -- From 0; the first hash of the row is number 126 * idx of its level.
  idx INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (log, level, idx)
) STRICT;

-- A row begins in one tile, and ends in that or in the next one. What a damaged table does not have, the new one has not either.
INSERT INTO evidence_hashes (log, level, idx, hashes)
WITH RECURSIVE
  levels (log, level, hashes) AS (
    -- Of the row with the greatest idx.
    SELECT log, level, max(idx) * 256 + length(hashes) / 32 FROM evidence_tiles GROUP BY log, level
  ),
  stripes (log, level, idx, hashes) AS (
    SELECT log, level, 0, hashes FROM levels WHERE hashes > 0
    UNION ALL
    SELECT log, level, idx + 1, hashes FROM stripes WHERE (idx + 1) * 126 < hashes
  ),
  parts (log, level, idx, ends, head, tail) AS (
    SELECT s.log, s.level, s.idx, (s.idx * 126) % 256 + 126 > 256 AND (s.idx * 126 / 256 + 1) * 256 < s.hashes,
      (SELECT substr(t.hashes, 32 * ((s.idx * 126) % 256) + 1, 32 * 126) FROM evidence_tiles AS t
        WHERE t.log = s.log AND t.level = s.level AND t.idx = s.idx * 126 / 256),
      (SELECT substr(t.hashes, 1, 32 * ((s.idx * 126) % 256 + 126 - 256)) FROM evidence_tiles AS t
        WHERE t.log = s.log AND t.level = s.level AND t.idx = s.idx * 126 / 256 + 1)
    FROM stripes AS s
  )
-- What is joined to a text keeps its bytes.
SELECT log, level, idx, CASE WHEN ends THEN CAST(head || tail AS BLOB) ELSE head END FROM parts
WHERE head IS NOT NULL AND (NOT ends OR tail IS NOT NULL);

DROP TABLE evidence_tiles;
`,
  },
  {
    fileName: "0009_api_tokens.sql",
    sql: `-- The tokens of a gateway: one row for each, kept when it is revoked.
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
`,
  },
  {
    fileName: "0010_verifications.sql",
    sql: `-- What verifications of the log came to, as those who ran them say. Verifying trusts nothing of it.
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
`,
  },
];
