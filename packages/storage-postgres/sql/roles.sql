-- Three roles for one store, so that no process has more rights than its work needs:
--
--   writer     the application: inserts and reads audit events and metrics, keeps totals of the metrics it writes, agents,
--              policies, approvals and leases. It cannot change or remove an audit event, a metric sample, or a version of a
--              policy, nor place a legal hold or release one.
--   retention  reads, and removes old audit events and metric samples, whose totals stay; keeps leases, the
--              history of its runs and the catalog of archives; places legal holds and releases them, but removes none.
--   reader     reads, tails included; changes nothing.
--
-- Run it after "aasm migrate", as a superuser or as the owner of the tables with the right to create roles, and again after
-- every later "aasm migrate", which may have added tables:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f roles.sql
--
-- Names other than these defaults are settings of the session that runs it:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c "SET aasm.schema = 'public'" -c "SET aasm.writer = 'aasm_writer'" \
--     -c "SET aasm.retention = 'aasm_retention'" -c "SET aasm.reader = 'aasm_reader'" -f roles.sql
--
-- It is one statement of plain SQL, so any client runs it, and it applies wholly or not at all. Running it again changes
-- nothing; rights on our tables granted to these roles otherwise are revoked.
--
-- The roles cannot log in. Give them to users that can:
--
--   CREATE ROLE gateway LOGIN PASSWORD '...';
--   GRANT aasm_writer TO gateway;
--
-- A process that also restores archived events needs writer and retention.
--
-- TimescaleDB lets only the owner of a hypertable drop or compress its chunks, and refresh what is computed from it; there
-- is no finer right. There the retention role therefore becomes a member of the tables' owner, and can do what the owner can,
-- changing events included. This is refused, with a warning, when the owner is a superuser: let an ordinary role own the
-- database or the schema, and run "aasm migrate" as that role. Writer and reader need nothing of the kind: chunks take
-- over the rights of their hypertable, those made later and compressed ones too.

DO $roles$
DECLARE
  store text := coalesce(nullif(current_setting('aasm.schema', true), ''), 'public');
  writer text := coalesce(nullif(current_setting('aasm.writer', true), ''), 'aasm_writer');
  retention text := coalesce(nullif(current_setting('aasm.retention', true), ''), 'aasm_retention');
  reader text := coalesce(nullif(current_setting('aasm.reader', true), ''), 'aasm_reader');
  roles text[] := ARRAY[writer, retention, reader];
  audit regclass := to_regclass(format('%I.audit_events', store));
  owner_name name;
  owner_is_superuser boolean;
  in_chunks boolean := false;
  role_name text;
  relation text;
