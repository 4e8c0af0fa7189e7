-- What metric samples added up to when they were dropped, by UTC hour and series, so that totals outlive their samples. Each
-- row holds what was dropped, and nothing that is still in metric_samples: a question adds both up.
CREATE TABLE metric_totals (
  metric text COLLATE "C" NOT NULL,
  -- Start of the hour.
  bucket timestamptz(3) NOT NULL,
  -- SHA-256 of agent_id, team_id and labels, which together are longer than an index takes.
  series bytea NOT NULL,
  agent_id text COLLATE "C",
  team_id text COLLATE "C",
  -- As metric_samples.labels.
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
