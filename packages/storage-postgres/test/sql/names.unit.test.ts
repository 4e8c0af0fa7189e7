import { describe, expect, it } from "vitest";
import { channelOf } from "../../src/driver/listener.js";
import { migratePostgres } from "../../src/migrate.js";
import { parseConnectionOptions, parsePostgresOptions } from "../../src/options.js";
import { problemOf } from "../support/problem-of.js";

const URL = "postgres://app@localhost/governance";

describe("a name from outside", () => {
  it.each([
    "pg_catalog",
    "pg_temp",
    "PG_toast",
    "information_schema",
    "Information_Schema",
    "_timescaledb_internal",
    "_timescaledb_catalog",
    "timescaledb_information",
    "timescaledb_experimental",
    "toolkit_experimental",
    'a"b',
    "a.b",
    "a b",
    "1a",
    "ä",
    "",
    "a".repeat(64),
  ])("%s is no schema of a store", (schema) => {
    for (const parse of [parsePostgresOptions, parseConnectionOptions]) {
      const { option, message } = problemOf(() => parse({ url: URL, schema }));
      expect(option).toBe("options.schema");
      expect(message).toContain(`a string of ${schema.length} character`);
      expect(message).toContain("Name a schema that holds nothing else");
    }
  });

  it.each(["public", "audit", "tenant-7", "_own", "pgaudit", "information", "timescale", "a".repeat(63)])(
    "%s is one",
    (schema) => expect(parsePostgresOptions({ url: URL, schema }).schema).toBe(schema),
  );

  it("is refused as a schema before anything connects", async () => {
    const migrating = migratePostgres({ url: "postgres://app@localhost:1/governance", schema: "information_schema" });
    await expect(migrating).rejects.toMatchObject({ code: "invalid_argument", option: "options.schema" });
  });

  it.each(["template0", "template1"])("%s is no database of a store", (database) => {
    const { option, message } = problemOf(() => parsePostgresOptions({ url: `postgres://app@localhost/${database}` }));
    expect(option).toBe("options.url");
    expect(message).toContain("Create a database for the store");
  });

  it("makes a channel that the server does not cut off, and that differs for each schema", () => {
    const schemas = ["a", "b".repeat(63), `${"b".repeat(62)}c`];
    const channels = schemas.map((schema) => channelOf(schema, "approvals"));
    expect(new Set(channels).size).toBe(3);
    for (const channel of channels) expect(Buffer.byteLength(channel)).toBeLessThanOrEqual(63);
  });
});
