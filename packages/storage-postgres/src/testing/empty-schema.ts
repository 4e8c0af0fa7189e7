import type { Sql } from "../driver/pool.js";
import { quoteIdentifier, quoteLiteral } from "../sql/identifiers.js";

/** What cases left in a schema, and what is in the way of removing it. */
export interface Leftovers {
  /** Sessions of clients that hold a lock on something in it. */
  readonly holders: readonly Holder[];
  /** Tables and continuous aggregates that have rows. */
  readonly filled: readonly string[];
}

export interface Holder {
  readonly pid: number;
  /** For people. */
  readonly what: string;
}

/**
 * Looks at a schema as it is at this moment.
 * @param keeping tables whose rows stay
 */
export async function leftoversIn(
  sql: Sql,
  schema: string,
  { keeping, timescale }: { readonly keeping: readonly string[]; readonly timescale: boolean },
): Promise<Leftovers> {
  const found = await sql.unsafe<{ kind: string; pid: number; what: string }[]>(
    // One statement, since every case asks for all of it. Planning it takes longer than answering it: without parameters one
    // plan serves from the first time on; the driver prepares nothing that has none unless told.
    [holdersSql(schema), filledSql(schema, keeping), ...(timescale ? [filledAggregatesSql(schema)] : [])].join(
      "\nUNION ALL\n",
    ),
    [],
    { prepare: sql.options.prepare, simple: false } as object,
  );
  return {
    holders: found.filter(({ kind }) => kind === "holder"),
    filled: found.filter(({ kind }) => kind === "filled").map(({ what }) => what),
  };
}

/**
 * Removes the rows of tables and continuous aggregates, and lets all sequences of the schema begin anew.
 * @param filled as {@link leftoversIn} found them
 */
export async function emptySchema(sql: Sql, schema: string, filled: readonly string[]): Promise<void> {
  const place = quoteIdentifier(schema);
  // Not row by row: that would leave files and dead rows behind, which later cases would find.
  const names = filled.map((name) => `${place}.${quoteIdentifier(name)}`);
  const truncate = names.length === 0 ? "" : `TRUNCATE ${names.join(", ")} CASCADE; `;
  await sql.unsafe(
    `${truncate}SELECT setval(c.oid::regclass, s.seqstart, false) FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
     WHERE c.relnamespace = ${namespaceOf(schema)}`,
  );
}

function holdersSql(schema: string): string {
  return `SELECT 'holder' AS kind, a.pid, format('a connection of "%s" (%s) holds a lock on %s', a.application_name,
      a.state, string_agg(DISTINCT c.relname, ', ')) AS what
    FROM pg_locks l
    JOIN pg_class c ON c.oid = l.relation AND c.relnamespace = ${namespaceOf(schema)}
    JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'client backend'
    WHERE l.locktype = 'relation' AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    GROUP BY a.pid, a.application_name, a.state`;
}

/** Most cases use one or two tables. What has neither a file nor chunks has no rows. */
function filledSql(schema: string, keeping: readonly string[]): string {
  const others = keeping.length === 0 ? "" : `AND c.relname NOT IN (${keeping.map(quoteLiteral).join(", ")})`;
  return `SELECT 'filled', 0, c.relname FROM pg_class c
    WHERE c.relnamespace = ${namespaceOf(schema)} AND c.relkind IN ('r', 'p') ${others}
      AND (pg_relation_size(c.oid) > 0 OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid))`;
}

function filledAggregatesSql(schema: string): string {
  return `SELECT 'filled', 0, a.view_name FROM timescaledb_information.continuous_aggregates a
    JOIN _timescaledb_catalog.hypertable h ON h.schema_name = a.materialization_hypertable_schema
      AND h.table_name = a.materialization_hypertable_name
    WHERE a.view_schema = ${quoteLiteral(schema)}
      AND EXISTS (SELECT FROM _timescaledb_catalog.chunk c WHERE c.hypertable_id = h.id)`;
}

function namespaceOf(schema: string): string {
  return `to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})`;
}
