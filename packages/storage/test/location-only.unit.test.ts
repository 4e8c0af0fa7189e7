import { describe, expect, test } from "vitest";
import { parseLocationOnly } from "../src/config/location-only.js";
import { configSchema } from "../src/config/schema/schema.js";

const URL = "postgres://me@db:5432/audit";

describe("a tree that says no more than where the store is", () => {
  test.each([
    {},
    { storage: {} },
    { mode: "local" },
    { mode: "remote", storage: { postgres: { database_url: URL } } },
    { storage: { backend: "memory" } },
    { storage: { backend: "sqlite", sqlite: { path: "a.db" }, postgres: {} } },
    { storage: { sqlite: { path: "a.db" }, postgres: { database_url: `${URL}?sslmode=require` } } },
  ])("is what the schema makes of it, to the order of its keys: %j", async (tree) => {
    const parsed = parseLocationOnly(tree);
    expect(parsed).toBeDefined();
    expect(JSON.stringify(parsed)).toBe(JSON.stringify(await configSchema.parseAsync(tree)));
  });

  test("shares nothing with the next one", () => {
    const first = parseLocationOnly({});
    (first as { storage: { postgres: { schema: string } } }).storage.postgres.schema = "other";
    expect(parseLocationOnly({})?.storage.postgres.schema).toBe("public");
  });
});

test.each([
  { mode: "lokal" },
  { mode: {} },
  { storage: "sqlite" },
  { storage: { backend: "sqllite" } },
  { storage: { sqlite: { path: "" } } },
  { storage: { sqlite: { path: 5 } } },
  { storage: { sqlite: { path: {} } } },
  { storage: { sqlite: { file: "a.db" } } },
  { storage: { postgres: { database_url: "mysql://db" } } },
  { storage: { postgres: { database_url: URL, schema: "audit" } } },
  { storage: { redis: {} } },
  { storage: { retention: { hot_days: 30 } } },
  { unknown: 1 },
])("any other tree is for the schema: %j", (tree) => {
  expect(parseLocationOnly(tree)).toBeUndefined();
});
