// Made by scripts/generate.mjs from migrations/*.sql. Do not edit.

export const MIGRATION_SOURCES: readonly { readonly fileName: string; readonly sql: string }[] = [
  {
    fileName: "0001_initial.sql",
    sql: `-- Runs with search_path set to the schema of the store. Text that is compared or ordered is in collation "C", which orders
-- by code point as every other backend does.

-- In the history of stores made before the first release, by migrations that this one replaces:
--! replaces 5624bf7dc567147a1ab308c7ba89bb167217f0740e0f8b486ad1d8239e1786b7
--! replaces 3c0d85513d92a18aec72338f1e75ef760513ec8c4a8f6eb2d1d57474230e1e70
--! replaces 93cfc0854eb862d7d8f14ad8caf2b0963899107cc25a8a9a99af65d72b8962dc
--! replaces ca41f1d19998a8b66760ba207135146d71f849afa50931c80c9ed82e663db208

-- Commit order for tails; see audit_events_gate().
CREATE SEQUENCE audit_events_seq AS bigint;

CREATE TABLE audit_events (
  ts timestamptz(3) NOT NULL,
  recorded_at timestamptz(3) NOT NULL,
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
  CONSTRAINT audit_events_key PRIMARY KEY (ts, event_id)
);

ALTER SEQUENCE audit_events_seq OWNED BY audit_events.seq;

-- Serves the newest or oldest events of some agents, with or without a time range, and their pages.
CREATE INDEX audit_events_agent ON audit_events (agent_id, ts, event_id);

-- Serves queries for dry-run events, which are few: the index holds only those.
CREATE INDEX audit_events_dry_run ON audit_events (ts, event_id) WHERE dry_run;

-- Serves tails.
CREATE INDEX audit_events_order ON audit_events (seq);

-- Numbers are taken from the sequence before their transaction commits, so a tail may not deliver one while a smaller one
-- is still to come. Every inserting transaction therefore says, by a shared advisory lock that it holds until it ends and
-- before it takes its first number, below which number nothing of its own can be: a tail stays behind the smallest of these. The lock is named after the sequence,
-- which stays the same when the table becomes a hypertable.
CREATE FUNCTION audit_events_gate() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(
    'audit_events_seq'::regclass::oid::bigint::bit(32)::int,
    (CASE WHEN is_called THEN last_value ELSE last_value - 1 END)::bit(32)::int
  ) FROM audit_events_seq;
  RETURN NULL;
END
$$;

CREATE TRIGGER audit_events_gate BEFORE INSERT ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_gate();

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
  updated_at timestamptz(3) NOT NULL
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
  PRIMARY KEY (name, version)
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
  labels jsonb NOT NULL
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
  expires_at timestamptz(3) NOT NULL
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
  CONSTRAINT retention_runs_finished_check CHECK ((outcome = 'running') = (finished_at IS NULL))
);

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
  CONSTRAINT legal_holds_release CHECK (num_nulls(released_at, release_actor, release_reason) IN (0, 3))
);

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
  started_at timestamptz(3) NOT NULL
);

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
  CONSTRAINT approvals_undecided CHECK (verdict IS NOT NULL OR (decided_by IS NULL AND reason IS NULL))
);

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
  defined_at timestamptz(3) NOT NULL
);

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
];
