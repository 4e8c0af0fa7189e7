import { setTimeout as sleep } from "node:timers/promises";
import type { ScrubReport } from "@agent-assembly/storage-core";
import { countText, type ScrubOptions, throwIfAborted } from "@agent-assembly/storage-core/backend";
import type { Database } from "better-sqlite3";
import { CountTables } from "../counts/tables.js";
import { isBusy } from "../driver/errors.js";
import type { WriteQueue } from "../driver/write-queue.js";
import type { ScanPool } from "../scan/pool.js";

/** How long it waits for others that write, and for others that read an older state. */
const WRITERS_MS = 30_000;
const READERS_MS = 5000;
const PAUSE_MS = 20;

/** The keys that no cell has, with the state that the counts are in. */
const UNUSED_KEYS = {
  sql: `SELECT k.id, s.folded_seq, s.generation FROM audit_count_state AS s
    LEFT JOIN audit_count_keys AS k ON k.id NOT IN (SELECT key_id FROM audit_counts)`,
  values: [],
};
const SAMPLES = "SELECT name FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat3', 'sqlite_stat4')";

/** What {@link FileScrubber} works with. */
export interface FileScrubberParts {
  readonly queue: WriteQueue;
  readonly scans: Pick<ScanPool, "rewrite" | "rows">;
  readonly path: string;
}

/**
 * Clears a file of what was deleted from it. SQLite overwrites what is deleted (`secure_delete`), but not the copies of rows that
 * stay in pages which were split or merged earlier, nor free pages of earlier deletes: only a file that is written anew has none.
 */
export class FileScrubber {
  readonly #counts: CountTables;

  constructor(private readonly parts: FileScrubberParts) {
    this.#counts = new CountTables(parts.queue.connection);
  }

  /** @throws `full`, `busy`; an abort as `throwIfAborted` does */
  async scrub({ signal }: ScrubOptions): Promise<ScrubReport> {
    const { queue, path } = this.parts;
    throwIfAborted(signal);
    const keys = await this.#removeKeys();
    // Writes of this process wait meanwhile, however long it takes, instead of failing.
    return queue.exclusive(async (connection) => {
      await this.#rewrite(signal);
      const done = [
        ...(keys > 0 ? [`removed ${countText(keys, "key")} of counts that no event has`] : []),
        "rewrote the database file",
      ];
      if (await truncateLog(connection, signal)) return { done: [...done, "emptied the write-ahead log"], remains: [] };
      const reader = "another connection reads an older state of the store";
      return {
        done,
        remains: [`${path} and ${path}-wal: ${reader}; ask for the same erasure again once it has ended`],
      };
    });
  }

  /** Removes what counts are kept by, and what SQLite has sampled of indexes: both name agents and tools. @returns how many keys */
  async #removeKeys(): Promise<number> {
    for (;;) {
      const found =
        await this.parts.scans.rows<[id: number | null, foldedSeq: number, generation: number]>(UNUSED_KEYS);
      const removed = await this.parts.queue.transaction((connection) => {
        const state = this.#counts.state();
        const [, foldedSeq, generation] = found[0] ?? [];
        // Only while no event is counted anew does no cell take one of them into use.
        if (state?.foldedSeq !== foldedSeq || state?.generation !== generation) return undefined;
        return removeKeys(
          connection,
          this.#counts,
          found.flatMap(([id]) => (id === null ? [] : [id])),
        );
      });
      if (removed !== undefined) return removed;
    }
  }

  async #rewrite(signal: AbortSignal | undefined): Promise<void> {
    const end = performance.now() + WRITERS_MS;
    for (;;) {
      throwIfAborted(signal);
      try {
        return await this.parts.scans.rewrite();
      } catch (error) {
        if (!isBusy(error) || performance.now() > end) throw error;
      }
      await sleep(PAUSE_MS);
    }
  }
}

function removeKeys(connection: Database, counts: CountTables, ids: readonly number[]): number {
  connection.pragma("secure_delete = ON");
  try {
    for (const table of connection.prepare<[], string>(SAMPLES).pluck().all()) connection.exec(`DELETE FROM ${table}`);
    if (ids.length > 0) counts.removeKeys(ids);
    return ids.length;
  } finally {
    connection.pragma("secure_delete = OFF");
  }
}

/** @returns false where a reader keeps it from being emptied */
async function truncateLog(connection: Database, signal: AbortSignal | undefined): Promise<boolean> {
  const end = performance.now() + READERS_MS;
  for (;;) {
    throwIfAborted(signal);
    const [result] = connection.pragma("wal_checkpoint(TRUNCATE)") as [{ readonly busy: number }];
    if (result.busy === 0) return true;
    if (performance.now() > end) return false;
    await sleep(PAUSE_MS);
  }
}
