import { needing } from "@agent-assembly/test-services/needing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import type { PostgresProfile } from "../setup/database.js";
import { type Attempt, attemptAs, DENIED } from "../support/attempts.js";
import { FUNCTIONS, ROLES, type Role, SEQUENCES, TABLES } from "../support/rights-table.js";
import { type StoreWithRoles, storeWithRoles } from "../support/store-with-roles.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "timescale-apache", "timescale-community", "postgres-15"];
const NOW = Date.now();
const DAY_MS = 86_400_000;

/** Functions of TimescaleDB that may be called by anyone, and change nothing that is not the caller's. */
const HARMLESS: readonly string[] = [
  "approximate_row_count",
  "cagg_migrate_execute_copy_policies",
  "cagg_migrate_execute_disable_policies",
  "cagg_migrate_execute_drop_old_cagg",
  "cagg_migrate_execute_enable_policies",
  "cagg_migrate_execute_plan",
  "cagg_migrate_plan_exists",
  "calculate_chunk_interval",
  "chunk_id_from_relid",
  "chunk_index_clone",
  "chunk_index_replace",
  "chunk_status",
  "chunks_detailed_size",
  "chunks_local_size",
  "compressed_chunk_local_stats",
  "extension_state",
  "generate_uuid",
  "get_approx_row_count",
  "get_orderby_defaults",
  "get_os_info",
  "get_partition_for_key",
  "get_partition_hash",
  "get_segmentby_defaults",
  "hypertable_approximate_detailed_size",
  "hypertable_approximate_size",
  "hypertable_detailed_size",
  "hypertable_index_size",
  "hypertable_local_size",
  "hypertable_size",
  "interval_to_usec",
  "is_compressed_tid",
  "range_value_to_pretty",
  "relation_approximate_size",
  "relation_size",
  "remove_dropped_chunk_metadata",
  "show_chunks",
  "show_tablespaces",
  "time_to_internal",
  "to_date",
  "to_interval",
  "to_timestamp",
  "to_timestamp_without_timezone",
  "to_unix_microseconds",
  "tsl_loaded",
  "by_hash",
  "by_range",
];

interface Relation {
  readonly name: string;
  /** As SQL takes it. */
  readonly quoted: string;
  readonly columns: readonly string[];
  /** The table of the store whose rights it has. */
  readonly like: string;
}

