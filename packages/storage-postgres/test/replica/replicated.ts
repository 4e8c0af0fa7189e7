import type { StorageBackend } from "@agent-assembly/storage-core";
import { createDatabase, type PostgresServer, startPostgres } from "@agent-assembly/test-services";
import postgres from "postgres";
import { openPostgresStorage } from "../../src/backend.js";
import { migratePostgres } from "../../src/migrate.js";
import type { PostgresStorageOptions } from "../../src/options.js";

/** A migrated database, its primary and a streaming replica, which replays when it is told to. */
export interface Replicated {
  readonly url: string;
  readonly replicaUrl: string;
  readonly standby: PostgresServer;
  /** Superusers' sessions in the database. */
  readonly onPrimary: postgres.Sql;
  readonly onReplica: postgres.Sql;
  /** A store that reads from the replica however old it is, unless `options` say otherwise. */
  open(options?: Partial<PostgresStorageOptions>): Promise<StorageBackend>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Resolves when the replica has replayed all there is. A store reads from it what was there when the store was opened, or
   * later: the server itself writes to its log at any time, so this belongs behind the opening.
   */
  caughtUp(): Promise<void>;
  /** Closes what was opened, and has the replica replay again. */
  tidy(): Promise<void>;
  stop(): Promise<void>;
}

/** An age that no replica of a test reaches. */
export const ANY_LAG_MS = 3_600_000;
const LOOK_EVERY_MS = 10;

/** @param primary outside Docker, which the caller stops */
export async function replicated(primary: PostgresServer): Promise<Replicated> {
  const { url } = await createDatabase(primary.url, "replicated");
  await migratePostgres({ url, timescaledb: "off" });
  const standby = await startPostgres({ timescaledb: false, fsync: false, standbyOf: primary });
  const there = new URL(standby.url);
  there.pathname = new URL(url).pathname;
  const replicaUrl = there.href;
  const onPrimary = postgres(url, { max: 2, onnotice: () => undefined });
  const onReplica = postgres(replicaUrl, { max: 1, onnotice: () => undefined });
  const opened: StorageBackend[] = [];
  const isThere = async (place: string): Promise<boolean> => {
    const [row] = await onReplica`SELECT pg_last_wal_replay_lsn() >= ${place}::pg_lsn AS there`;
    return row?.there === true;
  };
  const resume = async (): Promise<void> => {
    await onReplica`SELECT pg_wal_replay_resume()`;
  };
  return {
    url,
    replicaUrl,
    standby,
    onPrimary,
    onReplica,
    async open(options = {}) {
      const base = { url, replicaUrl, maxReplicaLagMs: ANY_LAG_MS, timescaledb: "off" } as const;
      const storage = await openPostgresStorage({ ...base, ...options });
      opened.push(storage);
      return storage;
    },
    async pause() {
      await onReplica`SELECT pg_wal_replay_pause()`;
      const state = () => onReplica`SELECT pg_get_wal_replay_pause_state() AS state`;
      while ((await state())[0]?.state !== "paused") await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    },
    resume,
    async caughtUp() {
      const [row] = await onPrimary<{ place: string }[]>`SELECT pg_current_wal_flush_lsn()::text AS place`;
      while (!(await isThere(row?.place as string))) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    },
    async tidy() {
      for (const storage of opened.splice(0)) await storage.close();
      await resume();
    },
    async stop() {
      await Promise.all([onPrimary.end({ timeout: 1 }), onReplica.end({ timeout: 1 })]);
      await standby.stop();
    },
  };
}
