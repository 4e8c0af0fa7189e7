-- Parts of events that were erased: what a redelivery is compared without, and a restore leaves out.
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
