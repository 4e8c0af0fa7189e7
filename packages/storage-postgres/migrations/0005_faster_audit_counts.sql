-- Counts events in half the time. What is counted, and the tables that it is kept in, stay as they are, but for the keys of a
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
