import { describe, expect, it } from "vitest";
import { type ColumnShape, describeDrift, type SchemaManifest, verifySchema } from "../src/index.js";

const text: ColumnShape = { type: "TEXT", nullable: true, default: null, primaryKey: 0 };
const key: ColumnShape = { type: "TEXT", nullable: false, default: null, primaryKey: 1 };

const manifest: SchemaManifest = {
  tables: {
    agents: { columns: { id: key, name: text }, options: ["STRICT", "CHECK (x)"] },
    leases: { columns: { id: key }, options: [] },
  },
  indexes: { agents_name: { table: "agents", definition: "CREATE INDEX agents_name ON agents (name)" } },
  views: { readable: { definition: "CREATE VIEW readable AS SELECT 1" } },
};

const changed = (change: Partial<SchemaManifest>): string[] =>
  verifySchema({ ...manifest, ...change }, manifest).map(describeDrift);

describe("verifySchema", () => {
  it("finds nothing in an equal schema, whatever the order of options", () => {
    expect(changed({})).toEqual([]);
    const agents = { columns: { name: text, id: key }, options: ["CHECK (x)", "STRICT"] };
    expect(changed({ tables: { ...manifest.tables, agents } })).toEqual([]);
  });

  it("names missing, unexpected and different tables, a missing one without its columns", () => {
    expect(
      changed({
        tables: {
          agents: { columns: { id: key, name: text }, options: ["STRICT"] },
          notes: { columns: { id: key }, options: [] },
        },
      }),
    ).toEqual([
      "table agents is a table with STRICT, expected a table with CHECK (x); STRICT",
      "table leases is missing (expected a plain table)",
      "table notes is not ours (a plain table)",
    ]);
  });

  it("names missing, unexpected and different columns", () => {
    const agents = { columns: { id: { ...key, default: "'x'" }, extra: text }, options: ["STRICT", "CHECK (x)"] };
    expect(changed({ tables: { ...manifest.tables, agents } })).toEqual([
      "column agents.extra is not ours (TEXT)",
      "column agents.id is TEXT NOT NULL DEFAULT 'x' PRIMARY KEY #1, expected TEXT NOT NULL PRIMARY KEY #1",
      "column agents.name is missing (expected TEXT)",
    ]);
  });

  it("names indexes and views", () => {
    expect(changed({ indexes: {}, views: { readable: { definition: "CREATE VIEW readable AS SELECT 2" } } })).toEqual([
      "index agents_name is missing (expected CREATE INDEX agents_name ON agents (name) on agents)",
      "view readable is CREATE VIEW readable AS SELECT 2, expected CREATE VIEW readable AS SELECT 1",
    ]);
  });
});