BEGIN
  IF audit IS NULL THEN
    RAISE EXCEPTION 'the schema % holds no store', quote_ident(store)
      USING HINT = 'Run "aasm migrate" first, or name another schema: SET aasm.schema = ''...''.';
  END IF;
  IF (SELECT count(DISTINCT r) FROM unnest(roles) AS r) < 3 THEN
    RAISE EXCEPTION 'writer, retention and reader must be three roles, got %', array_to_string(roles, ', ');
  END IF;
  SELECT r.rolname, r.rolsuper INTO owner_name, owner_is_superuser
  FROM pg_class AS c JOIN pg_roles AS r ON r.oid = c.relowner WHERE c.oid = audit;

  FOREACH role_name IN ARRAY roles LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
    IF NOT has_database_privilege(role_name, current_database(), 'CONNECT') THEN
      EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role_name);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', store, role_name);
  END LOOP;

  -- Everyone reads everything of the store: its tables, the hourly counts, what "aasm migrate" notes.
  FOREACH relation IN ARRAY ARRAY[
    'audit_events', 'agent_registry', 'policy_versions', 'policy_active', 'policy_activations', 'metrics',
    'metric_definitions', 'metric_counters', 'metric_series', 'metric_totals', 'pending_metric_totals', 'metric_fold',
    'dropped_metric_hours', 'leases', 'retention_runs', 'legal_holds', 'archives', 'approvals', 'aasm_migrations', '_aasm_timescale',
    'audit_counts'
  ] LOOP
    -- The last ones exist with TimescaleDB only.
    CONTINUE WHEN to_regclass(format('%I.%I', store, relation)) IS NULL;
    FOREACH role_name IN ARRAY roles LOOP
      EXECUTE format('REVOKE ALL ON TABLE %I.%I FROM %I', store, relation, role_name);
      EXECUTE format('GRANT SELECT ON TABLE %I.%I TO %I', store, relation, role_name);
    END LOOP;
  END LOOP;
  -- Tails read how far the numbers are.
  FOREACH role_name IN ARRAY roles LOOP
    EXECUTE format('REVOKE ALL ON SEQUENCE %I.audit_events_seq FROM %I', store, role_name);
    EXECUTE format('GRANT SELECT ON SEQUENCE %I.audit_events_seq TO %I', store, role_name);
  END LOOP;

  EXECUTE format('GRANT INSERT ON TABLE %1$I.audit_events, %1$I.metrics TO %2$I', store, writer);
  -- What was written is pending until it is moved to the totals of its series.
  EXECUTE format('GRANT INSERT, DELETE ON TABLE %I.pending_metric_totals TO %I', store, writer);
  EXECUTE format('GRANT INSERT, UPDATE ON TABLE %1$I.metric_series, %1$I.metric_totals, %1$I.metric_counters TO %2$I', store, writer);
  -- UPDATE is the right to lock: nothing is changed there.
  EXECUTE format('GRANT INSERT, UPDATE ON TABLE %I.metric_definitions TO %I', store, writer);
  EXECUTE format('GRANT UPDATE ON TABLE %I.metric_fold TO %I', store, writer);
  EXECUTE format('GRANT USAGE ON SEQUENCE %I.audit_events_seq TO %I', store, writer);
  -- The trigger's function runs with the rights of the inserting role.
  EXECUTE format('GRANT EXECUTE ON FUNCTION %I.audit_events_gate() TO %I', store, writer);
  EXECUTE format('GRANT INSERT, UPDATE, DELETE ON TABLE %1$I.agent_registry, %1$I.leases, %1$I.approvals TO %2$I', store, writer);
  EXECUTE format('GRANT INSERT ON TABLE %1$I.policy_versions, %1$I.policy_activations TO %2$I', store, writer);
  EXECUTE format('GRANT INSERT, UPDATE ON TABLE %I.policy_active TO %I', store, writer);

  EXECUTE format('GRANT DELETE ON TABLE %1$I.audit_events, %1$I.metrics TO %2$I', store, retention);
  -- Marks the hours of dropped samples, for which a series must exist; what a series holds it does not change.
  EXECUTE format('GRANT INSERT ON TABLE %1$I.dropped_metric_hours, %1$I.metric_series TO %2$I', store, retention);
  EXECUTE format('GRANT UPDATE (hash) ON TABLE %I.metric_series TO %I', store, retention);
  EXECUTE format('GRANT INSERT, UPDATE, DELETE ON TABLE %I.leases TO %I', store, retention);
  EXECUTE format('GRANT INSERT, UPDATE ON TABLE %1$I.retention_runs, %1$I.legal_holds TO %2$I', store, retention);
  EXECUTE format('GRANT INSERT, UPDATE, DELETE ON TABLE %I.archives TO %I', store, retention);

  IF to_regclass('timescaledb_information.hypertables') IS NOT NULL THEN
    EXECUTE 'SELECT EXISTS (SELECT FROM timescaledb_information.hypertables
      WHERE hypertable_schema = $1 AND hypertable_name IN (''audit_events'', ''metrics''))'
      INTO in_chunks USING store;
  END IF;
  IF NOT in_chunks OR pg_has_role(retention, owner_name, 'USAGE') THEN
    RETURN;
  END IF;
  IF owner_is_superuser THEN
    RAISE WARNING '% cannot drop or compress chunks: the owner of the tables, %, is a superuser', retention, owner_name
      USING HINT = 'Let an ordinary role own the database or the schema and migrate as that role.';
  ELSIF current_setting('server_version_num')::integer >= 160000 THEN
    EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET FALSE', owner_name, retention);
  ELSE
    EXECUTE format('GRANT %I TO %I', owner_name, retention);
  END IF;
END
$roles$;
