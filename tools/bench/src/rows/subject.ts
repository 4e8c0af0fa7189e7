import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { openBackup } from "@agent-assembly/storage";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { createDatabase, postgresClients } from "@agent-assembly/test-services";
import { interrupted } from "../interruption.js";
import { rawClient } from "../postgres/store.js";
import { withFolder } from "../surroundings.js";

/** A store that is measured. */
export interface Subject {
  readonly storage: StorageBackend;
  /** For what is written beside the store. */
  readonly folder: string;
  /** Variables by which `aasm` finds it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lets it come to rest, after it was filled. */
  settle(): Promise<unknown>;
  /** Copies it to a file, as the documentation shows. @throws where a program for that is missing */
  backup(): Promise<unknown>;
}

/** An empty SQLite store, for the time of `work`. */
export function onSqlite<T>(work: (subject: Subject) => Promise<T>): Promise<T> {
  return withFolder("rows-sqlite", async (folder) => {
    const path = join(folder, "store.db");
    const storage = await openSqliteStorage({ path });
    const copy = join(folder, "copy.db");
    try {
      return await work({
        storage,
        folder,
        environment: { AAASM_SQLITE_PATH: path },
        settle: async () => undefined,
        backup: async () => {
          rmSync(copy, { force: true });
          await (await openBackup({ backend: "sqlite", path })).create(copy);
        },
      });
    } finally {
      await storage.close();
    }
  });
}

/** An empty store on a database of its own, for the time of `work`. */
export function onPostgres<T>(
  server: { readonly url: string; readonly version: string; readonly timescaledb: boolean },
  work: (subject: Subject) => Promise<T>,
): Promise<T> {
  return withFolder("rows-postgres", async (folder) => {
    const { url, drop } = await createDatabase(server.url, "bench");
    try {
      const timescaledb = server.timescaledb ? "require" : "off";
      // What is counted may be all of a year.
      const storage = await openPostgresStorage({ url, timescaledb, migrate: "auto", statementTimeoutMs: 3_600_000 });
      try {
        return await work({
          storage,
          folder,
          environment: { AA_MODE: "remote", AAASM_DATABASE_URL: url, AAASM_POSTGRES_TIMESCALEDB_MODE: timescaledb },
          settle: () => vacuum(url),
          backup: () => dump(url, server.version, join(folder, "store.dump")),
        });
      } finally {
        await storage.close();
      }
    } finally {
      await drop();
    }
  });
}

async function vacuum(url: string): Promise<void> {
  const sql = rawClient(url, 1);
  try {
    await sql.unsafe("VACUUM ANALYZE");
    await sql.unsafe("CHECKPOINT");
  } finally {
    await sql.end();
  }
}

async function dump(url: string, version: string, file: string): Promise<void> {
  const { folder, missing } = await postgresClients(version);
  if (folder === undefined) throw new Error(missing);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH ?? ""}` };
  await promisify(execFile)("pg_dump", ["--format=custom", `--file=${file}`, url], { env, signal: interrupted });
  rmSync(file);
}
