-- Counts of audit events that are kept beside the log, so that what a question costs follows the size of its answer. Processes of
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
