// Made by scripts/generate.mjs from migrations/*.sql. Do not edit.

export const MIGRATION_SOURCES: readonly { readonly fileName: string; readonly sql: string }[] = [
  {
    fileName: "0001_initial.sql",
    sql: `-- Runs with search_path set to the schema of the store. Text that is compared or ordered is in collation "C", which orders
-- by code point as every other backend does.
--
-- Constraints named *_limits hold what the application refuses, also against a role that writes by SQL: identifiers have 1 to
-- 512 characters, times lie within the years 1 to 9999. Limits that are options, such as the age of an event, are the
-- application's alone.

-- In the history of stores made before the first release, by migrations that this one replaces:
--! replaces 5624bf7dc567147a1ab308c7ba89bb167217f0740e0f8b486ad1d8239e1786b7
--! replaces 3c0d85513d92a18aec72338f1e75ef760513ec8c4a8f6eb2d1d57474230e1e70
--! replaces 93cfc0854eb862d7d8f14ad8caf2b0963899107cc25a8a9a99af65d72b8962dc
--! replaces ca41f1d19998a8b66760ba207135146d71f849afa50931c80c9ed82e663db208
--! replaces 86f25d46a13cb5d74a9159b2a19c66e79f0e28bd3427de65f709b6ecc3d1c75c

-- Orders the rows of one transaction.
CREATE SEQUENCE audit_events_seq AS bigint;

CREATE TABLE audit_events (
  ts timestamptz(3) NOT NULL,
  -- Set by the server: only roles that restore archived events may give another one. Cut, since rounding may lead into the future.
  recorded_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', now()),
  -- The transaction that inserted the row. The server's snapshots tell which transactions have ended; tails and positions rest
  -- on them, see audit_origin.
  xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  seq bigint NOT NULL DEFAULT nextval('audit_events_seq'),
  event_id uuid NOT NULL,
  dry_run boolean NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C",
  org_id text COLLATE "C",
  session_id text COLLATE "C",
  trace_id text COLLATE "C",
  action text COLLATE "C" NOT NULL,
  decision text COLLATE "C" NOT NULL,
  shadow_decision text COLLATE "C",
  matched_rule_id text COLLATE "C",
  -- The payload's member "tool", kept apart so that filters and summaries need not look into the payload.
  tool text COLLATE "C",
  -- NULL when the event has no payload; a payload of JSON null is 'null'. Characters that jsonb cannot hold are escaped.
  payload jsonb,
  CONSTRAINT audit_events_key PRIMARY KEY (ts, event_id),
  -- Short, since the server parses it anew for each statement: one condition for each column would take twice as long, and
  -- more than all indexes together. Both functions pass NULL by.
  CONSTRAINT audit_events_limits CHECK (
    seq >= 1
    AND least(ts, recorded_at) >= timestamptz '0001-01-01 00:00:00+00'
    AND greatest(ts, recorded_at) < timestamptz '10000-01-01 00:00:00+00'
    AND least(agent_id, team_id, org_id, session_id, trace_id, action, decision, shadow_decision, matched_rule_id, tool) <> ''
    AND greatest(length(agent_id), length(team_id), length(org_id), length(session_id), length(trace_id), length(action),
      length(decision), length(shadow_decision), length(matched_rule_id), length(tool)) <= 512
  )
);

ALTER SEQUENCE audit_events_seq OWNED BY audit_events.seq;

-- Serves the newest or oldest events of some agents, with or without a time range, and their pages.
CREATE INDEX audit_events_agent ON audit_events (agent_id, ts, event_id);

-- Serves queries for dry-run events, which are few: the index holds only those.
CREATE INDEX audit_events_dry_run ON audit_events (ts, event_id) WHERE dry_run;

-- Serves tails.
CREATE INDEX audit_events_order ON audit_events (xact, seq);

-- The timeline that is known to be recorded, for record_timeline() alone, which asks this at each INSERT: a query would cost a
-- third of what storing one event does. Without a value nothing is known. Where it has one, the last row of audit_timelines for the
-- origin, or the origin itself where there is none, has the same timeline, committed.
CREATE SEQUENCE audit_timeline_known AS bigint;

-- Where the transaction ids in audit_events begin to be those of this server. A dump holds the rows, with ids of the server
-- they come from, but not what this view holds: a restore refreshes it after the rows. Rows up to seq are restored ones, whose
-- transactions have ended. Positions name the id, so that none made before a restore is taken for one made after it. The timeline
-- is the server's own, of its write-ahead log.
CREATE MATERIALIZED VIEW audit_origin AS
  SELECT ('x' || left(replace(u.id::text, '-', ''), 12))::bit(48)::bigint AS id,
    CASE WHEN s.is_called THEN s.last_value ELSE 0 END AS seq,
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer AS timeline
  FROM audit_events_seq AS s CROSS JOIN gen_random_uuid() AS u (id)
  -- True, and forgets what is known of the origin before.
  WHERE setval('audit_timeline_known', 1, false) = 1;

-- Each timeline on which events were stored, after the first one: a standby that was promoted, or a server that was restored to
-- a point in time, begins one. It may lack what was committed last on the timeline before, and gives the same transaction ids to
-- other transactions. The first statement that inserts events on a timeline adds its row, and others wait for that, so no
-- event of a timeline can be seen without its row.
CREATE TABLE audit_timelines (
  origin bigint NOT NULL,
  number integer NOT NULL,
  -- Random: two servers that were promoted apart from each other may have the same timeline.
  id bigint NOT NULL DEFAULT ('x' || left(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint,
  -- The server's. After pg_upgrade it begins again with 1.
  timeline integer NOT NULL,
  -- What was committed before it, on the timeline before, was kept. NULL when the server had been restarted since.
  switch_lsn pg_lsn DEFAULT pg_last_wal_replay_lsn(),
  -- Events of older transactions are from earlier timelines, all others from this one on. Prepared transactions outlive a promotion.
  first_xact bigint NOT NULL,
  recorded_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  CONSTRAINT audit_timelines_key PRIMARY KEY (origin, number)
);

CREATE FUNCTION record_timeline() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ours integer := ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer;
  recorded boolean;
  committed boolean;
BEGIN
  -- A running server stays on its timeline, and a new one has another number than the last.
  IF ours = pg_sequence_last_value('audit_timeline_known'::regclass) THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(t.timeline, o.timeline) = ours, age(coalesce(t.xmin, o.xmin)) > 0 AND age(o.xmin) > 0
    INTO recorded, committed
  FROM audit_origin AS o
  LEFT JOIN LATERAL (
    SELECT t.timeline, t.xmin FROM audit_timelines AS t WHERE t.origin = o.id ORDER BY t.number DESC LIMIT 1) AS t ON true;
  IF recorded THEN
    -- A sequence keeps its value when a transaction is rolled back, so this one's own rows do not count.
    IF committed THEN
      PERFORM setval('audit_timeline_known', ours);
    END IF;
    RETURN NULL;
  END IF;
  INSERT INTO audit_timelines (origin, number, timeline, first_xact)
  SELECT o.id, coalesce(t.number, 0) + 1, ours, least(
    pg_current_xact_id()::text::bigint,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    (SELECT min(x::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) AS x
     WHERE NOT EXISTS (SELECT FROM pg_prepared_xacts AS p WHERE p.transaction = x::xid)))
  FROM audit_origin AS o
  LEFT JOIN LATERAL (
    SELECT * FROM audit_timelines AS t WHERE t.origin = o.id ORDER BY t.number DESC LIMIT 1) AS t ON true
  WHERE ours <> coalesce(t.timeline, o.timeline)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION record_timeline() FROM PUBLIC;

CREATE TRIGGER record_timeline BEFORE INSERT ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION record_timeline();

CREATE TABLE agent_registry (
  agent_id text COLLATE "C" PRIMARY KEY,
  name text COLLATE "C",
  team_id text COLLATE "C",
  org_id text COLLATE "C",
  base_enforcement_mode text COLLATE "C" NOT NULL,
  window_mode text COLLATE "C",
  window_expires_at timestamptz(3),
  credential text COLLATE "C",
  credential_generation integer NOT NULL,
  credential_rotated_at timestamptz(3),
  status text COLLATE "C" NOT NULL CHECK (status IN ('registered', 'online', 'offline')),
  last_seen_at timestamptz(3),
  -- A JSON object, escaped as audit_events.payload is.
  metadata jsonb NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  registered_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  CONSTRAINT agent_registry_limits CHECK (
    length(agent_id) >= 1 AND length(agent_id) <= 512 AND length(name) BETWEEN 1 AND 512 AND length(team_id) BETWEEN 1 AND 512 AND length(org_id) BETWEEN 1 AND 512
    AND length(base_enforcement_mode) BETWEEN 1 AND 512 AND length(window_mode) BETWEEN 1 AND 512 AND length(credential) BETWEEN 1 AND 512
    AND credential_generation >= 0 AND jsonb_typeof(metadata) = 'object'
  )
);

CREATE TABLE policy_versions (
  name text COLLATE "C" NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  format text COLLATE "C" NOT NULL CHECK (format IN ('yaml', 'json')),
  -- SHA-256 of source, lower-case hex.
  digest text COLLATE "C" NOT NULL,
  size integer NOT NULL,
  actor text COLLATE "C" NOT NULL,
  created_at timestamptz(3) NOT NULL,
  -- Byte for byte what was saved.
  source bytea NOT NULL,
  -- The parsed document, escaped as audit_events.payload is.
  document jsonb NOT NULL,
  PRIMARY KEY (name, version),
  CONSTRAINT policy_versions_limits CHECK (
    length(name) >= 1 AND length(name) <= 512 AND length(actor) BETWEEN 1 AND 512
    AND size = octet_length(source) AND size <= 1048576
    AND digest = encode(sha256(source), 'hex')
  )
);

-- One row per name: the database itself allows no second active version.
CREATE TABLE policy_active (
  name text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  FOREIGN KEY (name, version) REFERENCES policy_versions (name, version)
);

CREATE TABLE policy_activations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  from_version integer,
  to_version integer NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('activate', 'rollback')),
  actor text COLLATE "C" NOT NULL,
  at timestamptz(3) NOT NULL,
  CONSTRAINT policy_activations_limits CHECK (length(actor) BETWEEN 1 AND 512),
  FOREIGN KEY (name, to_version) REFERENCES policy_versions (name, version)
);

CREATE INDEX policy_activations_name ON policy_activations (name, id);

CREATE TABLE metrics (
  ts timestamptz(3) NOT NULL,
  value double precision NOT NULL,
  metric text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  -- An object of texts.
  labels jsonb NOT NULL,
  CONSTRAINT metrics_limits CHECK (
    ts >= timestamptz '0001-01-01 00:00:00+00' AND ts < timestamptz '10000-01-01 00:00:00+00'
    AND value > '-Infinity' AND value < 'Infinity'
    AND length(metric) BETWEEN 1 AND 512 AND length(agent_id) BETWEEN 1 AND 512 AND length(team_id) BETWEEN 1 AND 512
    AND jsonb_typeof(labels) = 'object'
  )
);

-- Serves queries: one metric over a time range.
CREATE INDEX metrics_metric ON metrics (metric, ts);

-- What metric samples added up to when they were dropped, by UTC hour and series, so that totals outlive their samples. Each
-- row holds what was dropped, and nothing that is still in metrics: a question adds both up.
CREATE TABLE metric_totals (
  metric text COLLATE "C" NOT NULL,
  -- Start of the hour.
  bucket timestamptz(3) NOT NULL,
  -- SHA-256 of agent_id, team_id and labels, which together are longer than an index takes.
  series bytea NOT NULL,
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  -- As metrics.labels.
  labels jsonb NOT NULL,
  samples bigint NOT NULL CHECK (samples >= 1),
  sum double precision NOT NULL,
  -- Values of 1e290 and beyond, divided by 2^64, are added up here and not in sum: no sum is too large for its type.
  large_sum double precision NOT NULL,
  min double precision NOT NULL,
  max double precision NOT NULL,
  last_ts timestamptz(3) NOT NULL,
  -- The greatest value of last_ts.
  last_value double precision NOT NULL,
  PRIMARY KEY (metric, bucket, series)
);

CREATE TABLE leases (
  name text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT leases_limits CHECK (length(name) >= 1 AND length(name) <= 512 AND length(owner) BETWEEN 1 AND 512)
);

-- A run is recorded when it begins, and its outcome when it ends.
CREATE TABLE retention_runs (
  run_id text COLLATE "C" PRIMARY KEY,
  started_at timestamptz(3) NOT NULL,
  -- NULL while it runs.
  finished_at timestamptz(3),
  outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('running', 'succeeded', 'failed', 'interrupted')),
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  detail text COLLATE "C" NOT NULL,
  -- NULL for a run that was started by hand.
  scheduled_for timestamptz(3),
  CONSTRAINT retention_runs_finished_check CHECK ((outcome = 'running') = (finished_at IS NULL)),
  CONSTRAINT retention_runs_limits CHECK (length(run_id) >= 1 AND length(run_id) <= 512 AND rows >= 0 AND bytes >= 0)
);

-- A run that has ended stays as it was recorded.
CREATE FUNCTION keep_retention_runs() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.outcome = 'running' AND (NEW.run_id, NEW.started_at) = (OLD.run_id, OLD.started_at)
    AND NEW.scheduled_for IS NOT DISTINCT FROM OLD.scheduled_for THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a retention run that has ended cannot be changed' USING ERRCODE = 'restrict_violation';
END
$$;

REVOKE ALL ON FUNCTION keep_retention_runs() FROM PUBLIC;

CREATE TRIGGER keep_retention_runs BEFORE UPDATE ON retention_runs FOR EACH ROW EXECUTE FUNCTION keep_retention_runs();

CREATE INDEX retention_runs_started ON retention_runs (started_at DESC, run_id DESC);

-- Holds keep rows from retention.
CREATE TABLE legal_holds (
  hold_id uuid PRIMARY KEY,
  -- A row is covered when it matches all of the next four that are not NULL; by every hold that has none.
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  from_ts timestamptz(3),
  to_ts timestamptz(3),
  reason text COLLATE "C" NOT NULL,
  actor text COLLATE "C" NOT NULL,
  placed_at timestamptz(3) NOT NULL,
  -- NULL while it is in force.
  released_at timestamptz(3),
  release_actor text COLLATE "C",
  release_reason text COLLATE "C",
  CONSTRAINT legal_holds_range CHECK (from_ts < to_ts),
  CONSTRAINT legal_holds_release CHECK (num_nulls(released_at, release_actor, release_reason) IN (0, 3)),
  CONSTRAINT legal_holds_limits CHECK (
    from_ts >= timestamptz '0001-01-01 00:00:00+00' AND from_ts < timestamptz '10000-01-01 00:00:00+00'
    AND to_ts >= timestamptz '0001-01-01 00:00:00+00' AND to_ts < timestamptz '10000-01-01 00:00:00+00'
    AND length(agent_id) BETWEEN 1 AND 512 AND length(team_id) BETWEEN 1 AND 512 AND length(reason) BETWEEN 1 AND 512 AND length(actor) BETWEEN 1 AND 512
    AND length(release_actor) BETWEEN 1 AND 512 AND length(release_reason) BETWEEN 1 AND 512
    AND released_at >= placed_at
  )
);

-- Roles place and release holds by these functions alone: what a hold covers cannot be rewritten, and its times are the
-- server's. The tables they name were looked up when they were made, so no other table can take their place.
CREATE FUNCTION place_legal_hold(
  hold_id uuid, agent_id text, team_id text, from_ts timestamptz, to_ts timestamptz, reason text, actor text
) RETURNS SETOF legal_holds LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
BEGIN ATOMIC
  INSERT INTO legal_holds (hold_id, agent_id, team_id, from_ts, to_ts, reason, actor, placed_at)
  VALUES (place_legal_hold.hold_id, place_legal_hold.agent_id, place_legal_hold.team_id, place_legal_hold.from_ts,
    place_legal_hold.to_ts, place_legal_hold.reason, place_legal_hold.actor, date_trunc('milliseconds', clock_timestamp()))
  ON CONFLICT DO NOTHING RETURNING *;
END;

-- Yields nothing when no hold in force has this id.
CREATE FUNCTION release_legal_hold(hold_id uuid, actor text, reason text)
  RETURNS SETOF legal_holds LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
BEGIN ATOMIC
  UPDATE legal_holds AS h SET
    -- The server's clock may have been set back.
    released_at = greatest(h.placed_at, date_trunc('milliseconds', clock_timestamp())),
    release_actor = release_legal_hold.actor, release_reason = release_legal_hold.reason
  WHERE h.hold_id = release_legal_hold.hold_id AND h.released_at IS NULL RETURNING h.*;
END;

-- Until the transaction ends, no hold is placed or released: called before rows are removed. The lock itself takes more than the
-- right to read.
CREATE FUNCTION lock_legal_holds() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  LOCK TABLE legal_holds IN SHARE MODE;
END
$$;

REVOKE ALL ON FUNCTION place_legal_hold(uuid, text, text, timestamptz, timestamptz, text, text),
  release_legal_hold(uuid, text, text), lock_legal_holds() FROM PUBLIC;

-- What retention moved elsewhere.
CREATE TABLE archives (
  archive_id uuid PRIMARY KEY,
  dataset text COLLATE "C" NOT NULL CHECK (dataset IN ('audit', 'metrics')),
  partition_id text COLLATE "C" NOT NULL,
  from_ts timestamptz(3) NOT NULL,
  to_ts timestamptz(3) NOT NULL,
  -- JSON, but compared as text; NULL for the whole partition.
  selection text COLLATE "C",
  as_of text COLLATE "C" NOT NULL,
  url text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('writing', 'verified', 'dropped')),
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  started_at timestamptz(3) NOT NULL,
  CONSTRAINT archives_limits CHECK (
    from_ts < to_ts AND rows >= 0 AND bytes >= 0
    AND length(partition_id) BETWEEN 1 AND 512 AND length(as_of) BETWEEN 1 AND 262144 AND length(url) BETWEEN 1 AND 2048
  )
);

-- An archive is written, verified and its rows dropped, in this order; one that is verified stays in the catalog, and what it
-- holds is not described anew.
CREATE FUNCTION keep_archives() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  described text[] := '{state}';
BEGIN
  IF TG_OP = 'INSERT' AND NEW.state = 'writing' THEN
    RETURN NEW;
  ELSIF TG_OP = 'DELETE' AND OLD.state = 'writing' THEN
    RETURN OLD;
  ELSIF TG_OP = 'UPDATE' AND (OLD.state, NEW.state) IN (('writing', 'verified'), ('verified', 'dropped')) THEN
    IF OLD.state = 'writing' THEN
      described := '{state,rows,bytes}';
    END IF;
    IF to_jsonb(OLD) - described = to_jsonb(NEW) - described THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the record of an archive takes its next state only' USING ERRCODE = 'restrict_violation';
END
$$;

REVOKE ALL ON FUNCTION keep_archives() FROM PUBLIC;

CREATE TRIGGER keep_archives BEFORE INSERT OR UPDATE OR DELETE ON archives FOR EACH ROW EXECUTE FUNCTION keep_archives();

-- Requests that wait for a decision, and those that were decided recently.
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
  -- The approver who holds the claim until claim_expires_at; NULL without a claim.
  claimed_by text COLLATE "C",
  claim_expires_at timestamptz(3),
  -- NULL while undecided; on_expiry applies once expires_at has passed.
  verdict text COLLATE "C" CHECK (verdict IN ('approve', 'deny')),
  -- NULL beside a verdict: it was not decided in time.
  decided_by text COLLATE "C",
  reason text COLLATE "C",
  decided_at timestamptz(3),
  -- Grows by 1 with each change.
  revision bigint NOT NULL CHECK (revision >= 1),
  CONSTRAINT approvals_claim CHECK ((claimed_by IS NULL) = (claim_expires_at IS NULL)),
  CONSTRAINT approvals_decision CHECK ((verdict IS NULL) = (decided_at IS NULL)),
  CONSTRAINT approvals_undecided CHECK (verdict IS NOT NULL OR (decided_by IS NULL AND reason IS NULL)),
  CONSTRAINT approvals_limits CHECK (
    length(request_id) >= 1 AND length(request_id) <= 512 AND length(agent_id) BETWEEN 1 AND 512 AND length(team_id) BETWEEN 1 AND 512 AND length(action) BETWEEN 1 AND 512
    AND length(claimed_by) BETWEEN 1 AND 512 AND length(decided_by) BETWEEN 1 AND 512 AND length(reason) BETWEEN 1 AND 512
    AND octet_length(request) <= 262144
    AND digest = encode(sha256(convert_to(request, 'UTF8')), 'hex')
  )
);

-- Serves pages of all requests, in the order they came.
CREATE INDEX approvals_order ON approvals (submitted_at, request_id);

-- Serves the oldest requests that still wait, which are few: the index holds only undecided ones, and passes
-- expired ones by without a look at their rows.
CREATE INDEX approvals_open ON approvals (submitted_at, request_id, expires_at) WHERE verdict IS NULL;

-- Serves the removal of requests that were decided long ago.
CREATE INDEX approvals_decided ON approvals (decided_at);

-- TimescaleDB lets only the owner of a hypertable drop, compress or rewrite its chunks. These functions do that for roles that
-- may execute them, to chunks of this store alone, and refuse to drop rows under a legal hold. They look up what only
-- exists with TimescaleDB when they are called.
CREATE FUNCTION hypertable_of_chunk(chunk regclass) RETURNS regclass LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
  parent regclass;
BEGIN
  SELECT inhparent INTO parent FROM pg_inherits
  WHERE inhrelid = chunk AND inhparent IN ('audit_events'::regclass, 'metrics'::regclass);
  IF parent IS NULL THEN
    RAISE EXCEPTION 'this is no chunk of the store' USING ERRCODE = 'undefined_table';
  END IF;
  RETURN parent;
END
$$;

-- Where the functions of TimescaleDB are, quoted.
CREATE FUNCTION schema_of_timescaledb() RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT
BEGIN ATOMIC
  SELECT quote_ident(n.nspname) FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
  WHERE e.extname = 'timescaledb';
END;

-- The range is the chunk's: drop_chunks knows no chunk by its name.
CREATE FUNCTION drop_store_chunk(chunk regclass, from_ts timestamptz, to_ts timestamptz)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  hypertable regclass := hypertable_of_chunk(chunk);
  held boolean := false;
  dropped text[];
  name text;
BEGIN
  SELECT format('%I.%I', n.nspname, c.relname) INTO name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.oid = chunk;
  EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', name);
  LOCK TABLE legal_holds IN SHARE MODE;
  IF EXISTS (
    SELECT FROM legal_holds AS h WHERE h.released_at IS NULL
      AND coalesce(h.from_ts < drop_store_chunk.to_ts, true) AND coalesce(h.to_ts > drop_store_chunk.from_ts, true)
  ) THEN
    EXECUTE format(
      'SELECT EXISTS (SELECT FROM %s AS e JOIN legal_holds AS h ON h.released_at IS NULL
         AND coalesce(h.agent_id = e.agent_id, h.agent_id IS NULL) AND coalesce(h.team_id = e.team_id, h.team_id IS NULL)
         AND coalesce(h.from_ts <= e.ts, true) AND coalesce(h.to_ts > e.ts, true))', name
    ) INTO held;
  END IF;
  IF held THEN
    RAISE EXCEPTION 'rows of the chunk are under a legal hold' USING ERRCODE = 'restrict_violation';
  END IF;
  EXECUTE format('SELECT array_agg(c) FROM %s.drop_chunks($1, newer_than => $2, older_than => $3) AS c', schema_of_timescaledb())
    INTO dropped USING hypertable, drop_store_chunk.from_ts, drop_store_chunk.to_ts;
  IF dropped IS DISTINCT FROM ARRAY[name] THEN
    RAISE EXCEPTION 'the range is not that of the chunk' USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;

CREATE FUNCTION compress_store_chunk(chunk regclass)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM hypertable_of_chunk(chunk);
  -- Else, when the policy compresses the same chunk at this moment, one of the two finds parts of it made by the other.
  EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', chunk);
  EXECUTE format('SELECT %s.compress_chunk($1, if_not_compressed => true)', schema_of_timescaledb()) USING chunk;
END
$$;

-- Returns the space of removed rows to the disk. With compressed, also that of compressed rows; else only that of the table that
-- contained them.
CREATE FUNCTION rewrite_store_chunk(chunk regclass, compressed boolean)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  parts oid[] := ARRAY[chunk::oid];
  part regclass;
  index name;
BEGIN
  PERFORM hypertable_of_chunk(chunk);
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', chunk);
  IF compressed THEN
    -- Older versions lack this member.
    parts := parts || ARRAY(
      SELECT (to_jsonb(s)->>'compress_relid')::regclass::oid FROM _timescaledb_catalog.compression_settings AS s
      WHERE s.relid = chunk AND to_jsonb(s)->>'compress_relid' IS NOT NULL);
  END IF;
  FOR part, index IN
    SELECT i.indrelid, min(c.relname) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indisvalid AND i.indpred IS NULL AND i.indrelid = ANY (parts) GROUP BY i.indrelid
  LOOP
    EXECUTE format('CLUSTER %s USING %I', part, index);
  END LOOP;
END
$$;

-- Has our job refresh less of the hourly counts, never more: it would erase those of hours whose events are gone.
CREATE FUNCTION narrow_refresh_window(seconds bigint)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  EXECUTE format(
    'SELECT %s.alter_job(j.job_id, config => jsonb_set(j.config, ''{start_offset}'', to_jsonb($1::text || '' seconds'')))
     FROM timescaledb_information.jobs AS j JOIN _aasm_timescale AS s ON s.value = to_jsonb(j.job_id)
     WHERE s.name = ''refresh policy of audit_counts'' AND j.proc_name = ''policy_refresh_continuous_aggregate''
       AND (j.config->>''start_offset'')::interval > make_interval(secs => $1)', schema_of_timescaledb()
  ) USING seconds;
END
$$;

REVOKE ALL ON FUNCTION hypertable_of_chunk(regclass), schema_of_timescaledb(), narrow_refresh_window(bigint),
  drop_store_chunk(regclass, timestamptz, timestamptz), compress_store_chunk(regclass), rewrite_store_chunk(regclass, boolean)
  FROM PUBLIC;
`,
  },
  {
    fileName: "0002_kept_metric_totals.sql",
    sql: `-- Metrics that are declared, and totals of all samples that are kept beside the writes. Processes of an older version record
-- samples without totals, so none of them may run any more.
--! breaking

-- Nothing is recorded or dropped while the samples that are there are added up.
LOCK TABLE metrics, metric_totals IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE metric_definitions (
  name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
  unit text COLLATE "C",
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('gauge', 'delta', 'cumulative')),
  -- Digits after the decimal point; NULL for doubles.
  decimals integer CHECK (decimals BETWEEN 0 AND 12),
  defined_at timestamptz(3) NOT NULL,
  CONSTRAINT metric_definitions_limits CHECK (length(name) <= 512 AND length(unit) BETWEEN 1 AND 30)
);

-- Until the transaction ends, no samples are recorded: called before a metric is declared. The lock itself takes the right to change
-- declarations, which no role has.
CREATE FUNCTION lock_metric_definitions() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  LOCK TABLE metric_definitions IN EXCLUSIVE MODE;
END
$$;

REVOKE ALL ON FUNCTION lock_metric_definitions() FROM PUBLIC;

-- The newest reading of each counter.
CREATE TABLE metric_counters (
  -- SHA-256 of metric, agent, team and labels, which together are longer than an index takes.
  hash bytea PRIMARY KEY,
  -- NULL before the first reading, within the transaction that stores it.
  ts timestamptz(3),
  reading double precision,
  CONSTRAINT metric_counters_reading CHECK ((ts IS NULL) = (reading IS NULL))
);

-- A series is what samples of equal metric, agent_id, team_id and labels form. For each metric there is one more row, without
-- labels, which stands for all samples of the metric: questions that neither filter nor group are answered from it.
CREATE TABLE metric_series (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  metric text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  -- As metrics.labels; NULL in the row of all samples.
  labels jsonb,
  -- SHA-256 of the JSON array [metric, agent_id, team_id, labels], or of [metric] in the row of all samples.
  hash bytea NOT NULL UNIQUE,
  -- Of the totals; NULL times while there are none.
  samples bigint NOT NULL,
  first_ts timestamptz(3),
  last_ts timestamptz(3),
  CONSTRAINT metric_series_times CHECK ((samples > 0) = (first_ts IS NOT NULL) AND (first_ts IS NULL) = (last_ts IS NULL))
) WITH (fillfactor = 80);

CREATE INDEX metric_series_metric ON metric_series (metric);

-- What each write adds up to, by UTC hour and series, before it is moved to metric_totals. Writers only insert here, so they
-- do not wait for each other.
CREATE TABLE pending_metric_totals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  metric text COLLATE "C" NOT NULL,
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  labels jsonb NOT NULL,
  -- Start of the hour.
  bucket timestamptz(3) NOT NULL,
  samples bigint NOT NULL CHECK (samples >= 1),
  sum double precision NOT NULL,
  large_sum double precision NOT NULL,
  exact numeric,
  min double precision NOT NULL,
  max double precision NOT NULL,
  first_ts timestamptz(3) NOT NULL,
  last_ts timestamptz(3) NOT NULL,
  last_value double precision NOT NULL
  -- Rows come and go: what is removed is cleared away long before it is a fifth of what the table once held.
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

CREATE INDEX pending_metric_totals_metric ON pending_metric_totals (metric, bucket);

-- The process that has locked the one row moves pending totals; the others leave it to that one.
CREATE TABLE metric_fold (
  id boolean PRIMARY KEY CHECK (id)
);

INSERT INTO metric_fold VALUES (true);

-- Samples that were dropped, by series and UTC hour: from hours that have a row here no single sample can be read any more.
CREATE TABLE dropped_metric_hours (
  series_id bigint NOT NULL,
  hour timestamptz(3) NOT NULL,
  PRIMARY KEY (series_id, hour)
);

ALTER TABLE metric_totals RENAME TO totals_of_dropped_samples;
ALTER TABLE totals_of_dropped_samples RENAME CONSTRAINT metric_totals_pkey TO totals_of_dropped_samples_pkey;

-- What all samples add up to, those that were dropped since included, by series and UTC hour, day and month.
CREATE TABLE metric_totals (
  series_id bigint NOT NULL,
  level text COLLATE "C" NOT NULL CHECK (level IN ('hour', 'day', 'month')),
  -- Start of the hour, day or month.
  bucket timestamptz(3) NOT NULL,
  samples bigint NOT NULL CHECK (samples >= 1),
  sum double precision NOT NULL,
  -- Values of 1e290 and beyond, divided by 2^64, are added up here and not in sum: no sum is too large for its type.
  large_sum double precision NOT NULL,
  -- The sum of a metric with declared decimals; NULL for others.
  exact numeric,
  min double precision NOT NULL,
  max double precision NOT NULL,
  last_ts timestamptz(3) NOT NULL,
  -- The greatest value of last_ts.
  last_value double precision NOT NULL,
  PRIMARY KEY (series_id, level, bucket)
) WITH (fillfactor = 80);

-- No temporary table, which needs a right on the database.
CREATE TABLE metric_hours_so_far AS
SELECT metric, agent_id, team_id, labels, bucket, sum(samples)::bigint AS samples, sum(sum) AS sum, sum(large_sum) AS large_sum,
  min(min) AS min, max(max) AS max, min(first_ts) AS first_ts, max(last_ts) AS last_ts,
  (max(ARRAY[date_part('epoch', last_ts), last_value]))[2] AS last_value, bool_or(dropped) AS dropped,
  sha256(convert_to(jsonb_build_array(metric, agent_id, team_id, labels)::text, 'UTF8')) AS hash
FROM (
  -- When exactly the first dropped sample was taken is not known any more.
  SELECT metric, agent_id, team_id, labels, bucket, samples, sum, large_sum, min, max, bucket AS first_ts, last_ts, last_value,
    true AS dropped
  FROM totals_of_dropped_samples
  UNION ALL
  SELECT metric, agent_id, team_id, labels, date_trunc('hour', ts, 'UTC'), count(*),
    coalesce(sum(value) FILTER (WHERE abs(value) < '1e290'::float8), 0),
    coalesce(sum(value / '18446744073709551616'::float8) FILTER (WHERE abs(value) >= '1e290'::float8), 0),
    min(value), max(value), min(ts), max(ts), (max(ARRAY[date_part('epoch', ts), value]))[2], false
  FROM metrics GROUP BY metric, agent_id, team_id, labels, date_trunc('hour', ts, 'UTC')
) AS parts
GROUP BY metric, agent_id, team_id, labels, bucket;

-- The rows of all samples of a metric.
INSERT INTO metric_hours_so_far
SELECT metric, NULL, NULL, NULL, bucket, sum(samples), sum(sum), sum(large_sum), min(min), max(max), min(first_ts), max(last_ts),
  (max(ARRAY[date_part('epoch', last_ts), last_value]))[2], bool_or(dropped),
  sha256(convert_to(jsonb_build_array(metric)::text, 'UTF8'))
FROM metric_hours_so_far GROUP BY metric, bucket;

INSERT INTO metric_series (metric, agent_id, team_id, labels, hash, samples, first_ts, last_ts)
SELECT metric, agent_id, team_id, labels, hash, sum(samples), min(first_ts), max(last_ts)
FROM metric_hours_so_far GROUP BY metric, agent_id, team_id, labels, hash;

INSERT INTO metric_totals
SELECT s.id, level, date_trunc(level, h.bucket, 'UTC'), sum(h.samples), sum(h.sum), sum(h.large_sum), NULL, min(h.min), max(h.max),
  max(h.last_ts), (max(ARRAY[date_part('epoch', h.last_ts), h.last_value]))[2]
FROM metric_hours_so_far AS h JOIN metric_series AS s USING (hash) CROSS JOIN unnest(ARRAY['hour', 'day', 'month']) AS level
GROUP BY 1, 2, 3;

INSERT INTO dropped_metric_hours SELECT s.id, h.bucket FROM metric_hours_so_far AS h JOIN metric_series AS s USING (hash) WHERE h.dropped;

DROP TABLE metric_hours_so_far, totals_of_dropped_samples;
`,
  },
  {
    fileName: "0003_kept_audit_counts.sql",
    sql: `-- Counts of audit events that are kept beside the log, so that what a question costs follows the size of its answer. Processes of
-- an older version remove events without correcting them, so none of them may run any more.
--! breaking

-- Combinations of members that counts are kept by: NULL where the cube lacks the member, or the event does. What the cubes and
-- levels are is in COUNT_CUBES of storage-core; their numbers never change.
CREATE TABLE audit_count_keys (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cube smallint NOT NULL,
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  action text COLLATE "C",
  decision text COLLATE "C" NOT NULL,
  dry_run boolean NOT NULL,
  matched_rule_id text COLLATE "C",
  tool text COLLATE "C",
  -- SHA-256 of the JSON array of the cube and the members, which together are longer than an index takes.
  hash bytea NOT NULL UNIQUE
);

-- All cells of one cube, level and start in one row, since a row for each would take more than what is in it. The server
-- compresses long rows.
CREATE TABLE audit_count_cells (
  -- Of audit_origin: cells that a dump brings along from another store are of another origin, and nothing reads them.
  origin bigint NOT NULL,
  -- In hours since the epoch.
  start integer NOT NULL,
  cube smallint NOT NULL,
  -- 1 for hours, 2 for days, 3 for months.
  level smallint NOT NULL,
  -- Of audit_count_keys, ascending; and for each of them, in the same order:
  keys integer[] NOT NULL,
  events bigint[] NOT NULL,
  -- Of the payloads as text. NULL for cubes without it.
  payload_bytes bigint[],
  PRIMARY KEY (origin, cube, level, start),
  CONSTRAINT audit_count_cells_lengths CHECK (
    cardinality(keys) > 0 AND cardinality(events) = cardinality(keys) AND cardinality(payload_bytes) = cardinality(keys))
);

-- Which events the cells count: those at a time before counted_to that were restored from a dump, or whose transaction is below
-- next and not among the open ones. All others are read from the log. Without a row, and with the origin of another store,
-- nothing is counted. Who changes cells has locked the row.
--
-- The transactions below next have ended in the log of the server before this row was changed. So a standby that has the row has
-- their events, and a server that was promoted, restored to a point in time or restarted after a crash gives none of their
-- numbers to others.
CREATE TABLE audit_count_state (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  -- Of audit_origin.
  origin bigint NOT NULL,
  next bigint NOT NULL DEFAULT 0,
  open bigint[] NOT NULL DEFAULT '{}',
  -- The events that are there when counting begins are counted by time; infinity when that is done.
  counted_to timestamptz(3) NOT NULL DEFAULT '-infinity'
);

-- Serve the newest or oldest events of a session or a trace, and their pages. With the event id, although it is half of them: on
-- chunks the planner would not take an order that an index has but for its end, and read every event instead.
CREATE INDEX audit_events_session ON audit_events (session_id, ts, event_id) WHERE session_id IS NOT NULL;
CREATE INDEX audit_events_trace ON audit_events (trace_id, ts, event_id) WHERE trace_id IS NOT NULL;

-- Adds to cells, or takes from them where numbers are negative. Cells that come to nothing are removed. When more would be taken
-- out of a cell than is in it, it was changed by hand: all are counted anew then.
CREATE FUNCTION merge_audit_cells(store bigint, cubes smallint[], levels smallint[], starts integer[], keys integer[],
  events bigint[], sizes bigint[]) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT
  SET enable_nestloop = on SET enable_mergejoin = on SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  fewest bigint;
BEGIN
  WITH changed AS MATERIALIZED (
    SELECT * FROM unnest(cubes, levels, starts, keys, events, sizes) AS c (cube, level, start, key, events, size)),
  touched AS MATERIALIZED (SELECT DISTINCT cube, level, start FROM changed),
  merged AS (
    SELECT m.cube, m.level, m.start, m.key, sum(m.events)::bigint AS events, sum(m.size)::bigint AS size
    FROM (
      SELECT * FROM changed
      UNION ALL
      SELECT t.cube, t.level, t.start, u.* FROM touched AS t
      JOIN audit_count_cells AS c ON c.origin = store AND c.cube = t.cube AND c.level = t.level AND c.start = t.start
      CROSS JOIN LATERAL unnest(c.keys, c.events, c.payload_bytes) AS u) AS m
    GROUP BY m.cube, m.level, m.start, m.key),
  packed AS MATERIALIZED (
    SELECT m.cube, m.level, m.start, array_agg(m.key) AS keys, array_agg(m.events) AS events, min(m.events) AS fewest,
      CASE WHEN bool_and(m.size IS NOT NULL) THEN array_agg(m.size) END AS sizes
    FROM (SELECT * FROM merged WHERE merged.events <> 0 ORDER BY cube, level, start, key) AS m
    GROUP BY m.cube, m.level, m.start),
  removed AS (
    DELETE FROM audit_count_cells AS c USING touched AS t LEFT JOIN packed AS p USING (cube, level, start)
    WHERE p.keys IS NULL AND c.origin = store AND c.cube = t.cube AND c.level = t.level AND c.start = t.start),
  stored AS (
    INSERT INTO audit_count_cells AS c (origin, start, cube, level, keys, events, payload_bytes)
    SELECT store, p.start, p.cube, p.level, p.keys, p.events, p.sizes FROM packed AS p
    ON CONFLICT (origin, cube, level, start) DO UPDATE
      SET keys = EXCLUDED.keys, events = EXCLUDED.events, payload_bytes = EXCLUDED.payload_bytes)
  SELECT min(p.fewest) INTO fewest FROM packed AS p;
  IF fewest < 0 THEN
    UPDATE audit_count_state SET next = 0, open = '{}', counted_to = '-infinity';
  END IF;
END
$$;

-- Adds events to all cells that count them, or takes them out. They come grouped by hour and all members.
-- Joins by hash: the planner knows nothing of how many combinations there are.
CREATE FUNCTION change_audit_counts(store bigint, sign integer, hours integer[], agents text[], teams text[], actions text[],
  decisions text[], dry_runs boolean[], rules text[], tools text[], events bigint[], sizes bigint[])
  RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT
  SET enable_nestloop = off SET enable_mergejoin = off SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  cubes smallint[];
  levels smallint[];
  starts integer[];
  keys integer[];
BEGIN
  IF hours IS NULL THEN
    RETURN;
  END IF;
  -- Members become numbers first, which are grouped and joined many times faster than texts; 0 where a cube lacks the member.
  WITH given AS MATERIALIZED (
    SELECT * FROM unnest(hours, agents, teams, actions, decisions, dry_runs, rules, tools, change_audit_counts.events, sizes)
      AS g (hour, agent_id, team_id, action, decision, dry_run, matched_rule_id, tool, events, size)),
  -- No member is an empty text, so that it may stand for NULL, which no join takes for equal.
  agent AS MATERIALIZED (SELECT v, row_number() OVER ()::integer AS n FROM (SELECT DISTINCT agent_id AS v FROM given) AS d),
  team AS MATERIALIZED (SELECT v, row_number() OVER ()::integer AS n FROM (SELECT DISTINCT coalesce(team_id, '') AS v FROM given) AS d),
  verb AS MATERIALIZED (SELECT v, row_number() OVER ()::integer AS n FROM (SELECT DISTINCT action AS v FROM given) AS d),
  verdict AS MATERIALIZED (SELECT v, row_number() OVER ()::integer AS n FROM (SELECT DISTINCT decision AS v FROM given) AS d),
  rule AS MATERIALIZED (
    SELECT v, row_number() OVER ()::integer AS n FROM (SELECT DISTINCT coalesce(matched_rule_id, '') AS v FROM given) AS d),
  used AS MATERIALIZED (SELECT v, row_number() OVER ()::integer AS n FROM (SELECT DISTINCT coalesce(tool, '') AS v FROM given) AS d),
  numbered AS MATERIALIZED (
    SELECT g.hour, (floor(g.hour / 24.0::float8) * 24)::integer AS day, agent.n AS a, team.n AS t, verb.n AS v, verdict.n AS d, g.dry_run, rule.n AS r, used.n AS u,
      g.events * sign AS events, g.size * sign AS size
    FROM given AS g
    JOIN agent ON agent.v = g.agent_id JOIN team ON team.v = coalesce(g.team_id, '') JOIN verb ON verb.v = g.action
    JOIN verdict ON verdict.v = g.decision JOIN rule ON rule.v = coalesce(g.matched_rule_id, '')
    JOIN used ON used.v = coalesce(g.tool, '')),
  grouped AS MATERIALIZED (
    SELECT (CASE grouping(g.v, g.t, g.r, g.u, g.a)
        WHEN 15 THEN 1 WHEN 7 THEN 2 WHEN 27 THEN 3 WHEN 13 THEN 4 WHEN 30 THEN 5 WHEN 9 THEN 6 WHEN 2 THEN 7 WHEN 4 THEN 8
      END)::smallint AS cube,
      coalesce(g.hour, g.day) AS start, g.d, g.dry_run, coalesce(g.a, 0) AS a, coalesce(g.t, 0) AS t, coalesce(g.v, 0) AS v, coalesce(g.r, 0) AS r,
      coalesce(g.u, 0) AS u, sum(g.events)::bigint AS events,
      CASE WHEN grouping(g.v, g.t, g.r, g.u, g.a) IN (15, 4) THEN sum(g.size)::bigint END AS size
    FROM numbered AS g
    GROUP BY GROUPING SETS ((g.hour, g.d, g.dry_run, g.v), (g.hour, g.d, g.dry_run, g.v, g.t), (g.hour, g.d, g.dry_run, g.r),
      (g.hour, g.d, g.dry_run, g.v, g.u), (g.hour, g.d, g.dry_run, g.a), (g.day, g.d, g.dry_run, g.v, g.r, g.u),
      (g.day, g.d, g.dry_run, g.v, g.t, g.r, g.a), (g.day, g.d, g.dry_run, g.v, g.t, g.u, g.a))),
  combinations AS MATERIALIZED (
    SELECT c.*, sha256(convert_to(
      jsonb_build_array(c.cube, c.agent_id, c.team_id, c.action, c.decision, c.dry_run, c.matched_rule_id, c.tool)::text, 'UTF8')) AS hash
    FROM (
      SELECT d.*, agent.v AS agent_id, nullif(team.v, '') AS team_id, verb.v AS action, verdict.v AS decision,
        nullif(rule.v, '') AS matched_rule_id, nullif(used.v, '') AS tool
      FROM (SELECT DISTINCT cube, d, dry_run, a, t, v, r, u FROM grouped) AS d
      JOIN verdict ON verdict.n = d.d LEFT JOIN agent ON agent.n = d.a LEFT JOIN team ON team.n = d.t LEFT JOIN verb ON verb.n = d.v
      LEFT JOIN rule ON rule.n = d.r LEFT JOIN used ON used.n = d.u) AS c),
  known AS MATERIALIZED (SELECT k.id, k.hash FROM combinations JOIN audit_count_keys AS k USING (hash)),
  added AS (
    INSERT INTO audit_count_keys AS k (cube, agent_id, team_id, action, decision, dry_run, matched_rule_id, tool, hash)
    SELECT c.cube, c.agent_id, c.team_id, c.action, c.decision, c.dry_run, c.matched_rule_id, c.tool, c.hash
    FROM combinations AS c LEFT JOIN known AS n USING (hash) WHERE n.id IS NULL RETURNING k.id, k.hash),
  numbers AS MATERIALIZED (
    SELECT i.id, c.cube, c.d, c.dry_run, c.a, c.t, c.v, c.r, c.u
    FROM (SELECT * FROM known UNION ALL SELECT * FROM added) AS i JOIN combinations AS c USING (hash)),
  keyed AS MATERIALIZED (
    SELECT g.cube, g.start, i.id AS key, g.events, g.size FROM grouped AS g JOIN numbers AS i USING (cube, d, dry_run, a, t, v, r, u)),
  days AS MATERIALIZED (
    SELECT k.cube, (floor(k.start / 24.0::float8) * 24)::integer AS start, k.key, sum(k.events)::bigint AS events, sum(k.size)::bigint AS size
    FROM keyed AS k WHERE k.cube <= 5 GROUP BY 1, 2, 3
    UNION ALL SELECT * FROM keyed AS k WHERE k.cube > 5),
  months AS (
    SELECT d.cube, (date_part('epoch', date_trunc('month', to_timestamp(d.start * 3600::float8), 'UTC')) / 3600)::integer AS start, d.key, sum(d.events)::bigint AS events, sum(d.size)::bigint AS size
    FROM days AS d GROUP BY 1, 2, 3),
  cells AS (
    SELECT k.cube, 1::smallint AS level, k.start, k.key, k.events, k.size FROM keyed AS k WHERE k.cube <= 5
    UNION ALL SELECT d.cube, 2::smallint, d.start, d.key, d.events, d.size FROM days AS d
    UNION ALL SELECT m.cube, 3::smallint, m.start, m.key, m.events, m.size FROM months AS m)
  SELECT array_agg(c.cube), array_agg(c.level), array_agg(c.start), array_agg(c.key), array_agg(c.events), array_agg(c.size)
  INTO cubes, levels, starts, keys, events, sizes FROM cells AS c;
  PERFORM merge_audit_cells(store, cubes, levels, starts, keys, events, sizes);
END
$$;

-- Reads events of a table and changes the counts by them. The condition is on the alias e. Yields how many they were.
CREATE FUNCTION change_audit_counts_by(source text, condition text, store bigint, sign integer)
  RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  hours integer[];
  agents text[];
  teams text[];
  actions text[];
  decisions text[];
  dry_runs boolean[];
  rules text[];
  tools text[];
  counts bigint[];
  sizes bigint[];
BEGIN
  EXECUTE format(
    'SELECT array_agg(hour), array_agg(agent_id), array_agg(team_id), array_agg(action), array_agg(decision), array_agg(dry_run),
       array_agg(matched_rule_id), array_agg(tool), array_agg(events), array_agg(size)
     FROM (
       SELECT floor(date_part(''epoch'', e.ts) / 3600)::integer AS hour, e.agent_id, e.team_id, e.action, e.decision, e.dry_run,
         e.matched_rule_id, e.tool, count(*) AS events, coalesce(sum(octet_length(e.payload::text)), 0)::bigint AS size
       FROM %s AS e WHERE %s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) AS g', source, condition)
    INTO hours, agents, teams, actions, decisions, dry_runs, rules, tools, counts, sizes;
  PERFORM change_audit_counts(store, sign, hours, agents, teams, actions, decisions, dry_runs, rules, tools, counts, sizes);
  RETURN (SELECT coalesce(sum(c), 0) FROM unnest(counts) AS c);
END
$$;

-- Locks the state until the transaction ends, so that nothing is counted meanwhile, and yields it. To be called before events are
-- removed: those that the counts include are to be taken out in the same transaction.
CREATE FUNCTION lock_audit_counts() RETURNS SETOF audit_count_state
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM audit_count_state) THEN
    -- Waits where another transaction has inserted it.
    INSERT INTO audit_count_state (origin) SELECT o.id FROM audit_origin AS o ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT s.* FROM audit_count_state AS s FOR UPDATE;
END
$$;

-- Takes removed events that were counted out of the counts. They come grouped by hour and all members.
CREATE FUNCTION subtract_audit_counts(hours integer[], agents text[], teams text[], actions text[], decisions text[],
  dry_runs boolean[], rules text[], tools text[], events bigint[], sizes bigint[])
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM change_audit_counts(s.origin, -1, hours, agents, teams, actions, decisions, dry_runs, rules, tools, events, sizes)
  FROM lock_audit_counts() AS s WHERE s.next > 0;
END
$$;

-- The events that the counts include, as a condition on the alias e.
CREATE FUNCTION counted_audit_events(state audit_count_state, restored bigint) RETURNS text
  LANGUAGE sql STABLE SET search_path FROM CURRENT
RETURN format('((e.xact < %s AND e.xact <> ALL (%L::bigint[])) OR e.seq <= %s) AND e.ts < %L::timestamptz',
  state.next, state.open, restored, state.counted_to);

-- Takes a chunk that is about to be dropped out of the counts. All events of its time are in it, so where it has whole days,
-- their cells say what the months lose, and no event is read.
CREATE FUNCTION subtract_audit_chunk(chunk text, from_ts timestamptz, to_ts timestamptz)
  RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  state audit_count_state;
  restored bigint;
  first float8 := date_part('epoch', from_ts) / 3600;
  until float8 := date_part('epoch', to_ts) / 3600;
  cubes smallint[];
  levels smallint[];
  starts integer[];
  keys integer[];
  events bigint[];
  sizes bigint[];
BEGIN
  SELECT s.* INTO state FROM lock_audit_counts() AS s;
  SELECT o.seq INTO restored FROM audit_origin AS o WHERE o.id = state.origin;
  IF NOT FOUND OR state.next = 0 THEN
    RETURN;
  END IF;
  IF first / 24 <> floor(first / 24) OR until / 24 <> floor(until / 24) THEN
    PERFORM change_audit_counts_by(chunk, counted_audit_events(state, restored), state.origin, -1);
    RETURN;
  END IF;
  SELECT array_agg(d.cube), array_agg(3), array_agg(d.start), array_agg(d.key), array_agg(d.events), array_agg(d.size)
  INTO cubes, levels, starts, keys, events, sizes
  FROM (
    SELECT c.cube, (date_part('epoch', date_trunc('month', to_timestamp(c.start * 3600::float8), 'UTC')) / 3600)::integer AS start, u.key, -sum(u.events) AS events, -sum(u.size) AS size
    FROM audit_count_cells AS c CROSS JOIN LATERAL unnest(c.keys, c.events, c.payload_bytes) AS u (key, events, size)
    WHERE c.origin = state.origin AND c.level = 2 AND c.start >= first AND c.start < until
    GROUP BY 1, 2, 3) AS d;
  DELETE FROM audit_count_cells AS c
  WHERE c.origin = state.origin AND c.level IN (1, 2) AND c.start >= first AND c.start < until;
  PERFORM merge_audit_cells(state.origin, cubes, levels, starts, keys, events, sizes);
END
$$;

-- As in the first migration, but for the counts.
CREATE OR REPLACE FUNCTION drop_store_chunk(chunk regclass, from_ts timestamptz, to_ts timestamptz)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  hypertable regclass := hypertable_of_chunk(chunk);
  held boolean := false;
  dropped text[];
  name text;
BEGIN
  SELECT format('%I.%I', n.nspname, c.relname) INTO name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.oid = chunk;
  EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', name);
  LOCK TABLE legal_holds IN SHARE MODE;
  IF EXISTS (
    SELECT FROM legal_holds AS h WHERE h.released_at IS NULL
      AND coalesce(h.from_ts < drop_store_chunk.to_ts, true) AND coalesce(h.to_ts > drop_store_chunk.from_ts, true)
  ) THEN
    EXECUTE format(
      'SELECT EXISTS (SELECT FROM %s AS e JOIN legal_holds AS h ON h.released_at IS NULL
         AND coalesce(h.agent_id = e.agent_id, h.agent_id IS NULL) AND coalesce(h.team_id = e.team_id, h.team_id IS NULL)
         AND coalesce(h.from_ts <= e.ts, true) AND coalesce(h.to_ts > e.ts, true))', name
    ) INTO held;
  END IF;
  IF held THEN
    RAISE EXCEPTION 'rows of the chunk are under a legal hold' USING ERRCODE = 'restrict_violation';
  END IF;
  IF hypertable = 'audit_events'::regclass THEN
    PERFORM subtract_audit_chunk(name, drop_store_chunk.from_ts, drop_store_chunk.to_ts);
  END IF;
  EXECUTE format('SELECT array_agg(c) FROM %s.drop_chunks($1, newer_than => $2, older_than => $3) AS c', schema_of_timescaledb())
    INTO dropped USING hypertable, drop_store_chunk.from_ts, drop_store_chunk.to_ts;
  IF dropped IS DISTINCT FROM ARRAY[name] THEN
    RAISE EXCEPTION 'the range is not that of the chunk' USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;

-- TRUNCATE says nothing of what it removes.
CREATE FUNCTION forget_audit_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE audit_count_state SET next = 0, open = '{}', counted_to = '-infinity';
  RETURN NULL;
END
$$;

CREATE TRIGGER forget_audit_counts AFTER TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION forget_audit_counts();

-- Was for a continuous aggregate that these counts replace.
DROP FUNCTION narrow_refresh_window(bigint);

-- Counts about as many events as it is told of those that are not counted yet, if there are at least so many. Yields how many,
-- and whether more are left; NULL when another transaction is at it.
--
-- What is counted is selected by transactions that had ended before, not by what the statement sees. No event of this
-- transaction itself is counted, nor of those that began after it.
CREATE FUNCTION count_audit_events(fewest integer, most integer, OUT counted bigint, OUT more boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  origin audit_origin;
  state audit_count_state;
  snapshot pg_snapshot;
  -- The first transaction that is not counted, those before it that have not ended, and those that have ended since.
  last bigint;
  running bigint[];
  ended bigint[];
  ranges text[] := '{}';
  condition text;
  cut bigint;
  until timestamptz;
  x bigint;
BEGIN
  SELECT * INTO origin FROM audit_origin;
  SELECT * INTO state FROM audit_count_state FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    IF EXISTS (SELECT FROM audit_count_state) THEN
      RETURN;
    END IF;
    INSERT INTO audit_count_state (origin) VALUES (origin.id) ON CONFLICT DO NOTHING;
    SELECT * INTO state FROM audit_count_state FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      RETURN;
    END IF;
  END IF;
  counted := 0;
  more := false;
  last := pg_current_xact_id()::text::bigint;
  snapshot := pg_current_snapshot();
  last := least(last, pg_snapshot_xmax(snapshot)::text::bigint);
  running := ARRAY(
    SELECT r.x FROM (SELECT t.x::text::bigint AS x FROM pg_snapshot_xip(snapshot) AS t (x)) AS r WHERE r.x < last ORDER BY 1 LIMIT 501);
  IF cardinality(running) > 500 THEN
    last := running[501];
    running := running[:500];
  END IF;

  IF state.origin <> origin.id OR state.next = 0 THEN
    IF NOT EXISTS (SELECT FROM audit_events OFFSET greatest(fewest - 1, 0) LIMIT 1) THEN
      RETURN;
    END IF;
    DELETE FROM audit_count_cells;
    DELETE FROM audit_count_keys;
    state.origin := origin.id;
    state.next := last;
    state.open := running;
    state.counted_to := '-infinity';
  END IF;

  IF state.counted_to < 'infinity' THEN
    SELECT e.ts INTO until FROM audit_events AS e WHERE e.ts >= state.counted_to ORDER BY e.ts OFFSET most LIMIT 1;
    IF until = state.counted_to THEN
      until := until + interval '1 millisecond';
    END IF;
    until := coalesce(until, 'infinity');
    -- Behind the last of them are those that came since counting began.
    more := true;
    condition := format('e.ts >= %L::timestamptz AND ', state.counted_to);
    state.counted_to := until;
    condition := condition || counted_audit_events(state, origin.seq);
  ELSE
    ended := ARRAY(SELECT o FROM unnest(state.open) AS o WHERE o < last AND o <> ALL (running));
    IF cardinality(ended) > 0 THEN
      ranges := ranges || format('e.xact = ANY (%L::bigint[])', ended);
    END IF;
    EXECUTE format('SELECT e.xact FROM audit_events AS e WHERE e.xact >= %s AND e.xact < %s AND e.seq > %s ORDER BY e.xact OFFSET %s LIMIT 1',
      state.next, last, origin.seq, most) INTO cut;
    IF cut IS NOT NULL THEN
      last := least(last, cut + 1);
      more := true;
    END IF;
    x := state.next;
    FOREACH cut IN ARRAY ARRAY(SELECT r FROM unnest(running) AS r WHERE r >= state.next AND r < last) || last LOOP
      IF x < cut THEN
        ranges := ranges || format('(e.xact >= %s AND e.xact < %s)', x, cut);
      END IF;
      x := cut + 1;
    END LOOP;
    IF cardinality(ranges) = 0 THEN
      RETURN;
    END IF;
    condition := format('(%s) AND e.seq > %s', array_to_string(ranges, ' OR '), origin.seq);
    IF NOT more AND fewest > 1 THEN
      EXECUTE format('SELECT 1 FROM audit_events AS e WHERE %s OFFSET %s LIMIT 1', condition, fewest - 1) INTO x;
      IF x IS NULL THEN
        RETURN;
      END IF;
    END IF;
    state.open := ARRAY(
      SELECT o FROM (SELECT unnest(state.open) EXCEPT SELECT unnest(ended)) AS s (o)
      UNION SELECT r FROM unnest(running) AS r WHERE r >= state.next AND r < last ORDER BY 1);
    state.next := last;
  END IF;
  UPDATE audit_count_state AS s SET origin = state.origin, next = state.next, open = state.open, counted_to = state.counted_to;
  counted := change_audit_counts_by('audit_events', condition, state.origin, 1);
END
$$;

REVOKE ALL ON FUNCTION merge_audit_cells(bigint, smallint[], smallint[], integer[], integer[], bigint[], bigint[]),
  change_audit_counts(bigint, integer, integer[], text[], text[], text[], text[], boolean[], text[], text[], bigint[], bigint[]),
  change_audit_counts_by(text, text, bigint, integer), lock_audit_counts(),
  subtract_audit_counts(integer[], text[], text[], text[], text[], boolean[], text[], text[], bigint[], bigint[]),
  counted_audit_events(audit_count_state, bigint), subtract_audit_chunk(text, timestamptz, timestamptz),
  count_audit_events(integer, integer), forget_audit_counts()
  FROM PUBLIC;
`,
  },
  {
    fileName: "0004_dropped_audit_counts.sql",
    sql: `-- Counts of events that were dropped, by all members that counts are kept by. They stay when the events are gone, and nothing can
-- compute them again.

-- Combinations of members: NULL where the events lack one.
CREATE TABLE audit_dropped_keys (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C",
  action text COLLATE "C" NOT NULL,
  decision text COLLATE "C" NOT NULL,
  dry_run boolean NOT NULL,
  matched_rule_id text COLLATE "C",
  tool text COLLATE "C",
  -- SHA-256 of the JSON array of the members, which together are longer than an index takes.
  hash bytea NOT NULL UNIQUE
);

-- How many events were dropped, and not restored since: all combinations of a day or month of UTC in one row.
CREATE TABLE audit_dropped_cells (
  -- In hours since the epoch.
  start integer NOT NULL,
  -- 2 for days, 3 for months.
  level smallint NOT NULL,
  -- Of audit_dropped_keys, ascending; and for each of them, in the same order:
  keys integer[] NOT NULL,
  events bigint[] NOT NULL,
  PRIMARY KEY (level, start),
  CONSTRAINT audit_dropped_cells_lengths CHECK (cardinality(keys) > 0 AND cardinality(events) = cardinality(keys))
);

-- Counts events that are removed by the same transaction, or takes back those that it restores. Of a combination and day that has
-- fewer than are restored, all are taken back: the others were dropped elsewhere.
CREATE FUNCTION change_dropped_counts(sign integer, hours integer[], agents text[], teams text[], actions text[], decisions text[],
  dry_runs boolean[], rules text[], tools text[], numbers bigint[])
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET work_mem = '64MB' AS $$
BEGIN
  IF hours IS NULL OR cardinality(hours) = 0 THEN
    RETURN;
  END IF;
  -- One at a time, so that none overwrites what another adds.
  PERFORM FROM lock_audit_counts();
  IF sign < 0 AND NOT EXISTS (SELECT FROM audit_dropped_cells) THEN
    RETURN;
  END IF;
  IF sign > 0 THEN
    INSERT INTO audit_dropped_keys (agent_id, team_id, action, decision, dry_run, matched_rule_id, tool, hash)
    SELECT DISTINCT g.agent_id, g.team_id, g.action, g.decision, g.dry_run, g.matched_rule_id, g.tool,
      sha256(convert_to(jsonb_build_array(g.agent_id, g.team_id, g.action, g.decision, g.dry_run, g.matched_rule_id, g.tool)::text, 'UTF8'))
    FROM unnest(agents, teams, actions, decisions, dry_runs, rules, tools)
      AS g (agent_id, team_id, action, decision, dry_run, matched_rule_id, tool)
    ON CONFLICT (hash) DO NOTHING;
  END IF;
  WITH given AS MATERIALIZED (
    SELECT (floor(g.hour / 24.0::float8) * 24)::integer AS start,
      sha256(convert_to(jsonb_build_array(g.agent_id, g.team_id, g.action, g.decision, g.dry_run, g.matched_rule_id, g.tool)::text, 'UTF8')) AS hash,
      sum(g.events)::bigint AS events
    FROM unnest(hours, agents, teams, actions, decisions, dry_runs, rules, tools, numbers)
      AS g (hour, agent_id, team_id, action, decision, dry_run, matched_rule_id, tool, events)
    GROUP BY 1, 2),
  keyed AS MATERIALIZED (SELECT g.start, k.id AS key, g.events FROM given AS g JOIN audit_dropped_keys AS k USING (hash)),
  before AS MATERIALIZED (
    SELECT c.start, u.key, u.events FROM (SELECT DISTINCT start FROM keyed) AS t
    JOIN audit_dropped_cells AS c ON c.level = 2 AND c.start = t.start
    CROSS JOIN LATERAL unnest(c.keys, c.events) AS u (key, events)),
  changed AS MATERIALIZED (
    SELECT k.start, k.key, CASE WHEN sign > 0 THEN k.events ELSE -least(k.events, coalesce(b.events, 0)) END AS events
    FROM keyed AS k LEFT JOIN before AS b USING (start, key)),
  parts AS MATERIALIZED (
    SELECT 2::smallint AS level, d.start, d.key, d.events FROM changed AS d
    UNION ALL
    SELECT 3::smallint, (date_part('epoch', date_trunc('month', to_timestamp(d.start * 3600::float8), 'UTC')) / 3600)::integer, d.key,
      sum(d.events)::bigint
    FROM changed AS d GROUP BY 2, 3),
  touched AS MATERIALIZED (SELECT DISTINCT level, start FROM parts),
  merged AS (
    SELECT m.level, m.start, m.key, sum(m.events)::bigint AS events
    FROM (
      SELECT * FROM parts
      UNION ALL
      SELECT t.level, t.start, u.key, u.events FROM touched AS t
      JOIN audit_dropped_cells AS c USING (level, start) CROSS JOIN LATERAL unnest(c.keys, c.events) AS u (key, events)) AS m
    GROUP BY m.level, m.start, m.key HAVING sum(m.events) > 0),
  packed AS MATERIALIZED (
    SELECT m.level, m.start, array_agg(m.key ORDER BY m.key) AS keys, array_agg(m.events ORDER BY m.key) AS events
    FROM merged AS m GROUP BY m.level, m.start),
  removed AS (
    DELETE FROM audit_dropped_cells AS c USING touched AS t
    WHERE c.level = t.level AND c.start = t.start AND (t.level, t.start) NOT IN (SELECT p.level, p.start FROM packed AS p))
  INSERT INTO audit_dropped_cells AS c (start, level, keys, events)
  SELECT p.start, p.level, p.keys, p.events FROM packed AS p
  ON CONFLICT (level, start) DO UPDATE SET keys = EXCLUDED.keys, events = EXCLUDED.events;
END
$$;

REVOKE ALL ON FUNCTION change_dropped_counts(integer, integer[], text[], text[], text[], text[], boolean[], text[], text[], bigint[])
  FROM PUBLIC;
`,
  },
  {
    fileName: "0005_faster_audit_counts.sql",
    sql: `-- Counts events in half the time. What is counted, and the tables that it is kept in, stay as they are, but for the keys of a
-- cell, which are in any order from now on.

DROP FUNCTION change_audit_counts(bigint, integer, integer[], text[], text[], text[], text[], boolean[], text[], text[], bigint[], bigint[]);
DROP FUNCTION merge_audit_cells(bigint, smallint[], smallint[], integer[], integer[], bigint[], bigint[]);

-- Adds to cells, or takes from them where numbers are negative. Those that come to nothing are removed. When more would be taken
-- out of a cell than is in it, it was changed by hand: all are counted anew then.
CREATE FUNCTION merge_audit_cells(cells audit_count_cells[]) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT
  SET enable_nestloop = on SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  fewest bigint;
BEGIN
  -- OFFSET keeps the planner from any other way than to look up each cell by its key.
  WITH changed AS MATERIALIZED (
    SELECT c.*, f.keys AS former, f.events AS former_events, f.payload_bytes AS former_bytes
    FROM unnest(cells) AS c LEFT JOIN LATERAL (
      SELECT * FROM audit_count_cells AS f
      WHERE f.origin = c.origin AND f.cube = c.cube AND f.level = c.level AND f.start = c.start OFFSET 0) AS f ON TRUE),
  merged AS MATERIALIZED (
    SELECT c.origin, c.start, c.cube, c.level, m.*
    FROM changed AS c CROSS JOIN LATERAL (
      SELECT array_agg(s.key) AS keys, array_agg(s.events) AS events,
        CASE WHEN bool_and(s.size IS NOT NULL) THEN array_agg(s.size) END AS payload_bytes, min(s.events) AS fewest
      FROM (
        SELECT u.key, sum(u.events)::bigint AS events, sum(u.size)::bigint AS size
        FROM (
          SELECT * FROM unnest(c.former, c.former_events, c.former_bytes)
          UNION ALL SELECT * FROM unnest(c.keys, c.events, c.payload_bytes)) AS u (key, events, size)
        GROUP BY u.key HAVING sum(u.events) <> 0) AS s) AS m
    WHERE c.former IS NOT NULL
    UNION ALL
    SELECT c.origin, c.start, c.cube, c.level, c.keys, c.events, c.payload_bytes, c.events[1] FROM changed AS c WHERE c.former IS NULL),
  removed AS (
    DELETE FROM audit_count_cells AS c USING merged AS m
    WHERE m.keys IS NULL AND c.origin = m.origin AND c.cube = m.cube AND c.level = m.level AND c.start = m.start),
  stored AS (
    INSERT INTO audit_count_cells AS c (origin, start, cube, level, keys, events, payload_bytes)
    SELECT m.origin, m.start, m.cube, m.level, m.keys, m.events, m.payload_bytes FROM merged AS m WHERE m.keys IS NOT NULL
    ON CONFLICT (origin, cube, level, start) DO UPDATE
      SET keys = EXCLUDED.keys, events = EXCLUDED.events, payload_bytes = EXCLUDED.payload_bytes)
  SELECT min(m.fewest) INTO fewest FROM merged AS m;
  IF fewest < 0 THEN
    UPDATE audit_count_state SET next = 0, open = '{}', counted_to = '-infinity';
  END IF;
END
$$;

-- Adds events to all cells that count them, or takes them out. Yields how many they were. The source is a query of hour, agent_id,
-- team_id, action, decision, dry_run, matched_rule_id, tool, events, size, in any number of rows, which may read the arrays: they
-- are its parameters from $3 on.
--
-- Texts become numbers before anything is grouped by them, and pairs of members one number: numbers of integer are grouped,
-- joined and added up many times faster. Everything is joined by hash, since the planner knows nothing of how many
-- combinations there are, except what is looked up by an index, where OFFSET keeps the planner from any other way.
CREATE FUNCTION change_audit_counts(store bigint, sign integer, source text, hours integer[] DEFAULT NULL, agents text[] DEFAULT NULL,
  teams text[] DEFAULT NULL, actions text[] DEFAULT NULL, decisions text[] DEFAULT NULL, dry_runs boolean[] DEFAULT NULL,
  rules text[] DEFAULT NULL, tools text[] DEFAULT NULL, events bigint[] DEFAULT NULL, sizes bigint[] DEFAULT NULL)
  RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT
  SET enable_nestloop = off SET enable_mergejoin = off SET enable_sort = off SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  cells audit_count_cells[];
  counted bigint;
BEGIN
  EXECUTE format($query$
  -- No member is an empty text, so that it may stand for NULL, which no join takes for equal.
  WITH given AS MATERIALIZED (
    SELECT s.hour, s.agent_id, coalesce(s.team_id, '') AS team_id, s.action, s.decision, s.dry_run,
      coalesce(s.matched_rule_id, '') AS rule, coalesce(s.tool, '') AS tool, s.events, s.size FROM (%s) AS s),
  -- The numbers of pairs, of agents and of teams differ, and none is 0, which stands for no such member; and so on.
  who AS MATERIALIZED (
    SELECT d.agent_id, d.team_id, row_number() OVER ()::integer AS pair,
      (count(*) OVER () + dense_rank() OVER (ORDER BY d.agent_id COLLATE "C"))::integer AS agent,
      (2 * count(*) OVER () + dense_rank() OVER (ORDER BY d.team_id COLLATE "C"))::integer AS team
    FROM (SELECT DISTINCT agent_id, team_id FROM given) AS d),
  what AS MATERIALIZED (
    SELECT d.action, d.decision, d.dry_run, row_number() OVER ()::integer AS deed,
      (count(*) OVER () + dense_rank() OVER (ORDER BY d.decision COLLATE "C", d.dry_run))::integer AS verdict
    FROM (SELECT DISTINCT action, decision, dry_run FROM given) AS d),
  how AS MATERIALIZED (
    SELECT d.rule, d.tool, row_number() OVER ()::integer AS pair,
      (count(*) OVER () + dense_rank() OVER (ORDER BY d.rule COLLATE "C"))::integer AS ruled,
      (2 * count(*) OVER () + dense_rank() OVER (ORDER BY d.tool COLLATE "C"))::integer AS used
    FROM (SELECT DISTINCT rule, tool FROM given) AS d),
  numbered AS MATERIALIZED (
    SELECT g.hour, (floor(g.hour / 24.0::float8) * 24)::integer AS day, who.pair AS who, who.agent, who.team, what.deed, what.verdict,
      how.pair AS how, how.ruled, how.used, g.events * $2 AS events, g.size * $2 AS size
    FROM given AS g JOIN who USING (agent_id, team_id) JOIN what USING (action, decision, dry_run) JOIN how USING (rule, tool)),
  by_hour AS MATERIALIZED (
    SELECT 1::smallint AS cube, hour AS start, 0 AS who, deed AS what, 0 AS how, sum(events)::bigint AS events, sum(size)::bigint AS size
    FROM numbered GROUP BY hour, deed
    UNION ALL SELECT 2, hour, team, deed, 0, sum(events)::bigint, NULL FROM numbered GROUP BY hour, team, deed
    UNION ALL SELECT 3, hour, 0, verdict, ruled, sum(events)::bigint, NULL FROM numbered GROUP BY hour, verdict, ruled
    UNION ALL SELECT 4, hour, 0, deed, used, sum(events)::bigint, NULL FROM numbered GROUP BY hour, deed, used
    UNION ALL SELECT 5, hour, agent, verdict, 0, sum(events)::bigint, NULL FROM numbered GROUP BY hour, agent, verdict),
  by_day AS MATERIALIZED (
    SELECT 6::smallint AS cube, day AS start, 0 AS who, deed AS what, how, sum(events)::bigint AS events, NULL::bigint AS size
    FROM numbered GROUP BY day, deed, how
    UNION ALL SELECT 7, day, who, deed, ruled, sum(events)::bigint, NULL FROM numbered GROUP BY day, who, deed, ruled
    UNION ALL SELECT 8, day, who, deed, used, sum(events)::bigint, sum(size)::bigint FROM numbered GROUP BY day, who, deed, used),
  combinations AS MATERIALIZED (
    SELECT c.*, sha256(convert_to(
      jsonb_build_array(c.cube, c.agent_id, c.team_id, c.action, c.decision, c.dry_run, c.matched_rule_id, c.tool)::text, 'UTF8')) AS hash
    FROM (
      SELECT d.*, nullif(who.agent_id, '') AS agent_id, nullif(who.team_id, '') AS team_id, nullif(what.action, '') AS action,
        what.decision, what.dry_run, nullif(how.rule, '') AS matched_rule_id, nullif(how.tool, '') AS tool
      FROM (SELECT DISTINCT cube, who, what, how FROM by_hour UNION ALL SELECT DISTINCT cube, who, what, how FROM by_day) AS d
      LEFT JOIN (
        SELECT pair, agent_id, team_id FROM who UNION ALL SELECT DISTINCT agent, agent_id, '' FROM who
        UNION ALL SELECT DISTINCT team, '', team_id FROM who) AS who (number, agent_id, team_id) ON who.number = d.who
      JOIN (
        SELECT deed, action, decision, dry_run FROM what UNION ALL SELECT DISTINCT verdict, '', decision, dry_run FROM what)
        AS what (number, action, decision, dry_run) ON what.number = d.what
      LEFT JOIN (
        SELECT pair, rule, tool FROM how UNION ALL SELECT DISTINCT ruled, rule, '' FROM how
        UNION ALL SELECT DISTINCT used, '', tool FROM how) AS how (number, rule, tool) ON how.number = d.how) AS c),
  sought AS MATERIALIZED (
    SELECT c.*, k.id FROM combinations AS c LEFT JOIN LATERAL (
      SELECT k.id FROM audit_count_keys AS k WHERE k.hash = c.hash OFFSET 0) AS k ON TRUE),
  added AS (
    INSERT INTO audit_count_keys AS k (cube, agent_id, team_id, action, decision, dry_run, matched_rule_id, tool, hash)
    SELECT s.cube, s.agent_id, s.team_id, s.action, s.decision, s.dry_run, s.matched_rule_id, s.tool, s.hash
    FROM sought AS s WHERE s.id IS NULL RETURNING k.id, k.hash),
  known AS MATERIALIZED (
    SELECT s.cube, s.who, s.what, s.how, s.id FROM sought AS s WHERE s.id IS NOT NULL
    UNION ALL SELECT s.cube, s.who, s.what, s.how, a.id FROM added AS a JOIN sought AS s USING (hash)),
  hours AS MATERIALIZED (
    SELECT g.cube, g.start, k.id AS key, g.events, g.size FROM by_hour AS g JOIN known AS k USING (cube, who, what, how)),
  days AS MATERIALIZED (
    SELECT h.cube, (floor(h.start / 24.0::float8) * 24)::integer AS start, h.key, sum(h.events)::bigint AS events, sum(h.size)::bigint AS size
    FROM hours AS h GROUP BY 1, 2, 3
    UNION ALL
    SELECT g.cube, g.start, k.id, g.events, g.size FROM by_day AS g JOIN known AS k USING (cube, who, what, how)),
  months AS (
    SELECT d.cube, m.month AS start, d.key, sum(d.events)::bigint AS events, sum(d.size)::bigint AS size
    FROM days AS d JOIN (
      SELECT s.start, (date_part('epoch', date_trunc('month', to_timestamp(s.start * 3600::float8), 'UTC')) / 3600)::integer AS month
      FROM (SELECT DISTINCT start FROM days) AS s) AS m USING (start)
    GROUP BY 1, 2, 3),
  packed AS MATERIALIZED (
    SELECT l.start, l.cube, l.level, array_agg(l.key) AS keys, array_agg(l.events) AS events,
      CASE WHEN bool_and(l.size IS NOT NULL) THEN array_agg(l.size) END AS sizes
    FROM (
      SELECT 1::smallint AS level, h.* FROM hours AS h UNION ALL SELECT 2, d.* FROM days AS d UNION ALL SELECT 3, m.* FROM months AS m) AS l
    GROUP BY l.start, l.cube, l.level)
  SELECT
    (SELECT array_agg(ROW($1, p.start, p.cube, p.level, p.keys, p.events, p.sizes)::audit_count_cells) FROM packed AS p),
    (SELECT coalesce(sum(g.events), 0)::bigint FROM given AS g)
  $query$, source)
    INTO cells, counted
    USING store, sign, hours, agents, teams, actions, decisions, dry_runs, rules, tools, events, sizes;
  IF cells IS NOT NULL THEN
    PERFORM merge_audit_cells(cells);
  END IF;
  RETURN counted;
END
$$;

-- Reads events of a table and changes the counts by them. The condition is on the alias e. Yields how many they were.
CREATE OR REPLACE FUNCTION change_audit_counts_by(source text, condition text, store bigint, sign integer)
  RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off AS $$
BEGIN
  RETURN change_audit_counts(store, sign, format(
    'SELECT floor(date_part(''epoch'', e.ts) / 3600)::integer AS hour, e.agent_id, e.team_id, e.action, e.decision, e.dry_run,
       e.matched_rule_id, e.tool, 1 AS events, coalesce(octet_length(e.payload::text), 0) AS size
     FROM %s AS e WHERE %s', source, condition));
END
$$;

-- Takes removed events that were counted out of the counts. They come grouped by hour and all members.
CREATE OR REPLACE FUNCTION subtract_audit_counts(hours integer[], agents text[], teams text[], actions text[], decisions text[],
  dry_runs boolean[], rules text[], tools text[], events bigint[], sizes bigint[])
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF hours IS NULL THEN
    RETURN;
  END IF;
  PERFORM change_audit_counts(s.origin, -1,
    'SELECT * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       AS g (hour, agent_id, team_id, action, decision, dry_run, matched_rule_id, tool, events, size)',
    hours, agents, teams, actions, decisions, dry_runs, rules, tools, events, sizes)
  FROM lock_audit_counts() AS s WHERE s.next > 0;
END
$$;

-- As before, but for how cells are changed.
CREATE OR REPLACE FUNCTION subtract_audit_chunk(chunk text, from_ts timestamptz, to_ts timestamptz)
  RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  state audit_count_state;
  restored bigint;
  first float8 := date_part('epoch', from_ts) / 3600;
  until float8 := date_part('epoch', to_ts) / 3600;
  months audit_count_cells[];
BEGIN
  SELECT s.* INTO state FROM lock_audit_counts() AS s;
  SELECT o.seq INTO restored FROM audit_origin AS o WHERE o.id = state.origin;
  IF NOT FOUND OR state.next = 0 THEN
    RETURN;
  END IF;
  IF first / 24 <> floor(first / 24) OR until / 24 <> floor(until / 24) THEN
    PERFORM change_audit_counts_by(chunk, counted_audit_events(state, restored), state.origin, -1);
    RETURN;
  END IF;
  SELECT array_agg(ROW(state.origin, m.start, m.cube, 3, m.keys, m.events, m.sizes)::audit_count_cells) INTO months
  FROM (
    SELECT d.cube, d.start, array_agg(d.key) AS keys, array_agg(d.events) AS events,
      CASE WHEN bool_and(d.size IS NOT NULL) THEN array_agg(d.size) END AS sizes
    FROM (
      SELECT c.cube, (date_part('epoch', date_trunc('month', to_timestamp(c.start * 3600::float8), 'UTC')) / 3600)::integer AS start,
        u.key, (-sum(u.events))::bigint AS events, (-sum(u.size))::bigint AS size
      FROM audit_count_cells AS c CROSS JOIN LATERAL unnest(c.keys, c.events, c.payload_bytes) AS u (key, events, size)
      WHERE c.origin = state.origin AND c.level = 2 AND c.start >= first AND c.start < until
      GROUP BY 1, 2, 3) AS d
    GROUP BY d.cube, d.start) AS m;
  DELETE FROM audit_count_cells AS c
  WHERE c.origin = state.origin AND c.level IN (1, 2) AND c.start >= first AND c.start < until;
  IF months IS NOT NULL THEN
    PERFORM merge_audit_cells(months);
  END IF;
END
$$;

REVOKE ALL ON FUNCTION merge_audit_cells(audit_count_cells[]),
  change_audit_counts(bigint, integer, text, integer[], text[], text[], text[], text[], boolean[], text[], text[], bigint[], bigint[])
  FROM PUBLIC;
`,
  },
  {
    fileName: "0006_governance.sql",
    sql: `-- Changes of policies, agents, approvals, holds, retention and archives are recorded as audit events.

-- Stores the event that records a change, in the transaction of the change. Runs as the owner, so that a role that may change
-- something can record it, and can add no other event: the action is always governance.
-- Answers false when the event is there already.
CREATE FUNCTION record_governance(
  ts timestamptz, event_id uuid, agent_id text, team_id text, org_id text, decision text, payload text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO audit_events (ts, event_id, agent_id, team_id, org_id, action, decision, dry_run, payload)
  VALUES ($1, $2, $3, $4, $5, 'governance', $6, false, $7::jsonb)
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION record_governance(timestamptz, uuid, text, text, text, text, text) FROM PUBLIC;
`,
  },
  {
    fileName: "0007_evidence.sql",
    sql: `-- Evidence: a Merkle tree over the events, by which later changes show. The table of events stays as it is. docs/evidence-format.md
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
`,
  },
  {
    fileName: "0008_erasure.sql",
    sql: `-- Parts of events that are erased, while the events stay.

-- Which parts of which events are erased, kept when the events themselves are dropped: a redelivery of such an event is known again,
-- and one that is restored from an archive is stored without these parts.
CREATE TABLE audit_erased (
  ts timestamptz(3) NOT NULL,
  event_id uuid NOT NULL,
  -- Names such as agentId or payload:/text; payload where all of the payload is gone. Characters that a text cannot hold are
  -- escaped as in audit_events.payload.
  parts text[] COLLATE "C" NOT NULL,
  CONSTRAINT audit_erased_key PRIMARY KEY (ts, event_id),
  CONSTRAINT audit_erased_parts CHECK (cardinality(parts) > 0)
);

-- What was asked for, and how it ended. Of the filter only a digest is kept.
CREATE TABLE erasures (
  erasure_id uuid PRIMARY KEY,
  request text COLLATE "C" NOT NULL,
  basis text COLLATE "C" NOT NULL,
  actor text COLLATE "C",
  -- Names of parts, a JSON array.
  parts text COLLATE "C" NOT NULL,
  -- Without it, a filter cannot be told from its digest by guessing.
  salt text COLLATE "C" NOT NULL,
  filter_digest text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('begun', 'done', 'failed')),
  -- How many events lost parts, and the earliest and the latest ts of them.
  events bigint NOT NULL,
  from_ts timestamptz(3),
  to_ts timestamptz(3),
  started_at timestamptz(3) NOT NULL,
  -- NULL while it is begun.
  finished_at timestamptz(3),
  detail text COLLATE "C" NOT NULL,
  CONSTRAINT erasures_finished CHECK ((state = 'begun') = (finished_at IS NULL)),
  CONSTRAINT erasures_limits CHECK (
    -- Written without BETWEEN, which a dump writes in another way than the server does.
    length(request) >= 1 AND length(request) <= 512 AND length(basis) >= 1 AND length(basis) <= 512
    AND length(actor) >= 1 AND length(actor) <= 512
    AND events >= 0 AND num_nulls(from_ts, to_ts) IN (0, 2) AND from_ts <= to_ts
  )
);

CREATE INDEX erasures_started ON erasures (started_at DESC, erasure_id DESC);

-- Serves the search for a request that was cut off.
CREATE INDEX erasures_request ON erasures (request);

-- What was asked for stays as it was recorded, and so does what was done: only more can be.
CREATE FUNCTION keep_erasures() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  progress text[] := '{actor,state,events,from_ts,to_ts,finished_at,detail}';
BEGIN
  IF to_jsonb(OLD) - progress = to_jsonb(NEW) - progress AND NEW.events >= OLD.events
    AND coalesce(NEW.from_ts <= OLD.from_ts, OLD.from_ts IS NULL) AND coalesce(NEW.to_ts >= OLD.to_ts, OLD.to_ts IS NULL) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what an erasure was asked for, and what it did, cannot be changed' USING ERRCODE = 'restrict_violation';
END
$$;

REVOKE ALL ON FUNCTION keep_erasures() FROM PUBLIC;

CREATE TRIGGER keep_erasures BEFORE UPDATE ON erasures FOR EACH ROW EXECUTE FUNCTION keep_erasures();

-- The parts of leaves whose seeds were destroyed: the salt of each part that is still there, and the commitment to each one that is
-- erased. Replaces a table that was never written to.
DROP TABLE evidence_erased;

CREATE TABLE evidence_parts (
  log integer NOT NULL,
  leaf bigint NOT NULL,
  -- Of the part among those of its leaf, from 0.
  place smallint NOT NULL,
  is_erased boolean NOT NULL,
  -- 32 bytes. A salt is secret.
  bytes bytea NOT NULL,
  CONSTRAINT evidence_parts_key PRIMARY KEY (log, leaf, place),
  CONSTRAINT evidence_parts_limits CHECK (leaf >= 0 AND place >= 0 AND octet_length(bytes) = 32)
);

-- Erasing and restoring take turns: a restore that has looked for marks stores its events before others are set. The lock is held
-- until the transaction ends, in the one that erases before any other lock.
CREATE FUNCTION lock_erasures(alone boolean) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF alone THEN
    PERFORM pg_advisory_xact_lock('audit_erased'::regclass::oid::bigint);
  ELSE
    PERFORM pg_advisory_xact_lock_shared('audit_erased'::regclass::oid::bigint);
  END IF;
END
$$;

-- Adds to what is known to be erased of events, which need not be there: it never becomes less. The parts of an event are a JSON
-- array of names.
CREATE FUNCTION mark_audit_erased(times timestamptz[], ids uuid[], parts text[])
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM lock_erasures(true);
  INSERT INTO audit_erased AS a (ts, event_id, parts)
  SELECT g.ts, g.event_id, ARRAY(SELECT p.part FROM jsonb_array_elements_text(g.parts::jsonb) AS p (part) ORDER BY p.part COLLATE "C")
  FROM unnest(times, ids, mark_audit_erased.parts) AS g (ts, event_id, parts)
  ON CONFLICT (ts, event_id) DO UPDATE SET parts = ARRAY(
    SELECT DISTINCT p.part FROM unnest(a.parts || EXCLUDED.parts) AS p (part)
    -- Of a payload that is gone as a whole no name is kept.
    WHERE NOT ('payload' = ANY (a.parts || EXCLUDED.parts) AND p.part LIKE 'payload:%') ORDER BY 1);
END
$$;

-- Takes parts out of events, in rows and counts at once, and marks them as erased. Roles erase by this function alone, so that none
-- can write anything else into an event.
--
-- Of each event: its key; its agent; the parts that go, a JSON array of names; the members that its payload loses, a JSON array, or
-- NULL where no payload is left; and what its mark is to name. Each source, audit_events or a chunk of it, has the events from one
-- place in these arrays to another. Those of a compressed source are of one agent, so that few others are decompressed. The caller
-- has locked the sources.
--
-- Fails as a whole where a legal hold covers one of the events, and where one of them is not there.
CREATE FUNCTION erase_audit_events(times timestamptz[], ids uuid[], agents text[], parts text[], members text[], marks text[],
  sources regclass[], firsts integer[], lasts integer[], compressed boolean[])
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  holds text;
  state audit_count_state;
  counted text := 'false';
  found bigint;
  changed bigint := 0;
  part bigint;
  run record;
  hours integer[];
  by_agent text[];
  by_team text[];
  by_action text[];
  by_decision text[];
  by_dry_run boolean[];
  by_rule text[];
  by_tool text[];
  numbers bigint[];
  sizes bigint[];
BEGIN
  IF EXISTS (
    SELECT FROM unnest(parts) AS g (names) CROSS JOIN LATERAL jsonb_array_elements_text(g.names::jsonb) AS p (name)
    WHERE p.name NOT IN ('agentId', 'sessionId', 'traceId') AND p.name NOT LIKE 'payload:%'
  ) THEN
    RAISE EXCEPTION 'this part of an event cannot be erased' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR run IN SELECT DISTINCT s AS source FROM unnest(sources) AS s WHERE s <> 'audit_events'::regclass LOOP
    IF hypertable_of_chunk(run.source) <> 'audit_events'::regclass THEN
      RAISE EXCEPTION 'this is no chunk of the events' USING ERRCODE = 'undefined_table';
    END IF;
  END LOOP;
  PERFORM lock_erasures(true);
  LOCK TABLE legal_holds IN SHARE MODE;
  SELECT s.* INTO state FROM lock_audit_counts() AS s;
  IF state.next > 0 THEN
    SELECT counted_audit_events(state, o.seq) INTO counted FROM audit_origin AS o WHERE o.id = state.origin;
  END IF;

  -- A counted event is taken out as it is, and added as it will be.
  EXECUTE format($query$
    WITH before AS MATERIALIZED (
      SELECT e.ts, e.event_id, e.agent_id, e.team_id, e.action, e.decision, e.dry_run, e.matched_rule_id, e.tool, g.parts, g.members,
        coalesce(octet_length(e.payload::text), 0) AS size,
        CASE WHEN g.members IS NULL THEN 0 WHEN g.members = '[]' THEN coalesce(octet_length(e.payload::text), 0)
          ELSE coalesce(octet_length(nullif(e.payload - ARRAY(SELECT jsonb_array_elements_text(g.members)), '{}')::text), 0) END AS size_after,
        (%s) AS counted
      FROM (SELECT g.ts, g.event_id, g.parts::jsonb AS parts, g.members::jsonb AS members
        FROM unnest($1, $2, $3, $4) AS g (ts, event_id, parts, members)) AS g
      JOIN audit_events AS e ON e.ts = g.ts AND e.event_id = g.event_id
      WHERE e.ts >= %L::timestamptz AND e.ts <= %L::timestamptz AND e.agent_id = ANY (%L::text[])),
    covered AS (
      SELECT h.hold_id, e.ts, e.event_id FROM before AS e JOIN legal_holds AS h ON h.released_at IS NULL
        AND coalesce(h.agent_id = e.agent_id, h.agent_id IS NULL) AND coalesce(h.team_id = e.team_id, h.team_id IS NULL)
        AND coalesce(h.from_ts <= e.ts, true) AND coalesce(h.to_ts > e.ts, true)),
    moved AS (
      SELECT floor(date_part('epoch', e.ts) / 3600)::integer AS hour, e.agent_id, e.team_id, e.action, e.decision, e.dry_run,
        e.matched_rule_id, e.tool, -1::bigint AS number, -e.size::bigint AS size
      FROM before AS e WHERE e.counted
      UNION ALL
      SELECT floor(date_part('epoch', e.ts) / 3600)::integer, CASE WHEN e.parts ? 'agentId' THEN 'erased' ELSE e.agent_id END, e.team_id,
        e.action, e.decision, e.dry_run, e.matched_rule_id, CASE WHEN e.members IS NULL OR e.members ? 'tool' THEN NULL ELSE e.tool END,
        1, e.size_after
      FROM before AS e WHERE e.counted)
    SELECT (SELECT count(*) FROM before),
      (SELECT jsonb_build_object('holds', jsonb_agg(DISTINCT c.hold_id), 'events', count(DISTINCT (c.ts, c.event_id)))::text
       FROM covered AS c HAVING count(*) > 0),
      array_agg(m.hour), array_agg(m.agent_id), array_agg(m.team_id), array_agg(m.action), array_agg(m.decision), array_agg(m.dry_run),
      array_agg(m.matched_rule_id), array_agg(m.tool), array_agg(m.number), array_agg(m.size)
    FROM moved AS m
  $query$, counted, (SELECT min(t) FROM unnest(times) AS t), (SELECT max(t) FROM unnest(times) AS t),
    ARRAY(SELECT DISTINCT a FROM unnest(agents) AS a))
    INTO found, holds, hours, by_agent, by_team, by_action, by_decision, by_dry_run, by_rule, by_tool, numbers, sizes
    USING times, ids, parts, members;
  IF holds IS NOT NULL THEN
    RAISE EXCEPTION 'events are under a legal hold' USING ERRCODE = 'restrict_violation', DETAIL = holds;
  END IF;
  IF hours IS NOT NULL THEN
    PERFORM change_audit_counts(state.origin, 1,
      'SELECT * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         AS g (hour, agent_id, team_id, action, decision, dry_run, matched_rule_id, tool, events, size)',
      hours, by_agent, by_team, by_action, by_decision, by_dry_run, by_rule, by_tool, numbers, sizes);
  END IF;

  FOR run IN
    SELECT s.source, s.first, s.last, CASE WHEN s.compressed THEN agents[s.first] END AS agent,
      (SELECT min(t) FROM unnest(times[s.first:s.last]) AS t) AS from_ts, (SELECT max(t) FROM unnest(times[s.first:s.last]) AS t) AS to_ts
    FROM unnest(sources, firsts, lasts, compressed) AS s (source, first, last, compressed)
  LOOP
    EXECUTE format($query$
      UPDATE %s AS e SET
        agent_id = CASE WHEN g.parts ? 'agentId' THEN 'erased' ELSE e.agent_id END,
        session_id = CASE WHEN g.parts ? 'sessionId' THEN NULL ELSE e.session_id END,
        trace_id = CASE WHEN g.parts ? 'traceId' THEN NULL ELSE e.trace_id END,
        tool = CASE WHEN g.members IS NULL OR g.members ? 'tool' THEN NULL ELSE e.tool END,
        payload = CASE WHEN g.members IS NULL THEN NULL WHEN g.members = '[]' THEN e.payload
          ELSE nullif(e.payload - ARRAY(SELECT jsonb_array_elements_text(g.members)), '{}') END
      FROM (SELECT g.ts, g.event_id, g.parts::jsonb AS parts, g.members::jsonb AS members
        FROM unnest($1, $2, $3, $4) AS g (ts, event_id, parts, members)) AS g
      WHERE e.ts = g.ts AND e.event_id = g.event_id AND e.ts >= %L::timestamptz AND e.ts <= %L::timestamptz%s
    $query$, run.source, run.from_ts, run.to_ts, CASE WHEN run.agent IS NULL THEN '' ELSE format(' AND e.agent_id = %L', run.agent) END)
      USING times[run.first:run.last], ids[run.first:run.last], parts[run.first:run.last], members[run.first:run.last];
    GET DIAGNOSTICS part = ROW_COUNT;
    changed := changed + part;
  END LOOP;
  IF found <> cardinality(ids) OR changed <> cardinality(ids) THEN
    RAISE EXCEPTION 'of % events, % are there and % were changed', cardinality(ids), found, changed;
  END IF;
  PERFORM mark_audit_erased(times, ids, marks);
END
$$;

-- Removes members that counts are kept by and that no event has any more, such as agents whose id was erased.
CREATE FUNCTION forget_unused_count_keys() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  removed bigint;
BEGIN
  -- Nothing is counted meanwhile.
  PERFORM FROM lock_audit_counts();
  DELETE FROM audit_count_keys AS k WHERE NOT EXISTS (
    SELECT FROM (SELECT DISTINCT unnest(c.keys) AS key FROM audit_count_cells AS c) AS u WHERE u.key = k.id);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

-- Where the compressed rows of a chunk are; NULL where it has none. Versions of TimescaleDB differ in where they note it.
CREATE FUNCTION compressed_part_of(chunk regclass) RETURNS regclass
  LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
  part regclass;
BEGIN
  IF to_regclass('_timescaledb_catalog.compression_settings') IS NOT NULL THEN
    EXECUTE 'SELECT (to_jsonb(s)->>''compress_relid'')::regclass FROM _timescaledb_catalog.compression_settings AS s WHERE s.relid = $1'
      INTO part USING chunk;
  END IF;
  IF part IS NULL AND EXISTS (
    SELECT FROM pg_attribute AS a
    WHERE a.attrelid = to_regclass('_timescaledb_catalog.chunk') AND a.attname = 'compressed_chunk_id' AND NOT a.attisdropped
  ) THEN
    EXECUTE 'SELECT to_regclass(format(''%I.%I'', p.schema_name, p.table_name)) FROM _timescaledb_catalog.chunk AS c
      JOIN _timescaledb_catalog.chunk AS p ON p.id = c.compressed_chunk_id
      JOIN pg_class AS r ON r.relname = c.table_name JOIN pg_namespace AS n ON n.oid = r.relnamespace AND n.nspname = c.schema_name
      WHERE r.oid = $1'
      INTO part USING chunk;
  END IF;
  RETURN part;
END
$$;

-- The relations that hold what may have been erased: of a table of the store or a chunk of events that is given by name, itself and
-- where its compressed rows are.
CREATE FUNCTION erasable_parts_of(relation regclass) RETURNS SETOF regclass
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF relation IN ('audit_events'::regclass, 'audit_count_keys'::regclass, 'audit_count_cells'::regclass, 'evidence_seeds'::regclass,
    'evidence_parts'::regclass)
  THEN
    RETURN NEXT relation;
    RETURN;
  END IF;
  IF hypertable_of_chunk(relation) <> 'audit_events'::regclass THEN
    RAISE EXCEPTION 'this is no chunk of the events' USING ERRCODE = 'undefined_table';
  END IF;
  RETURN NEXT relation;
  IF compressed_part_of(relation) IS NOT NULL THEN
    RETURN NEXT compressed_part_of(relation);
  END IF;
END
$$;

-- Writes a table, or a chunk and its compressed rows, anew: what was removed from them is in none of their files then. Others wait
-- meanwhile.
CREATE FUNCTION rewrite_erased(relation regclass)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  part regclass;
  index name;
BEGIN
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation);
  FOR part IN SELECT erasable_parts_of(relation) LOOP
    SELECT c.relname INTO index FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = part AND i.indisvalid AND i.indpred IS NULL ORDER BY NOT i.indisprimary, c.relname LIMIT 1;
    EXECUTE format('CLUSTER %s USING %I', part, index);
    -- Else the table would remember the index.
    EXECUTE format('ALTER TABLE %s SET WITHOUT CLUSTER', part);
  END LOOP;
END
$$;

-- Has the planner forget values of rows that are gone.
CREATE FUNCTION analyze_erased(relation regclass)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  part regclass;
BEGIN
  FOR part IN SELECT erasable_parts_of(relation) LOOP
    EXECUTE format('ANALYZE %s', part);
  END LOOP;
END
$$;

REVOKE ALL ON FUNCTION lock_erasures(boolean), mark_audit_erased(timestamptz[], uuid[], text[]),
  erase_audit_events(timestamptz[], uuid[], text[], text[], text[], text[], regclass[], integer[], integer[], boolean[]),
  forget_unused_count_keys(), compressed_part_of(regclass), erasable_parts_of(regclass), rewrite_erased(regclass),
  analyze_erased(regclass)
  FROM PUBLIC;
`,
  },
  {
    fileName: "0009_restored_leaves.sql",
    sql: `-- Which archive a restored row came from, so that the log can state it.
ALTER TABLE evidence_moved ADD COLUMN archive text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE evidence_moved ADD COLUMN manifest text COLLATE "C" NOT NULL DEFAULT '';

-- Serves sealing, which asks of each row whether it has a leaf already.
CREATE INDEX evidence_moved_seq ON evidence_moved (seq);
`,
  },
  {
    fileName: "0010_api_tokens.sql",
    sql: `-- The tokens of a gateway: one row for each, kept when it is revoked.
CREATE TABLE api_tokens (
  token_id text COLLATE "C" PRIMARY KEY,
  -- SHA-256 of the secret, in hexadecimal; the secret itself is stored nowhere.
  hash text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- JSON array of names.
  scopes text COLLATE "C" NOT NULL,
  team_id text COLLATE "C",
  requests_per_minute integer,
  -- NULL for one that does not expire.
  expires_at timestamptz(3),
  actor text COLLATE "C" NOT NULL,
  created_at timestamptz(3) NOT NULL,
  -- NULL while it is in force.
  revoked_at timestamptz(3),
  revoke_actor text COLLATE "C",
  revoke_reason text COLLATE "C",
  CONSTRAINT api_tokens_revoked CHECK ((revoked_at IS NULL) = (revoke_actor IS NULL)),
  CONSTRAINT api_tokens_limits CHECK (
    length(hash) = 64 AND length(name) >= 1 AND length(name) <= 512 AND length(team_id) <= 512
    AND length(actor) >= 1 AND length(actor) <= 512 AND length(revoke_actor) <= 512 AND length(revoke_reason) <= 512
    AND requests_per_minute >= 1
  )
);

-- A token is revoked once, and allows what it was created with.
CREATE FUNCTION keep_api_tokens() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  revocation text[] := '{revoked_at,revoke_actor,revoke_reason}';
BEGIN
  IF OLD.revoked_at IS NULL AND to_jsonb(OLD) - revocation = to_jsonb(NEW) - revocation THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what an API token allows, and that it is revoked, cannot be changed' USING ERRCODE = 'restrict_violation';
END
$$;

REVOKE ALL ON FUNCTION keep_api_tokens() FROM PUBLIC;

CREATE TRIGGER keep_api_tokens BEFORE UPDATE ON api_tokens FOR EACH ROW EXECUTE FUNCTION keep_api_tokens();
`,
  },
  {
    fileName: "0011_evidence_hashes.sql",
    sql: `-- The hashes of the tree in rows that fill a page each: kept beside the table, in pieces of 2,000 bytes, a tile takes a tenth more.

-- A tile in parts: at level 0 its first 253 hashes, which is what a page holds, and the others; at higher levels 16 in each part, since
-- a tile that grows is stored again from the part on that grows.
CREATE TABLE evidence_hashes (
  log integer NOT NULL,
  level smallint NOT NULL,
  -- From 0.
  part smallint NOT NULL,
  -- Of the tile.
  idx bigint NOT NULL,
  hashes bytea NOT NULL,
  -- What is new at level 0, where nearly all of it is, comes last.
  CONSTRAINT evidence_hashes_key PRIMARY KEY (log, idx, level, part)
) WITH (
  toast_tuple_target = 8160,
  -- Of few rows, which are large: a part that was stored again leaves its page to the next one soon.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 100
);
ALTER TABLE evidence_hashes ALTER COLUMN hashes SET STORAGE MAIN;

INSERT INTO evidence_hashes (log, level, part, idx, hashes)
SELECT t.log, t.level, p.part, t.idx, substring(t.hashes FROM 32 * w.width * p.part + 1 FOR 32 * w.width)
FROM evidence_tiles AS t
CROSS JOIN LATERAL (SELECT CASE WHEN t.level = 0 THEN 253 ELSE 16 END AS width) AS w
CROSS JOIN LATERAL generate_series(0, (octet_length(t.hashes) - 1) / (32 * w.width)) AS p (part);

DROP TABLE evidence_tiles;
`,
  },
  {
    fileName: "0012_places_of_leaves.sql",
    sql: `-- Where the rows of sealed events lie in the order of commits: a late event makes the times of its batch wide.

ALTER TABLE evidence_batches
  -- Of the transactions that stored the rows; NULL in batches that were sealed before.
  ADD COLUMN first_xact bigint,
  ADD COLUMN last_xact bigint;
`,
  },
  {
    fileName: "0013_verifications.sql",
    sql: `-- What verifications of the log came to, as those who ran them say. Verifying trusts nothing of it.
CREATE TABLE evidence_verifications (
  verification_id uuid NOT NULL,
  log integer NOT NULL,
  started_at timestamptz(3) NOT NULL,
  -- When the row was stored last, by the server: of one that still runs, a sign of life.
  stored_at timestamptz(3) NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  report jsonb NOT NULL,
  CONSTRAINT evidence_verifications_key PRIMARY KEY (verification_id)
);
`,
  },
  {
    fileName: "0014_narrow_indexes.sql",
    sql: `-- Serve the newest or oldest events of an agent, a session or a trace, and their pages. Without the event id, which was a third to a
-- half of them: events of one time are put in the order of their ids by those who read them.
DROP INDEX audit_events_agent;
DROP INDEX audit_events_session;
DROP INDEX audit_events_trace;
CREATE INDEX audit_events_agent ON audit_events (agent_id, ts);
CREATE INDEX audit_events_session ON audit_events (session_id, ts) WHERE session_id IS NOT NULL;
CREATE INDEX audit_events_trace ON audit_events (trace_id, ts) WHERE trace_id IS NOT NULL;
`,
  },
];
