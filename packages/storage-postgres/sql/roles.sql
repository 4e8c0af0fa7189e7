-- Three roles for one store, so that no process has more rights than its work needs:
--
--   writer     the application: inserts and reads audit events and metrics, has the events counted, keeps totals of the metrics it
--              writes, agents, policies, approvals and leases. It cannot change or remove an audit event, a metric sample, a declaration of a
--              metric or a version of a policy, nor say when an event was recorded or where it comes in commit order, nor
--              place a legal hold or release one.
--   retention  reads, and removes old audit events and metric samples, whose totals stay; erases parts of events, which stay
--              without them, and can write nothing else into one; keeps leases, the history of its runs
--              and the catalog of archives, where it cannot change what has ended; places legal holds and releases them, by
--              functions that set the time, but changes and removes none; creates and revokes the tokens of a gateway; seals events,
--              and is the only one to read the seeds and salts of evidence.
--   reader     reads, tails included; changes nothing.
--
-- docs/rights.md of this package has every right as a table; docs/threat-model.md of the project says what is not promised.
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
-- A process that also restores archived events needs writer and retention: the one may insert events, the other may say when
-- they were recorded.
--
-- TimescaleDB lets only the owner of a hypertable drop or compress its chunks. Functions of the schema, which run as the owner,
-- do that for the retention role, to chunks of this store alone, and refuse to drop rows under a legal hold.
-- Writer and reader need nothing of the kind: chunks take over the rights of their hypertable, those made later and compressed
-- ones too. Some functions of TimescaleDB drop or freeze any chunk for any role, since they do not ask who owns it; the script takes
-- them from PUBLIC where it is run by a superuser, and warns where it is not. Run it again after an update of the extension.

DO $roles$
DECLARE
  store text := coalesce(nullif(current_setting('aasm.schema', true), ''), 'public');
  writer text := coalesce(nullif(current_setting('aasm.writer', true), ''), 'aasm_writer');
  retention text := coalesce(nullif(current_setting('aasm.retention', true), ''), 'aasm_retention');
  reader text := coalesce(nullif(current_setting('aasm.reader', true), ''), 'aasm_reader');
  roles text[] := ARRAY[writer, retention, reader];
  audit regclass;
  owner_name name;
  role_name text;
  relation text;
  grantee text;
  privilege text;
  columns text;
  except_columns text[];
  routine text;
