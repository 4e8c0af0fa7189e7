import type { RedisStateOptions } from "@agent-assembly/state-redis";
import type { OpenOptions } from "@agent-assembly/storage-core";
import type { BackendModule } from "@agent-assembly/storage-core/backend";
import type { PostgresStorageOptions, TimescaleMode } from "@agent-assembly/storage-postgres";
import type { SqliteStorageOptions } from "@agent-assembly/storage-sqlite";
import { expectTypeOf, test } from "vitest";
import type { Config, PostgresConnection, RedisOptions, SqliteOptions, StorageOptions } from "../src/index.js";
import type { OpenOverrides } from "../src/options.js";

// The compiler checks these. It is told to ignore a package that is missing, so they would be empty without a word.
test("options of backends are those of their packages", () => {
  expectTypeOf<SqliteOptions>().branded.toEqualTypeOf<SqliteStorageOptions>();
  expectTypeOf<PostgresConnection>().branded.toEqualTypeOf<PostgresStorageOptions>();
  expectTypeOf<RedisOptions>().branded.toEqualTypeOf<RedisStateOptions>();
  expectTypeOf<OpenOverrides>().toExtend<OpenOptions>();
});

test("an option of another backend is refused by the compiler, and a package's are its own", () => {
  expectTypeOf<{ backend: "sqlite"; path: string; busyTimeoutMs: number }>().toExtend<StorageOptions>();
  expectTypeOf<{ backend: "sqlite"; url: string }>().not.toExtend<StorageOptions>();
  expectTypeOf<{ backend: "postgress"; url: string }>().not.toExtend<StorageOptions>();
  expectTypeOf<{ backend: "@acme/storage"; options: { file: string } }>().toExtend<StorageOptions>();
  expectTypeOf<{ backend: BackendModule; options: { file: string } }>().toExtend<StorageOptions>();
});

test("the choices of the configuration are those of the backends", () => {
  type Section = Config["storage"];
  expectTypeOf<Exclude<Section["postgres"]["timescaledb"]["mode"], undefined>>().toEqualTypeOf<TimescaleMode>();
  expectTypeOf<Exclude<Section["postgres"]["ssl"], undefined>>().toExtend<PostgresStorageOptions["ssl"]>();
  expectTypeOf<Section["redis"]["on_unavailable"]>().toEqualTypeOf<NonNullable<RedisStateOptions["onUnavailable"]>>();
});
