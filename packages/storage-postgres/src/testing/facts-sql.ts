import { quoteIdentifier, quoteLiteral } from "../sql/identifiers.js";

/**
 * A query for the facts of a schema: rows of `kind`, `what` and `state`. Rows of the catalog are taken whole, so that what
 * they hold that we do not know of counts as well.
 * @param filled tables that hold rows before a case; all others must be empty
 */
export function factsSql(schema: string, filled: readonly string[], timescale: boolean): string {
  const facts = [...plainFacts(schema), ...(timescale ? timescaleFacts(schema) : [])];
  return [rowsSql(schema, filled), ...facts].join("\nUNION ALL\n");
}

/** The namespace of a schema as an expression, and relations `c` in it as a condition. */
function within(schema: string) {
  const namespace = `to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})`;
  return { namespace, inSchema: `c.relnamespace = ${namespace}`, name: quoteLiteral(schema) };
}

function plainFacts(schema: string): string[] {
  const { namespace, inSchema, name } = within(schema);
  const of = (catalog: string, key: string): string =>
    `${catalog} x JOIN pg_class c ON c.oid = x.${key} AND ${inSchema}`;
  return [
    `SELECT 'fixed', 'the schema itself', (n.nspowner, n.nspacl)::text FROM pg_namespace n WHERE n.oid = ${namespace}`,
    `SELECT 'fixed', 'default privileges', d::text FROM pg_default_acl d WHERE d.defaclnamespace = ${namespace}`,
    `SELECT 'fixed', 'settings of the database', s::text FROM pg_db_role_setting s
     WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    // Where a conversion to a hypertable keeps what it has not finished.
    `SELECT 'fixed', 'schema ' || nspname, '' FROM pg_namespace
     WHERE nspname = '_aasm_move_' || left(encode(sha256(convert_to(${name}, 'UTF8')), 'hex'), 16)`,
    // Everything else that can be in a schema, also of kinds that we do not use.
    `SELECT 'fixed', replace(pg_describe_object(d.classid, d.objid, 0), ${quoteLiteral(`${schema}.`)}, ''), d.objid::text
     FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = ${namespace}
       AND d.classid NOT IN ('pg_class'::regclass, 'pg_proc'::regclass)`,
    `SELECT 'fixed', CASE c.relkind WHEN 'i' THEN 'index ' WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' ELSE 'table ' END
       || c.relname, (c.relkind, c.relowner, c.relam, c.reltablespace, c.relpersistence, c.relreplident, c.relrowsecurity,
       c.relforcerowsecurity, c.relispartition, c.relchecks, c.reloptions, c.relacl)::text FROM pg_class c WHERE ${inSchema}`,
    `SELECT 'fixed', 'column ' || c.relname || '.' || x.attname, md5(x::text) FROM ${of("pg_attribute", "attrelid")}
     WHERE c.relkind NOT IN ('i', 'I', 'S') AND x.attnum > 0 AND NOT x.attisdropped`,
    `SELECT 'fixed', 'defaults of ' || c.relname, md5(x::text) FROM ${of("pg_attrdef", "adrelid")}`,
    `SELECT 'fixed', 'constraint ' || x.conname, md5(x::text) FROM ${of("pg_constraint", "conrelid")}`,
    `SELECT 'fixed', 'index ' || c.relname, md5((to_jsonb(x) - 'indcheckxmin')::text) FROM ${of("pg_index", "indexrelid")}`,
    `SELECT 'fixed', 'trigger ' || x.tgname || ' of ' || c.relname, md5(x::text) FROM ${of("pg_trigger", "tgrelid")}`,
    `SELECT 'fixed', 'rules of ' || c.relname, md5(x::text) FROM ${of("pg_rewrite", "ev_class")}`,
    `SELECT 'fixed', 'row security of ' || c.relname, md5(x::text) FROM ${of("pg_policy", "polrelid")}`,
    `SELECT 'fixed', 'sequence ' || c.relname, x::text FROM ${of("pg_sequence", "seqrelid")}`,
    // The catalog of functions is long and has no index by schema.
    `SELECT 'fixed', 'function ' || p.proname, md5(p::text)
     FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
     WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = ${namespace} AND d.classid = 'pg_proc'::regclass`,
  ];
}

/** Those of the facts that any write changes. */
export function rowsSql(schema: string, filled: readonly string[]): string {
  const { inSchema } = within(schema);
  const others = filled.length === 0 ? "" : `AND c.relname NOT IN (${filled.map(quoteLiteral).join(", ")})`;
  return [
    // A table without a file and without chunks has no rows.
    `SELECT 'fixed' AS kind, 'rows of ' || c.relname AS what, (pg_relation_size(c.oid),
       EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid))::text AS state
     FROM pg_class c WHERE ${inSchema} AND c.relkind IN ('r', 'p') ${others}`,
    ...filled.map(
      (table) => `SELECT 'fixed', ${quoteLiteral(`rows of ${table}`)}, md5(string_agg(t::text, ';' ORDER BY t::text))
     FROM ${quoteIdentifier(schema)}.${quoteIdentifier(table)} t`,
    ),
    `SELECT 'fixed', 'numbers of ' || c.relname, coalesce(pg_sequence_last_value(c.oid::regclass)::text, '')
     FROM pg_class c WHERE ${inSchema} AND c.relkind = 'S'`,
  ].join("\nUNION ALL\n");
}

function timescaleFacts(schema: string): string[] {
  const { inSchema, name } = within(schema);
  const aggregates = `timescaledb_information.continuous_aggregates a
     JOIN _timescaledb_catalog.hypertable m ON m.schema_name = a.materialization_hypertable_schema
       AND m.table_name = a.materialization_hypertable_name AND a.view_schema = ${name}`;
  // Jobs name the aggregate in some versions, and the table behind it in others.
  const jobs = `timescaledb_information.jobs j LEFT JOIN timescaledb_information.continuous_aggregates a
       ON a.materialization_hypertable_schema = j.hypertable_schema
       AND a.materialization_hypertable_name = j.hypertable_name
     WHERE coalesce(a.view_schema, j.hypertable_schema) = ${name}`;
  const job = "j.proc_name || ' of ' || coalesce(a.view_name, j.hypertable_name)";
  return [
    // But for counters that say nothing of how the table behaves.
    `SELECT 'fixed', 'hypertable ' || h.table_name, (to_jsonb(h) - '{status,chunk_target_size}'::text[])::text
     FROM _timescaledb_catalog.hypertable h WHERE h.schema_name = ${name}`,
    `SELECT 'fixed', 'dimension ' || d.column_name || ' of ' || h.table_name, to_jsonb(d)::text
     FROM _timescaledb_catalog.dimension d
     JOIN _timescaledb_catalog.hypertable h ON h.id = d.hypertable_id AND h.schema_name = ${name}`,
    `SELECT 'fixed', 'compression of ' || c.relname, to_jsonb(s)::text
     FROM _timescaledb_catalog.compression_settings s JOIN pg_class c ON c.oid = s.relid AND ${inSchema}`,
    `SELECT 'fixed', 'aggregate ' || a.view_name, to_jsonb(a)::text FROM ${aggregates}`,
    `SELECT 'fixed', 'rows of ' || a.view_name, c.id::text
     FROM ${aggregates} JOIN _timescaledb_catalog.chunk c ON c.hypertable_id = m.id`,
    `SELECT 'fixed', ${job}, (j.job_id, j.schedule_interval, j.max_runtime, j.max_retries, j.retry_period, j.owner,
       j.scheduled, j.config - 'start_offset')::text FROM ${jobs}`,
    // Before chunks are dropped their rows are added up, and then the jobs look back less far.
    `SELECT 'wearing', ${job}, coalesce(j.config->>'start_offset', '') FROM ${jobs}`,
    `SELECT 'wearing', 'what is added up in ' || a.view_name, w.watermark::text
     FROM ${aggregates} JOIN _timescaledb_catalog.continuous_aggs_watermark w ON w.mat_hypertable_id = m.id`,
    `SELECT 'wearing', 'what is added up of ' || h.table_name, t.watermark::text
     FROM _timescaledb_catalog.continuous_aggs_invalidation_threshold t
     JOIN _timescaledb_catalog.hypertable h ON h.id = t.hypertable_id AND h.schema_name = ${name}`,
  ];
}
