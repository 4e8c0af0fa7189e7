import { StorageError } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { inSettings, inSources } from "../../src/explain-error.js";

const FILE = "/home/u/config.yaml";

test.each([
  ["postgres", "options.statementTimeoutMs", {}, "storage.postgres.statement_timeout_secs"],
  ["postgres", "options.url", {}, "storage.postgres.database_url"],
  ["postgres", "options.url", { "storage.postgres.database_url": FILE }, "storage.postgres.database_url"],
  ["postgres", "options.url", { "storage.postgres.database_url": "AAASM_DATABASE_URL" }, "AAASM_DATABASE_URL"],
  ["sqlite", "options.path", { "storage.sqlite.path": "--path" }, "--path"],
  ["sqlite", "storage.sqlite.path", { "storage.sqlite.path": "--path" }, "--path"],
  ["redis", "options.prefix", {}, "storage.redis.prefix"],
  ["archive", "options.s3.region", {}, "storage.retention.s3.region"],
])("an option of %s, %s, set by %j, is called %s", (backend, option, sources, setting) => {
  const error = new StorageError({
    code: "timeout",
    message: "longer than {option}",
    remedy: "Raise {option}.",
    location: { kind: "server", place: "db:1" },
    option,
    backend,
    operation: "audit.append",
  });
  const named = inSettings(error, { sources }) as StorageError;
  expect(named).toMatchObject({ code: "timeout", option: setting, backend, operation: "audit.append" });
  expect(named.message).toBe(`server db:1: longer than ${setting}. Raise ${setting}.`);
});

test("an error about no setting stays the very error", () => {
  const errors = [
    new StorageError({ code: "unavailable", message: "options.path is gone", backend: "sqlite" }),
    new StorageError({ code: "busy", message: "m", option: "options.busyTimeoutMs", backend: "sqlite" }),
    new StorageError({ code: "busy", message: "m", option: "options.path" }),
    new TypeError("x"),
    "text",
  ];
  for (const error of errors) expect(inSettings(error, { sources: {} })).toBe(error);
});

test.each([
  ["flag", "--hot-days", "--hot-days is 0"],
  ["environment variable", "AAASM_RETENTION_HOT_DAYS", "AAASM_RETENTION_HOT_DAYS is 0"],
  ["configuration file", FILE, `configuration file ${FILE}: storage.retention.hot_days is 0`],
])("a value of a %s is called %s", (kind, place, message) => {
  const option = "storage.retention.hot_days";
  const error = new StorageError({
    code: "invalid_argument",
    message: "{option} is 0",
    option,
    location: { kind, place },
  });
  expect((inSources(error) as StorageError).message).toBe(message);
});

test("a variable that holds JSON is no name for one of the keys in it", () => {
  const option = "storage.options.label";
  const location = { kind: "environment variable", place: "AAASM_STORAGE_OPTIONS" };
  const error = new StorageError({ code: "invalid_argument", message: "{option} must be a string", option, location });
  expect(inSources(error)).toBe(error);
});
