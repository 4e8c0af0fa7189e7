-- Evidence: a Merkle tree over the events, by which later changes show. The tables of events stay as they are. docs/evidence-format.md
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
