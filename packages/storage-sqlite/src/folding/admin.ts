import { setTimeout as sleep } from "node:timers/promises";
import { requireCurrent, statusOf } from "@agent-assembly/migrations";
import { isStorageError } from "@agent-assembly/storage-core";
import { withContext } from "@agent-assembly/storage-core/backend";
import { openForMigration } from "../connections.js";
import { CountTables } from "../counts/tables.js";
import { verifyCounts } from "../counts/verify.js";
import { retryWhileBusy } from "../driver/busy-retry.js";
import { classifySqliteError, locationOf } from "../driver/errors.js";
import { EventLoopYielder } from "../driver/event-loop-yielder.js";
import { IdleCheckpoint } from "../driver/idle-checkpoint.js";
import { StatementCache } from "../driver/statement-cache.js";
import { WriteQueue } from "../driver/write-queue.js";
import type { ResolvedSqliteOptions } from "../options.js";
import { fileToRead } from "../reading/file-to-read.js";
import { ScanPool } from "../scan/pool.js";
import { inspectDatabase } from "../schema/inspect.js";
import { SQLITE_MIGRATIONS } from "../schema/migrations.js";
import { requireStore } from "../schema/require-store.js";
import { CountFolder } from "./folder.js";

type Store = Pick<ResolvedSqliteOptions, "path" | "busyTimeoutMs" | "inlineScanBytes">;

const SLICE_ROWS = 20_000;
/** After another process has counted a slice, or holds the lock. */
const AGAIN_MS = 50;

/**
 * As `SchemaAdmin.verifyCounts`. Reads all events.
 * @throws `permission_denied`, `corrupt`, `busy`
 */
export async function verifySqliteCounts({ path, busyTimeoutMs }: Store): Promise<string[]> {
  return inContext("verify counts", path, async () => {
    const { state } = await inspectDatabase(path, busyTimeoutMs, "read");
    if (state !== "ours") return [];
    const file = await fileToRead(path, "read");
    const db = file.open();
    try {
      for (;;) {
        // Held in a file without a writer, one state would keep a writer from opening it.
        const isHeld = db.pragma("journal_mode", { simple: true }) === "wal";
        const version = (): unknown => db.pragma("data_version", { simple: true });
        if (isHeld) await retryWhileBusy(() => db.exec("BEGIN"), { timeoutMs: busyTimeoutMs, path });
        const before = version();
        const problems = await verifyCounts(db);
        if (isHeld) db.exec("COMMIT");
        if (isHeld || version() === before) return problems;
      }
    } finally {
      db.close();
      file.release();
    }
  });
}

/**
 * As `SchemaAdmin.rebuildCounts`. Other processes write meanwhile.
 * @throws `not_found` where there is no store; `schema_outdated`, `permission_denied`, `corrupt`, `busy`, `full`
 */
export async function rebuildSqliteCounts({ path, busyTimeoutMs, inlineScanBytes: inlineBytes }: Store): Promise<void> {
  await inContext("rebuild counts", path, async () => {
    const found = await inspectDatabase(path, busyTimeoutMs, "write");
    requireStore(found, path);
    requireCurrent(statusOf(SQLITE_MIGRATIONS, found.history), locationOf(path));
    const file = await openForMigration(path, busyTimeoutMs, found);
    const yielder = new EventLoopYielder();
    const scans = new ScanPool({
      path,
      inlineBytes,
      connection: file.db,
      statements: new StatementCache(file.db),
      yielder,
    });
    scans.hold();
    try {
      await file.begin();
      const queue = new WriteQueue(file.db, { timeoutMs: busyTimeoutMs, path }, yielder);
      const tables = new CountTables(file.db);
      await queue.transaction(() => tables.empty());
      const folder = new CountFolder({ scans, queue, checkpoint: new IdleCheckpoint(queue) });
      await countUpTo(tables.look()?.newest ?? 0, { tables, folder, busyTimeoutMs });
    } finally {
      await scans.close();
      await file.close();
    }
  });
}

interface Counting {
  readonly tables: CountTables;
  readonly folder: CountFolder;
  readonly busyTimeoutMs: number;
}

async function countUpTo(seq: number, { tables, folder, busyTimeoutMs }: Counting): Promise<void> {
  let busySince: number | undefined;
  while ((tables.look()?.folded ?? seq) < seq) {
    try {
      const folded = await folder.fold({ rows: SLICE_ROWS, isIdle: true });
      busySince = undefined;
      // Another process was first, or deleted some of the events.
      if (folded === "lost") await sleep(AGAIN_MS);
    } catch (error) {
      busySince ??= performance.now();
      if (!isStorageError(error) || error.code !== "busy" || performance.now() - busySince > busyTimeoutMs) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

async function inContext<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withContext(error, { operation, backend: "sqlite", location: locationOf(path) }, (thrown) =>
      classifySqliteError(thrown, path),
    );
  }
}
