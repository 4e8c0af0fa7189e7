import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { openBackup } from "@agent-assembly/storage";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { createDatabase, postgresClients } from "@agent-assembly/test-services";
import Database from "better-sqlite3";
import { countedOnPostgres, countedOnSqlite } from "../counts/counted.js";
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
  /** Lets it come to rest, after it was filled, and count its events. */
  settle(): Promise<unknown>;
  /** Bytes of the kept counts, and of the events with their indexes. */
  sizes(): Promise<{ readonly counts: number; readonly events: number }>;
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
        settle: () => countedOnSqlite(path),
        sizes: async () => sqliteSizes(path),
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
          settle: async () => {
            await countedOnPostgres(url);
            await vacuum(url);
          },
          sizes: () => postgresSizes(url),
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

function sqliteSizes(path: string) {
  const file = new Database(path, { readonly: true });
  try {
    const bytes = file
      .prepare("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate = TRUE AND name GLOB ?")
      .pluck();
    const [counts, events] = ["audit_count*", "audit_events*"].map((names) => bytes.get(names) as number);
    return { counts: counts ?? 0, events: events ?? 0 };
  } finally {
    file.close();
  }
}

async function postgresSizes(url: string) {
  const sql = rawClient(url, 1);
  try {
    const [row] = await sql.unsafe<{ counts: number; events: number }[]>(`
      SELECT (pg_total_relation_size('audit_count_cells') + pg_total_relation_size('audit_count_keys'))::float8 AS counts,
        (pg_total_relation_size('audit_events') + (
          SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits WHERE inhparent = 'audit_events'::regclass
        ))::float8 AS events`);
    return row ?? { counts: Number.NaN, events: Number.NaN };
  } finally {
    await sql.end();
  }
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
