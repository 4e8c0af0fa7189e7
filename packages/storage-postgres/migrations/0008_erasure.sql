-- Parts of events that are erased, while the events stay.

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
