-- Metrics that are declared, and totals of all samples that are kept beside the writes. Processes of an older version record
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
