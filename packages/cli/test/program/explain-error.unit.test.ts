import type { Config } from "@agent-assembly/storage";
import { StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { aboutDatabase } from "../../src/explain-error.js";

const configured = (database_url: string, backend = "postgres") =>
  ({ storage: { backend, postgres: { database_url } } }) as unknown as Config;

const said = (code: StorageErrorCode, message: string, url = "postgres://u:secret@db:6432/main") =>
  (aboutDatabase(new StorageError({ code, message, operation: "open" }), configured(url)) as StorageError).message;

test.each<[code: StorageErrorCode, message: string, expected: string]>([
  ["unavailable", "PostgreSQL: no answer (X)", "PostgreSQL db:6432/main: no answer (X)"],
  ["timeout", "PostgreSQL did not answer within 5 ms", "PostgreSQL db:6432/main did not answer within 5 ms"],
  ["unavailable", "PostgreSQL db:6432/main: no answer", "PostgreSQL db:6432/main: no answer"],
  ["schema_newer", "the database is newer", "PostgreSQL db:6432/main: the database is newer"],
  ["not_found", 'no agent is registered as "x"', 'no agent is registered as "x"'],
  [
    "timeout",
    "PostgreSQL: longer than statementTimeoutMs",
    "PostgreSQL db:6432/main: longer than storage.postgres.statement_timeout_secs",
  ],
])("%s: %s", (code, message, expected) => {
  expect(said(code, message)).toBe(expected);
});

test("a port that the URL leaves out is the default one", () => {
  const url = "postgres://u:secret@db/main";
  expect(said("unavailable", "PostgreSQL: gone", url)).toBe("PostgreSQL db:5432/main: gone");
  expect(said("schema_outdated", "db/main has schema version 0", url)).toBe("db:5432/main has schema version 0");
});

test("whatever is not about PostgreSQL stays the very error", () => {
  const errors = [new StorageError({ code: "unavailable", message: "disk" }), new TypeError("x"), "text"];
  for (const error of errors) {
    expect(aboutDatabase(error, configured("postgres://db/main", "sqlite"))).toBe(error);
  }
  expect(aboutDatabase(errors[1], configured("postgres://db/main"))).toBe(errors[1]);
});