BEGIN
  -- As the option "schema" of the store: a schema of the server or of an extension is none of ours.
  IF store ~* '^(pg_|information_schema$|_?timescaledb_|toolkit_experimental$)' THEN
    RAISE EXCEPTION 'aasm.schema is %, which belongs to the server or to TimescaleDB', quote_ident(store)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the schema that "aasm migrate" was run with.';
  END IF;
  audit := to_regclass(format('%I.audit_events', store));
  IF audit IS NULL THEN
    RAISE EXCEPTION 'the schema % holds no store', quote_ident(store)
      USING HINT = 'Run "aasm migrate" first, or name another schema: SET aasm.schema = ''...''.';
  END IF;
  IF (SELECT count(DISTINCT r) FROM unnest(roles) AS r) < 3 THEN
    RAISE EXCEPTION 'writer, retention and reader must be three roles, got %', array_to_string(roles, ', ');
  END IF;
  SELECT r.rolname INTO owner_name
  FROM pg_class AS c JOIN pg_roles AS r ON r.oid = c.relowner WHERE c.oid = audit;

  FOREACH role_name IN ARRAY roles LOOP
    IF role_name ~ '^pg_' OR role_name IN ('public', 'none') THEN
      RAISE EXCEPTION '% is a name that the server keeps for itself', quote_ident(role_name)
        USING ERRCODE = 'reserved_name', HINT = 'Name another role: SET aasm.writer, aasm.retention or aasm.reader.';
    END IF;
    -- What it may do could not be taken from it.
    IF role_name = owner_name OR EXISTS (SELECT FROM pg_roles WHERE rolname = role_name AND rolsuper) THEN
      RAISE EXCEPTION '% owns the tables or is a superuser', quote_ident(role_name)
        USING HINT = 'Name a role that exists for this purpose only, or none, and it is made.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
    IF NOT has_database_privilege(role_name, current_database(), 'CONNECT') THEN
      EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role_name);
    END IF;
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', store, role_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', store, role_name);
  END LOOP;
  -- TimescaleDB's functions are called by name, by functions of the owner too; everyone may, unless that was revoked.
  FOR relation, role_name IN SELECT n.nspname, r FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace, unnest(roles || owner_name::text) AS r
    WHERE e.extname = 'timescaledb' AND NOT has_schema_privilege(r, n.oid, 'USAGE')
  LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', relation, role_name);
  END LOOP;
  IF EXISTS (
    SELECT FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
    WHERE n.nspname = store AND a.grantee = 0 AND a.privilege_type = 'CREATE'
  ) THEN
    RAISE WARNING 'everyone may create objects in the schema %', quote_ident(store)
      USING HINT = format('What is named like an object of the store may be used in its place: REVOKE CREATE ON SCHEMA %I FROM PUBLIC.', store);
  END IF;

  -- Everyone reads everything of the store but secrets: its tables, what "aasm migrate" notes.
  FOREACH relation IN ARRAY ARRAY[
    'audit_events', 'agent_registry', 'policy_versions', 'policy_active', 'policy_activations', 'metrics',
    'metric_definitions', 'metric_counters', 'metric_series', 'metric_totals', 'pending_metric_totals', 'metric_fold',
    'dropped_metric_hours', 'leases', 'retention_runs', 'legal_holds', 'archives', 'approvals', 'aasm_migrations', 'audit_origin',
    'audit_timelines', 'audit_count_keys', 'audit_count_cells', 'audit_count_state',
    'audit_dropped_keys', 'audit_dropped_cells', 'evidence_log', 'evidence_hashes', 'evidence_batches', 'evidence_seeds',
    'evidence_statements', 'evidence_parts', 'evidence_moved', 'evidence_checkpoints', 'evidence_anchors',
    'evidence_verifications', 'audit_erased', 'erasures', 'api_tokens', '_aasm_timescale'
  ] LOOP
    -- The last one exists with TimescaleDB only.
    CONTINUE WHEN to_regclass(format('%I.%I', store, relation)) IS NULL;
    FOREACH role_name IN ARRAY roles LOOP
      EXECUTE format('REVOKE ALL ON TABLE %I.%I FROM %I', store, relation, role_name);
      -- Who has seeds or salts can test guesses of what an entry stands for: the sealer alone reads them.
      CONTINUE WHEN relation IN ('evidence_seeds', 'evidence_parts') AND role_name <> retention;
      EXECUTE format('GRANT SELECT ON TABLE %I.%I TO %I', store, relation, role_name);
    END LOOP;
  END LOOP;
  FOR relation IN SELECT c.relname FROM pg_class AS c
    WHERE c.relkind = 'S' AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = store) AND c.relowner = owner_name::regrole
  LOOP
    FOREACH role_name IN ARRAY roles LOOP
      EXECUTE format('REVOKE ALL ON SEQUENCE %I.%I FROM %I', store, relation, role_name);
    END LOOP;
  END LOOP;
  EXECUTE format('GRANT USAGE ON SEQUENCE %I.audit_events_seq TO %I', store, writer);

  -- What may be inserted: all columns but those that the server sets, and those of a conversion that has not ended.
  FOR grantee, relation, except_columns IN VALUES
    (writer, 'audit_events', ARRAY['seq', 'xact', 'recorded_at']),
    (writer, 'metrics', '{}'),
    (writer, 'metric_definitions', '{}'),
    (writer, 'metric_counters', '{}'),
    -- What was written is pending until it is moved to the totals of its series.
    (writer, 'pending_metric_totals', ARRAY['id']),
    (writer, 'metric_series', ARRAY['id']),
    (writer, 'metric_totals', '{}'),
    (writer, 'agent_registry', '{}'),
    (writer, 'policy_versions', '{}'),
    (writer, 'policy_active', '{}'),
    (writer, 'policy_activations', ARRAY['id']),
    (writer, 'approvals', '{}'),
    (writer, 'leases', '{}'),
    -- Marks the hours of dropped samples, for which a series must exist; what a series holds it does not change.
    (retention, 'dropped_metric_hours', '{}'),
    (retention, 'metric_series', ARRAY['id']),
    (retention, 'leases', '{}'),
    (retention, 'retention_runs', '{}'),
    (retention, 'archives', '{}'),
    -- The sealer. Nothing of evidence is trusted by those who verify it.
    (retention, 'evidence_log', '{}'),
    (retention, 'evidence_hashes', '{}'),
    (retention, 'evidence_batches', '{}'),
    (retention, 'evidence_seeds', '{}'),
    (retention, 'evidence_statements', '{}'),
    (retention, 'evidence_parts', '{}'),
    (retention, 'evidence_moved', '{}'),
    (retention, 'evidence_checkpoints', '{}'),
    (retention, 'evidence_anchors', '{}'),
    -- How verifications went; the server says when that was told.
    (retention, 'evidence_verifications', ARRAY['stored_at']),
    (retention, 'erasures', '{}'),
    -- A gateway, which is the writer, cannot let others in.
    (retention, 'api_tokens', '{}')
  LOOP
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns FROM pg_attribute AS a
    WHERE a.attrelid = format('%I.%I', store, relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname <> ALL (except_columns) AND a.attname NOT LIKE '\_%';
    EXECUTE format('GRANT INSERT (%s) ON TABLE %I.%I TO %I', columns, store, relation, grantee);
  END LOOP;

  FOR grantee, privilege, relation IN VALUES
    -- Restored events keep it. Alone it inserts nothing.
    (retention, 'INSERT (recorded_at)', 'audit_events'),
    (writer, 'UPDATE (ts, reading)', 'metric_counters'),
    (writer, 'DELETE', 'pending_metric_totals'),
    (writer, 'UPDATE (samples, first_ts, last_ts)', 'metric_series'),
    (writer, 'UPDATE (samples, sum, large_sum, exact, min, max, last_ts, last_value)', 'metric_totals'),
    -- The right to lock: the one row has one value.
    (writer, 'UPDATE', 'metric_fold'),
    -- Agents are registered anew when they were removed.
    (writer, 'UPDATE, DELETE', 'agent_registry'),
    -- The right to lock the table, for the first activation of a policy.
    (writer, 'UPDATE', 'policy_active'),
    -- What was asked for stays; what is decided long ago is removed.
    (writer, 'UPDATE (claimed_by, claim_expires_at, verdict, decided_by, reason, decided_at, revision), DELETE', 'approvals'),
    (writer, 'UPDATE (owner, expires_at), DELETE', 'leases'),
    (retention, 'DELETE', 'audit_events'),
    (retention, 'DELETE', 'metrics'),
    (retention, 'UPDATE (hash)', 'metric_series'),
    (retention, 'UPDATE (owner, expires_at), DELETE', 'leases'),
    -- Triggers keep what has ended.
    (retention, 'UPDATE (finished_at, outcome, rows, bytes, detail)', 'retention_runs'),
    (retention, 'UPDATE (state, rows, bytes), DELETE', 'archives'),
    (retention, 'UPDATE (size, root, position, chain)', 'evidence_log'),
    -- The last part of each level grows.
    (retention, 'UPDATE (hashes)', 'evidence_hashes'),
    -- Erasure replaces nodes.
    (retention, 'DELETE', 'evidence_seeds'),
    -- A row that is restored again has another number.
    (retention, 'UPDATE (seq, archive, manifest)', 'evidence_moved'),
    (retention, 'UPDATE (is_erased, bytes)', 'evidence_parts'),
    -- A trigger keeps what was asked for.
    (retention, 'UPDATE (actor, state, events, from_ts, to_ts, finished_at, detail)', 'erasures'),
    -- A trigger keeps what was revoked.
    (retention, 'UPDATE (revoked_at, revoke_actor, revoke_reason)', 'api_tokens'),
    -- Cosignatures of witnesses are added.
    (retention, 'UPDATE (note, at)', 'evidence_checkpoints'),
    (retention, 'UPDATE (at, receipt)', 'evidence_anchors'),
    -- One that runs tells how far it is.
    (retention, 'UPDATE (stored_at, report)', 'evidence_verifications')
  LOOP
    EXECUTE format('GRANT %s ON TABLE %I.%I TO %I', privilege, store, relation, grantee);
  END LOOP;

  FOR routine IN SELECT p.oid::regprocedure::text FROM pg_proc AS p
    WHERE p.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = store) AND p.proowner = owner_name::regrole
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    FOREACH role_name IN ARRAY roles LOOP
      EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', routine, role_name);
    END LOOP;
  END LOOP;
  FOR grantee, routine IN VALUES
    (writer, 'lock_metric_definitions()'),
    -- Records what a role changes, as an event of action governance and no other.
    (writer, 'record_governance(timestamptz, uuid, text, text, text, text, text)'),
    (retention, 'record_governance(timestamptz, uuid, text, text, text, text, text)'),
    (retention, 'place_legal_hold(uuid, text, text, timestamptz, timestamptz, text, text)'),
    (retention, 'release_legal_hold(uuid, text, text)'),
    (retention, 'lock_legal_holds()'),
    (retention, 'drop_store_chunk(regclass, timestamptz, timestamptz)'),
    (retention, 'compress_store_chunk(regclass)'),
    (retention, 'rewrite_store_chunk(regclass, boolean)'),
    -- Takes parts out of events that no hold covers, and puts nothing in.
    (retention, 'erase_audit_events(timestamptz[], uuid[], text[], text[], text[], text[], regclass[], integer[], integer[], boolean[])'),
    (retention, 'mark_audit_erased(timestamptz[], uuid[], text[])'),
    (retention, 'lock_erasures(boolean)'),
    (retention, 'forget_unused_count_keys()'),
    (retention, 'erasable_parts_of(regclass)'),
    (retention, 'rewrite_erased(regclass)'),
    (retention, 'analyze_erased(regclass)'),
    -- What was counted of events that it removes is taken out of the counts; neither can change the counts by itself.
    (writer, 'count_audit_events(integer, integer)'),
    (retention, 'lock_audit_counts()'),
    (retention, 'subtract_audit_counts(integer[], text[], text[], text[], text[], boolean[], text[], text[], bigint[], bigint[])'),
    (retention, 'change_dropped_counts(integer, integer[], text[], text[], text[], text[], boolean[], text[], text[], bigint[])')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I.%s TO %I', store, routine, grantee);
  END LOOP;

  -- Before timescale/timescaledb#10386 these drop, freeze or make chunks for anyone who calls them: owners are not asked for.
  FOR routine, grantee IN
    SELECT p.oid::regprocedure::text, p.proowner::regrole::text
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('_timescaledb_functions', '_timescaledb_internal') AND p.proname IN (
      'drop_chunk', 'drop_osm_chunk', 'attach_osm_table_chunk', 'create_compressed_chunk', 'freeze_chunk', 'unfreeze_chunk',
      'hypertable_osm_range_update', 'lock_osm_chunk_dimension_slice')
      AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee = 0))
  LOOP
    IF pg_has_role(current_user, grantee, 'USAGE') THEN
      EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
    ELSE
      RAISE WARNING 'everyone may execute % of TimescaleDB, which does not ask who owns a chunk', routine
        USING HINT = format('Run this script as a superuser, or as %s: REVOKE ALL ON FUNCTION %s FROM PUBLIC.', grantee, routine);
    END IF;
  END LOOP;

  -- As earlier versions of this script made them.
  IF EXISTS (SELECT FROM pg_auth_members AS m WHERE m.roleid = owner_name::regrole AND m.member = retention::regrole) THEN
    EXECUTE format('REVOKE %I FROM %I', owner_name, retention);
  END IF;
  IF EXISTS (SELECT FROM pg_auth_members AS m WHERE m.roleid = retention::regrole AND m.member = owner_name::regrole) THEN
    EXECUTE format('REVOKE %I FROM %I', retention, owner_name);
  END IF;
END
$roles$;