describe.each(PROFILES)("the rights in docs/rights.md on %s", (profile) => {
  describe(...needing(profile, "a store that an ordinary role owns"), () => {
    let store: StoreWithRoles;
    let relations: Relation[];

    beforeAll(async () => {
      store = await storeWithRoles(profile);
      await using storage = await openPostgresStorage(store.optionsOf("owner"));
      for (const daysAgo of [100, 10]) {
        const ts = new Date(NOW - daysAgo * DAY_MS);
        await storage.audit.append([{ ts, agentId: "a", action: "tool_call", decision: "allow" }]);
        await storage.metrics.record([{ ts, metric: "m", value: 1 }]);
        const [oldest] = await storage.partitions.list("audit");
        if (profile === "timescale-community" && oldest !== undefined) await storage.partitions.compress(oldest);
      }
      expect(await store.runScript()).toEqual([]);
      relations = await relationsOf(store);
    });
    afterAll(() => store?.drop());

    it("name every table and column of the store", () => {
      const found = relations.filter(({ name, like }) => name === like);
      for (const { name, columns } of found) expect(TABLES.get(name)?.columns, name).toEqual(columns);
      const optional = ["_aasm_timescale"];
      const missing = [...TABLES.keys()].filter((name) => !found.some((one) => one.name === name));
      expect(missing.filter((name) => !optional.includes(name))).toEqual([]);
      if (profile.startsWith("timescale")) expect(relations.length).toBeGreaterThan(found.length + 2);
    });

    it("name every sequence and function of the store", async () => {
      const sequences = await store.root<{ name: string }[]>`
        SELECT relname AS name FROM pg_class
        WHERE relkind = 'S' AND relnamespace = to_regnamespace(${store.schema}) ORDER BY 1`;
      expect(sequences.map(({ name }) => name)).toEqual([...SEQUENCES.keys()].sort());
      expect((await functionsOf(store)).map(({ name }) => name)).toEqual([...FUNCTIONS.keys()].sort());
    });

    it.each(ROLES)("are those of %s on tables and chunks", async (role) => {
      const others = relations.filter(({ like }) => TABLES.get(like)?.owners.includes(role) !== true);
      const attempts = others.flatMap((relation) => onRelation(relation, role));
      await expectAnswers(role, attempts);
    });

    it.each(ROLES)("are those of %s on sequences", async (role) => {
      await expectAnswers(
        role,
        [...SEQUENCES].flatMap(([name, rights]) => onSequence(`${store.schema}.${name}`, rights[role])),
      );
    });

    it.each(ROLES)("are those of %s on functions, of which PUBLIC may execute none", async (role) => {
      const functions = await functionsOf(store);
      const attempts = functions.map(({ name, types }) => ({
        statement: `SELECT ${store.schema}.${name}(${types.map((type) => `NULL::${type}`).join(", ")})`,
        allowed: FUNCTIONS.get(name)?.[role] === "EXECUTE",
      }));
      await expectAnswers(role, attempts);
      expect(functions.filter(({ everyone }) => everyone)).toEqual([]);
    });

    it("are limited to functions with a fixed search path, in which temporary objects come last", async () => {
      for (const { name, settings } of await functionsOf(store)) {
        // Others say how a statement is planned.
        const paths = settings.filter((setting) => !/^(enable_|jit|work_mem)/.test(setting));
        expect(paths, name).toEqual([`search_path=${store.schema}, pg_temp`]);
      }
    });

    it.each(ROLES)("do not let %s make or change objects", async (role) => {
      const statements = [
        `CREATE TABLE ${store.schema}.more ()`,
        `CREATE FUNCTION ${store.schema}.more() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
        `ALTER SCHEMA ${store.schema} RENAME TO other`,
        `ALTER ROLE ${store.roleOf(role)} SUPERUSER`,
        `ALTER FUNCTION ${store.schema}.lock_legal_holds() RESET search_path`,
        `GRANT ALL ON ${store.schema}.leases TO PUBLIC`,
      ];
      // GRANT without the right to grant is a warning, and grants nothing.
      const answers = await attemptAs(store.root, store.roleOf(role), statements);
      expect(answers.slice(0, 5)).toEqual(Array(5).fill("42501"));
      expect(["42501", "done"]).toContain(answers[5]);
    });

    if (profile.startsWith("timescale")) {
      it.each(ROLES)("do not let %s use TimescaleDB's own functions, or write its catalog", async (role) => {
        const chunk = relations.find(({ name, like }) => name !== like && like === "audit_events")?.quoted ?? "";
        const table = `${store.schema}.audit_events`;
        const refused = [
          `SELECT drop_chunks('${table}', older_than => now())`,
          `SELECT add_retention_policy('${table}', INTERVAL '1 day')`,
          `SELECT remove_retention_policy('${table}', if_exists => true)`,
          `SELECT add_compression_policy('${table}', INTERVAL '1 day')`,
          `SELECT remove_compression_policy('${table}', if_exists => true)`,
          `SELECT compress_chunk('${chunk}')`,
          `SELECT decompress_chunk('${chunk}')`,
          `SELECT set_chunk_time_interval('${table}', INTERVAL '1 hour')`,
          `SELECT add_dimension('${table}', by_hash('agent_id', 2))`,
          `SELECT reorder_chunk('${chunk}')`,
          `SELECT _timescaledb_functions.drop_chunk('${chunk}')`,
          `SELECT _timescaledb_functions.freeze_chunk('${chunk}')`,
          `ALTER TABLE ${table} SET (timescaledb.compress = false)`,
          `ALTER TABLE ${chunk} DISABLE TRIGGER ALL`,
        ];
        const answers = await attemptAs(store.root, store.roleOf(role), refused);
        // Not in this version; not in a transaction, whoever asks.
        const elsewhere = ["42883", "25001"];
        const others = refused.map((statement, n) => `${statement}: ${answers[n]}`);
        expect(others.filter((_, n) => ![...DENIED, ...elsewhere].includes(answers[n] ?? ""))).toEqual([]);
        const catalog = await store.root<{ name: string }[]>`
          SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND starts_with(n.nspname, '_timescaledb_') AND c.oid NOT IN (SELECT inhrelid FROM pg_inherits)
            AND c.relowner <> ${store.roleOf(role)}::regrole`;
        const deletes = TABLES.get("audit_events")?.rights[role].has("DELETE") === true;
        await expectAnswers(
          role,
          catalog.flatMap(({ name }) => [
            // What holds the compressed rows of a chunk has the rights of the chunk.
            {
              statement: `DELETE FROM ${name} WHERE false`,
              allowed: deletes && /compress/.test(name) && /hyper/.test(name),
            },
            { statement: `TRUNCATE ${name}`, allowed: false },
            { statement: `INSERT INTO ${name} SELECT * FROM ${name}`, allowed: false },
            { statement: `DROP TABLE ${name}`, allowed: false },
          ]),
        );
      });
    }

    if (profile === "timescale-apache") {
      it("do not let the reader change anything by any function of the extension", async () => {
        const attempts = await onFunctionsOfExtension(store, relations);
        const statements = attempts.map(({ statement }) => statement);
        const answers = await attemptAs(store.root, store.roleOf("reader"), statements);
        const done = new Set(attempts.filter((_, n) => answers[n] === "done").map(({ name }) => name));
        expect([...done].filter((name) => !HARMLESS.includes(name))).toEqual([]);
        // The calls have the right form.
        expect(done).toContain("chunk_status");
        expect(new Set(statements).size).toBeGreaterThan(100);
      });
    }

    async function expectAnswers(role: Role, attempts: readonly Attempt[]): Promise<void> {
      const answers = await attemptAs(
        store.root,
        store.roleOf(role),
        attempts.map(({ statement }) => statement),
      );
      const wrong = attempts.flatMap(({ statement, allowed }, n) =>
        DENIED.includes(answers[n] ?? "") === allowed ? [`${statement}: ${answers[n]}`] : [],
      );
      expect(wrong).toEqual([]);
      expect(answers).toHaveLength(attempts.length);
    }
  });
});

/** Tables and views of the store, and the chunks of its hypertables. */
async function relationsOf({ root, schema }: StoreWithRoles): Promise<Relation[]> {
  const found = await root<{ name: string; quoted: string; like: string; columns: string }[]>`
    SELECT c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted, coalesce(p.relname, c.relname) AS like,
      (SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
       WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    LEFT JOIN pg_class p ON p.oid = i.inhparent AND p.relnamespace = to_regnamespace(${schema})
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (n.nspname = ${schema} OR p.oid IS NOT NULL) ORDER BY 2`;
  return found.map(({ columns, ...rest }) => ({ ...rest, columns: columns.split(", ") }));
}

async function functionsOf({ root, schema }: StoreWithRoles) {
  const found = await root<{ name: string; types: string; everyone: boolean; settings: string }[]>`
    SELECT p.proname AS name, oidvectortypes(p.proargtypes) AS types, array_to_string(p.proconfig, ';') AS settings,
      p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee = 0) AS everyone
    FROM pg_proc p WHERE p.pronamespace = to_regnamespace(${schema}) ORDER BY 1`;
  return found.map(({ types, settings, ...rest }) => ({
    ...rest,
    types: types === "" ? [] : types.split(", "),
    settings: settings.split(";"),
  }));
}

/** One statement for each right on a relation and on each of its columns. None of them finds a row. */
function onRelation({ quoted, columns, like }: Relation, role: Role): Attempt[] {
  const rights = TABLES.get(like)?.rights[role];
  const may = (right: string, column: string): boolean => rights?.get(right)?.includes(column) === true;
  const whole = (right: string): boolean => columns.every((column) => may(right, column));
  return [
    ...columns.flatMap((column) => [
      { statement: `SELECT ${column} FROM ${quoted} LIMIT 0`, allowed: may("SELECT", column) },
      {
        statement: `INSERT INTO ${quoted} (${column}) OVERRIDING SYSTEM VALUE SELECT ${column} FROM ${quoted} WHERE false`,
        allowed: may("INSERT", column),
      },
      { statement: `UPDATE ${quoted} SET ${column} = DEFAULT WHERE false`, allowed: may("UPDATE", column) },
    ]),
    { statement: `DELETE FROM ${quoted} WHERE false`, allowed: rights?.has("DELETE") === true },
    // The right to lock is that to change or delete, which must be for the whole table.
    {
      statement: `LOCK TABLE ${quoted} IN EXCLUSIVE MODE`,
      allowed: rights?.has("DELETE") === true || whole("UPDATE"),
    },
    ...[
      `TRUNCATE ${quoted}`,
      `REINDEX TABLE ${quoted}`,
      `ALTER TABLE ${quoted} ADD COLUMN more integer`,
      `CREATE TRIGGER more BEFORE INSERT ON ${quoted} FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
      `CREATE POLICY more ON ${quoted}`,
      `COMMENT ON TABLE ${quoted} IS 'more'`,
      `DROP TABLE ${quoted}`,
      `REFRESH MATERIALIZED VIEW ${quoted}`,
    ].map((statement) => ({ statement, allowed: false })),
  ];
}

function onSequence(name: string, right: string | undefined): Attempt[] {
  return [
    { statement: `SELECT nextval('${name}')`, allowed: right === "USAGE" },
    { statement: `SELECT setval('${name}', 1)`, allowed: false },
    { statement: `SELECT last_value FROM ${name}`, allowed: false },
    { statement: `ALTER SEQUENCE ${name} RESTART`, allowed: false },
  ];
}

/** A call of each function of TimescaleDB that may change something, on the table of events and on one of its chunks. */
async function onFunctionsOfExtension(
  { root, schema }: StoreWithRoles,
  relations: readonly Relation[],
): Promise<{ readonly name: string; readonly statement: string }[]> {
  const chunk = relations.find(({ name, like }) => name !== like && like === "audit_events")?.quoted ?? "";
  const found = await root<{ name: string; call: string; types: string; optional: number }[]>`
    SELECT p.proname AS name, oidvectortypes(p.proargtypes) AS types, p.pronargdefaults AS optional,
      format('%s %I.%I', CASE p.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, n.nspname, p.proname) AS call
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'timescaledb'
    WHERE p.provolatile = 'v' AND p.prokind IN ('f', 'p') AND p.prorettype <> 'trigger'::regtype
      -- Calling this one ends the server process in some versions of the Apache edition.
      AND p.proname <> 'merge_chunks'
      -- The others take forms of the extension's own, and some end the server process when they are called with NULL.
      AND NOT EXISTS (
        SELECT FROM unnest(p.proargtypes) AS t (type) WHERE t.type <> ALL (ARRAY[
          'regclass', 'int2', 'int4', 'int8', 'interval', 'name', 'text', 'bool', 'timestamptz', 'jsonb', 'oid']::regtype[]))
    ORDER BY 1`;
  return found.flatMap(({ name, call, types, optional }) => {
    const all = types === "" ? [] : types.split(", ");
    return [`${schema}.audit_events`, chunk].flatMap((target) =>
      [...new Set([all.length, all.length - optional])].map((count) => ({
        name,
        statement: `${call}(${all
          .slice(0, count)
          .map((type) => argument(type, target))
          .join(", ")})`,
      })),
    );
  });
}

function argument(type: string, target: string): string {
  if (type === "regclass") return `'${target}'::regclass`;
  if (["smallint", "integer", "bigint"].includes(type)) return `1::${type}`;
  if (type === "interval") return "INTERVAL '1 day'";
  if (type === "name" || type === "text") return `'ts'::${type}`;
  if (type === "boolean") return "true";
  if (type === "oid") return `'${target}'::regclass::oid`;
  return type === "jsonb" ? "'{}'::jsonb" : "now()";
}
