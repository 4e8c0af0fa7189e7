-- Evidence: a Merkle tree over the events, by which later changes show. The table of events stays as it is. docs/evidence-format.md
-- of the project says what tiles, seeds and entries are.

-- One row for each log; the newest one is continued.
CREATE TABLE evidence_log (
  -- From 1.
  log integer PRIMARY KEY,
  origin text COLLATE "C" NOT NULL,
  -- Leaves.
  size bigint NOT NULL,
  -- Of the tree of that many leaves.
  root bytea NOT NULL,
  -- Of the newest sealed event in commit order; '' before the first one.
  position text NOT NULL,
  -- What the sealer carries on, as JSON.
  chain text NOT NULL,
  CONSTRAINT evidence_log_limits CHECK (log >= 1 AND size >= 0 AND octet_length(root) = 32)
);

-- The tiles of the tree, each with all hashes that it has so far.
CREATE TABLE evidence_tiles (
  log integer NOT NULL,
  level smallint NOT NULL,
  idx bigint NOT NULL,
  hashes bytea NOT NULL,
  CONSTRAINT evidence_tiles_key PRIMARY KEY (log, level, idx)
);

-- Hashes do not compress.
ALTER TABLE evidence_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Which rows consecutive leaves stand for.
CREATE TABLE evidence_batches (
  log integer NOT NULL,
  first bigint NOT NULL,
  count integer NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  from_ts timestamptz(3) NOT NULL,
  to_ts timestamptz(3) NOT NULL,
  -- The numbers of the rows in the order of the leaves: differences, zigzag, varint.
  seqs bytea NOT NULL,
  CONSTRAINT evidence_batches_key PRIMARY KEY (log, first)
);

-- The trees of seeds that the salts of leaves come from. Secret.
CREATE TABLE evidence_seeds (
  log integer NOT NULL,
  bundle bigint NOT NULL,
  depth smallint NOT NULL,
  path smallint NOT NULL,
  node bytea NOT NULL,
  CONSTRAINT evidence_seeds_key PRIMARY KEY (log, bundle, depth, path)
);

-- The leaves that are not events.
CREATE TABLE evidence_statements (
  log integer NOT NULL,
  leaf bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  -- Canonical JSON.
  entry text NOT NULL,
  -- The list that the entry has the digest of, as JSON.
  list text,
  CONSTRAINT evidence_statements_key PRIMARY KEY (log, leaf)
);

-- Parts of events that were erased, and the salts of the other parts of these leaves.
CREATE TABLE evidence_erased (
  log integer NOT NULL,
  leaf bigint NOT NULL,
  part smallint NOT NULL,
  -- NULL where the part itself was erased.
  salt bytea,
  CONSTRAINT evidence_erased_key PRIMARY KEY (log, leaf, part)
);

-- Leaves whose row was dropped and restored, and has another number now.
CREATE TABLE evidence_moved (
  log integer NOT NULL,
  leaf bigint NOT NULL,
  seq bigint NOT NULL,
  CONSTRAINT evidence_moved_key PRIMARY KEY (log, leaf)
);

CREATE TABLE evidence_checkpoints (
  log integer NOT NULL,
  size bigint NOT NULL,
  note text NOT NULL,
  at timestamptz(3) NOT NULL,
  CONSTRAINT evidence_checkpoints_key PRIMARY KEY (log, size)
);

-- What proves that a checkpoint is kept elsewhere.
CREATE TABLE evidence_anchors (
  log integer NOT NULL,
  size bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  at timestamptz(3) NOT NULL,
  receipt bytea NOT NULL,
  CONSTRAINT evidence_anchors_key PRIMARY KEY (log, size, kind, target)
);
