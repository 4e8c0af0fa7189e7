-- Counts of events that were dropped, by all members that counts are kept by. They stay when the events are gone, and nothing can
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
