import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describeDrift } from "@agent-assembly/migrations";
import Database from "better-sqlite3";
import { getTableConfig, SQLiteSyncDialect, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import { verifySqliteSchema } from "../../src/migrate.js";
import { readLiveSchema } from "../../src/schema/live-schema.js";
import { SCHEMA_MANIFEST } from "../../src/schema/manifest.gen.js";
import { SQLITE_MIGRATIONS } from "../../src/schema/migrations.js";
import * as schema from "../../src/schema/tables.js";
import { createDatabase, open } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

const dialect = new SQLiteSyncDialect();
const TABLES: readonly SQLiteTable[] = Object.values(schema);

describe("generated files", () => {
  it("are what the migrations make", () => {
    const script = fileURLToPath(new URL("../../scripts/generate.mjs", import.meta.url));
    expect(execFileSync(process.execPath, [script, "--check"], { encoding: "utf8" })).toBe("");
  });

  it("say for every index which queries it serves", () => {
    for (const { sql, name } of SQLITE_MIGRATIONS) {
      for (const match of sql.matchAll(/^CREATE (?:UNIQUE )?INDEX (\w+)/gm)) {
        const before = sql.slice(0, match.index).trimEnd().split("\n").at(-1);
        expect(before, `${match[1]} in ${name}`).toMatch(/^-- /);
        expect(sql.slice(0, match.index)).toMatch(/-- Serves [^;]*$/);
      }
    }
  });
});

describe("drizzle tables", () => {
  it("are all the tables there are", () => {
    const names = TABLES.map((table) => getTableConfig(table).name).sort();
    expect(names).toEqual(Object.keys(SCHEMA_MANIFEST.tables).filter((name) => name !== "aasm_migrations"));
  });

  it.each(TABLES.map((table) => [getTableConfig(table).name, table] as const))(
    "%s has the SQL's columns",
    (name, table) => {
      const config = getTableConfig(table);
      const keyColumns = [
        ...config.columns.filter((column) => column.primary),
        ...config.primaryKeys.flatMap((key) => key.columns),
      ].map((column) => column.name);
      const mine = Object.fromEntries(
        config.columns.map((column) => [
          column.name,
          {
            type: column.getSQLType().toUpperCase(),
            nullable: !column.notNull && !column.primary,
            default: typeof column.default === "string" ? `'${column.default}'` : null,
            primaryKey: keyColumns.indexOf(column.name) + 1,
          },
        ]),
      );
      expect(mine).toEqual(SCHEMA_MANIFEST.tables[name]?.columns);
      expect(SCHEMA_MANIFEST.tables[name]?.options).toContain("STRICT");
    },
  );

  it("have the SQL's indexes", () => {
    const mine = TABLES.flatMap((table) => {
      const config = getTableConfig(table);
      return config.indexes.map(({ config: index }) => {
        const columns = index.columns
          .map((column) => ("name" in column ? column.name : dialect.sqlToQuery(column).sql))
          .join(", ");
        const where = index.where === undefined ? "" : ` WHERE ${dialect.sqlToQuery(index.where).sql}`;
        return `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${index.name} ON ${config.name} (${columns})${where}`;
      });
    });
    expect(mine.sort()).toEqual(
      Object.values(SCHEMA_MANIFEST.indexes)
        .map((index) => index.definition)
        .sort(),
    );
  });
});

describe("verifySqliteSchema", () => {
  it("finds nothing in a database the migrations made, and leaves it as it is", async () => {
    const path = `${tempFolder()}/local.db`;
    await createDatabase(path);
    expect(await verifySqliteSchema(path)).toEqual([]);
  });

  it("names what was changed by hand", async () => {
    const path = `${tempFolder()}/local.db`;
    await createDatabase(path);
    new Database(path)
      .exec(`DROP INDEX audit_events_agent; ALTER TABLE agent_registry ADD COLUMN note TEXT; DROP TABLE leases;
        CREATE TABLE scratch (x); DROP VIEW audit_events_readable; CREATE VIEW audit_events_readable AS SELECT 1`)
      .close();
    expect((await verifySqliteSchema(path)).map((drift) => `${drift.kind} ${drift.object} ${drift.name}`)).toEqual([
      "missing table leases",
      "unexpected table scratch",
      "unexpected column agent_registry.note",
      "missing index audit_events_agent",
      "different view audit_events_readable",
    ]);
  });

  it("finds everything missing where there is no database", async () => {
    const drifts = await verifySqliteSchema(`${tempFolder()}/local.db`);
    expect(drifts.map(describeDrift)).toContainEqual(expect.stringMatching(/^table agent_registry is missing/));
  });
});

describe("the schema in use", () => {
  it("shows readable timestamps, to the millisecond, from the year 1 to 9999", async () => {
    const { writer } = await open({ path: `${tempFolder()}/local.db` });
    const times = [-62_135_596_800_000, -1, 0, 1, 999, 1_700_000_000_123, 253_402_300_799_999];
    const insert = writer.prepare(
      "INSERT INTO audit_events (ts, recorded_at, event_id, agent_id, action, decision, dry_run) VALUES (?, ?, ?, 'a', 'b', 'c', 0)",
    );
    for (const [index, time] of times.entries()) insert.run(time, time, String(index));
    const rows = writer
      .prepare<[], { ts: string; recorded_at: string }>(
        "SELECT ts, recorded_at FROM audit_events_readable ORDER BY seq",
      )
      .all();
    expect(rows.map((row) => row.ts)).toEqual(times.map((time) => new Date(time).toISOString()));
    expect(rows.map((row) => row.recorded_at)).toEqual(rows.map((row) => row.ts));
  });

  it("lets a name have one active version, which must exist", async () => {
    const { writer } = await open({ path: `${tempFolder()}/local.db` });
    const activate = writer.prepare("INSERT INTO policy_active (name, version) VALUES ('p', ?)");
    expect(() => activate.run(1)).toThrow(/FOREIGN KEY/);
    const save = writer.prepare("INSERT INTO policy_versions VALUES ('p', ?, 'yaml', 'd', 1, 'me', 0, x'00', '{}')");
    for (const version of [1, 2]) save.run(version);
    activate.run(1);
    expect(() => activate.run(2)).toThrow(/UNIQUE/);
  });

  it.each([
    [
      "the key",
      "SELECT * FROM audit_events WHERE ts >= 1 AND ts < 9 ORDER BY ts DESC, event_id DESC LIMIT 9",
      "audit_events_key",
    ],
    [
      "an agent",
      "SELECT * FROM audit_events WHERE agent_id = 'a' AND ts > 5 ORDER BY ts DESC, event_id DESC LIMIT 9",
      "audit_events_agent",
    ],
    ["dry runs", "SELECT * FROM audit_events WHERE dry_run = 1 ORDER BY ts, event_id LIMIT 9", "audit_events_dry_run"],
    ["activations", "SELECT * FROM policy_activations WHERE name = 'p' ORDER BY id DESC", "policy_activations_name"],
  ])("serves queries by %s from its index, without sorting", async (_what, query, index) => {
    const { reader } = await open({ path: `${tempFolder()}/local.db` });
    const plan = reader
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${query}`)
      .all()
      .map((row) => row.detail);
    expect(plan).toEqual([expect.stringContaining(` USING INDEX ${index}`)]);
  });

  it("is read back as the manifest says", async () => {
    const { reader } = await open({ path: `${tempFolder()}/local.db` });
    expect(readLiveSchema(reader)).toEqual(SCHEMA_MANIFEST);
  });
});
