import type { openPostgresStorage, PostgresStorageOptions } from "@agent-assembly/storage-postgres";
import { expectTypeOf, test } from "vitest";
import { loadConfig } from "../src/config/load.js";
import type { OpenOverrides, optionsFromConfig, PostgresConnection } from "../src/options.js";

// The compiler checks these; a run does not need the package.
test("the options of PostgreSQL are the backend's own, but for the clock", () => {
  expectTypeOf<OpenOverrides & PostgresConnection>().toExtend<Parameters<typeof openPostgresStorage>[0]>();
  expectTypeOf<PostgresStorageOptions>().toExtend<OpenOverrides & PostgresConnection>();
  expectTypeOf<keyof PostgresStorageOptions>().toEqualTypeOf<
    keyof OpenOverrides | keyof PostgresConnection | "clock"
  >();
  expectTypeOf(loadConfig).returns.resolves.toExtend<Parameters<typeof optionsFromConfig>[0]>();
});
