import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { backendModule, openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { createDatabase, type ProfileName } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { inject, type TestOptions } from "vitest";
import { ANY_AGE } from "../../support/store.js";

/** How a process opens a store. */
export type StoreOptions =
  | { readonly path: string }
  | {
      readonly url: string;
      readonly schema?: string;
      readonly timescaledb: "require" | "off";
      readonly migrate: "off";
      readonly maxConnections?: number;
    };

/** A place for a store, in a file or a database of its own. */
export interface StorePlace extends AsyncDisposable {
  readonly options: StoreOptions;
  /** @param clock milliseconds since the epoch; default the system's */
  open(clock?: () => number): Promise<StorageBackend>;
}

export const STORES = ["sqlite", "postgres", "timescale-apache", "timescale-community"] as const;
export type StoreName = (typeof STORES)[number];

/** Title and options of a test on the store: skipped where it cannot be had. */
export function on(name: StoreName, title: string, options: TestOptions): ReturnType<typeof needing> {
  return name === "sqlite" ? [title, { ...options, skip: false }] : needing(name, title, options);
}

export async function placeFor(name: StoreName): Promise<StorePlace> {
  return name === "sqlite" ? filePlace() : databasePlace(name);
}

export interface StorePlaces extends AsyncDisposable {
  readonly all: readonly Pick<StorePlace, "options" | "open">[];
}

/** Many of them: on a server in one database, in a schema each, which costs a fraction of a database. */
export async function placesFor(name: StoreName, count: number): Promise<StorePlaces> {
  if (name === "sqlite") {
    const files = Array.from({ length: count }, filePlace);
    return {
      all: files,
      async [Symbol.asyncDispose]() {
        await Promise.all(files.map((place) => place[Symbol.asyncDispose]()));
      },
    };
  }
  const database = await createDatabase(serverUrl(name), "retention");
  const all: Pick<StorePlace, "options" | "open">[] = [];
  // One after the other: they are of one database, whose catalog each of them changes.
  while (all.length < count) all.push(await schemaPlace(name, database.url, `store_${all.length}`));
  return { all, [Symbol.asyncDispose]: database.drop };
}

function filePlace(): StorePlace {
  const folder = mkdtempSync(join(tmpdir(), "aasm-retention-store-"));
  const options = { path: join(folder, "store.db") };
  return {
    options,
    open: (clock) =>
      openSqliteStorage({
        ...options,
        governanceEvents: false,
        limits: ANY_AGE,
        ...(clock === undefined ? {} : { clock }),
      }),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function databasePlace(name: ProfileName): Promise<StorePlace> {
  const database = await createDatabase(serverUrl(name), "retention");
  return { ...(await schemaPlace(name, database.url)), [Symbol.asyncDispose]: database.drop };
}

function serverUrl(name: ProfileName): string {
  const server = inject("services").profiles.find((profile) => profile.name === name);
  if (server === undefined) throw new Error(`there is no server for ${name}`);
  return server.url;
}

async function schemaPlace(
  name: ProfileName,
  url: string,
  schema?: string,
): Promise<Pick<StorePlace, "options" | "open">> {
  const timescaledb = name === "postgres" ? "off" : "require";
  const options = { url, timescaledb, ...(schema === undefined ? {} : { schema }) } as const;
  await backendModule.schema.migrate(options);
  // What is up to date needs no look at each opening.
  // Of many stores each can do with one connection: to make one costs a server as much as what is asked on it.
  const ready = { ...options, migrate: "off", ...(schema === undefined ? {} : { maxConnections: 1 }) } as const;
  return {
    options: ready,
    open: (clock) =>
      openPostgresStorage({
        ...ready,
        governanceEvents: false,
        limits: ANY_AGE,
        ...(clock === undefined ? {} : { clock }),
      }),
  };
}
