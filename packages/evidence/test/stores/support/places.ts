import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { backendModule, openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { createDatabase } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import Database from "better-sqlite3";
import postgres from "postgres";
import { inject, type TestOptions } from "vitest";

const ANY_AGE = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };
/** Only the events of a test are in its store. */
const PLAIN = { limits: ANY_AGE, governanceEvents: false };

/** How a program opens the store. */
export type StoreOptions =
  | { readonly path: string }
  | {
      readonly url: string;
      readonly schema: string;
      readonly timescaledb: "require" | "off";
      readonly migrate: "off";
      readonly maxConnections: number;
    };

/** A store of one test. */
export interface StorePlace {
  readonly options: StoreOptions;
  open(clock?: () => number): Promise<StorageBackend>;
  /** Runs SQL on the store as one who may do anything. @returns the rows */
  raw(sql: string): Promise<Record<string, unknown>[]>;
}

/** Where stores are made. */
export interface StorePlaces extends AsyncDisposable {
  make(): Promise<StorePlace>;
}

export const STORES = ["sqlite", "postgres", "timescale-apache", "timescale-community"] as const;
export type StoreName = (typeof STORES)[number];

/** Title and options of a test on the store: skipped where it cannot be had. */
export function on(name: StoreName, title: string, options: TestOptions = {}): ReturnType<typeof needing> {
  return name === "sqlite" ? [title, { ...options, skip: false }] : needing(name, title, options);
}

export async function placesFor(name: StoreName): Promise<StorePlaces> {
  return name === "sqlite" ? filePlaces() : schemaPlaces(name);
}

function filePlaces(): StorePlaces {
  const folder = mkdtempSync(join(tmpdir(), "aasm-evidence-"));
  let made = 0;
  return {
    async make() {
      const options = { path: join(folder, `store-${made++}.db`) };
      return {
        options,
        open: (clock) => openSqliteStorage({ ...options, ...PLAIN, ...(clock !== undefined && { clock }) }),
        async raw(sql) {
          const db = new Database(options.path);
          try {
            const statement = db.prepare<[], Record<string, unknown>>(sql);
            if (statement.reader) return statement.all();
            statement.run();
            return [];
          } finally {
            db.close();
          }
        },
      };
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function schemaPlaces(name: Exclude<StoreName, "sqlite">): Promise<StorePlaces> {
  const server = inject("services").profiles.find((profile) => profile.name === name);
  if (server === undefined) throw new Error(`there is no server for ${name}`);
  const database = await createDatabase(server.url, "evidence");
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined, fetch_types: false });
  let made = 0;
  return {
    async make() {
      const schema = `store_${made++}`;
      const timescaledb = name === "postgres" ? "off" : "require";
      await backendModule.schema.migrate({ url: database.url, schema, timescaledb });
      const options = { url: database.url, schema, timescaledb, migrate: "off", maxConnections: 3 } as const;
      return {
        options,
        open: (clock) => openPostgresStorage({ ...options, ...PLAIN, ...(clock !== undefined && { clock }) }),
        async raw(text) {
          await sql.unsafe(`SET search_path = ${schema}, public`);
          return [...(await sql.unsafe<Record<string, unknown>[]>(text))];
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await sql.end();
      await database.drop();
    },
  };
}
