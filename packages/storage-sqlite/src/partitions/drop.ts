import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { type AuditKey, type ParsedDrop, partitionErrors, throwIfAborted } from "@agent-assembly/storage-core/backend";
import type { DroppedCounts } from "../counts/dropped.js";
import type { CountRemoval } from "../counts/removal.js";
import type { IdleCheckpoint } from "../driver/idle-checkpoint.js";
import type { StatementCache } from "../driver/statement-cache.js";
import type { WriteQueue } from "../driver/write-queue.js";
import type { ScanPool } from "../scan/pool.js";
import {
  ANY_HOLD,
  COUNT_HELD,
  DELETE_ROWS,
  type PartOfLog,
  selectCount,
  selectHolds,
  selectKeys,
} from "./slice-sql.js";

/** Rows that the scanning thread finds at a time. */
const LOOK_UP_ROWS = 2000;
/** Rows of one transaction: a few milliseconds of work. */
const STEP_ROWS = 250;
/**
 * Pause between two transactions. Other processes can only poll for the lock; without a gap they would hardly ever find
 * it free.
 */
const PAUSE_MS = 2;
/** Approximate bytes that deleting a row adds to the log. */
const ROW_LOG_BYTES = 1500;
/** Pages given back to the file system at a time. */
const VACUUM_PAGES = 50;
const PAGE_BYTES = 8192;

/**
 * Deletes slices of partitions. The scanning thread finds the rows in one pass along the key. Each step deletes some of
 * them in its own transaction, so that writers and the event loop wait for milliseconds only. Rows never change and
 * sequence numbers are never reused, so the rows found stay the selected ones.
 */
export class PartDropper {
  constructor(
    private readonly statements: StatementCache,
    private readonly scans: ScanPool,
    private readonly queue: WriteQueue,
    private readonly checkpoint: IdleCheckpoint,
    private readonly counts: CountRemoval,
    private readonly dropped: DroppedCounts,
  ) {}

  /**
   * @returns how many rows were deleted
   * @throws `conflict`; an abort of the signal, as `throwIfAborted` does
   */
  async drop(wanted: ParsedDrop & PartOfLog): Promise<number> {
    const part = await this.#count(wanted);
    let removed = 0;
    let after: AuditKey | undefined;
    for (;;) {
      throwIfAborted(wanted.signal);
      const found = await this.scans.rows<[seq: number, ts: number, eventId: string]>(
        selectKeys(part, after, LOOK_UP_ROWS),
      );
      for (let start = 0; start < found.length; start += STEP_ROWS) {
        throwIfAborted(wanted.signal);
        const step = found.slice(start, start + STEP_ROWS).map(([seq]) => seq);
        const deleted = await this.#delete(step, wanted.keepCounts, () =>
          partitionErrors.heldMeanwhile(removed, wanted.expected),
        );
        removed += deleted;
        if (deleted > 0) wanted.onProgress(removed);
        await pause();
      }
      const end = found.at(-1);
      if (end === undefined || found.length < LOOK_UP_ROWS) break;
      after = { ts: end[1], eventId: end[2] };
    }
    await this.#vacuum(wanted.signal);
    return removed;
  }

  /** @returns the part, up to the newest commit that was counted */
  async #count(wanted: ParsedDrop & PartOfLog): Promise<PartOfLog> {
    const [any] = this.statements.rows<[0 | 1]>(ANY_HOLD).all();
    const [counted] = await this.scans.rows<[rows: number, held: number, newest: number | null]>(
      selectCount(wanted, any?.[0] === 1),
    );
    const [rows, held, newest] = counted ?? [0, 0, null];
    if (rows !== wanted.expected) throw partitionErrors.changed(wanted.expected, rows);
    if (held > 0) {
      const [holds] = await this.scans.rows<[number]>(selectHolds(wanted));
      throw partitionErrors.held(holds?.[0] ?? 0, held, rows);
    }
    return { ...wanted, last: wanted.last ?? newest ?? 0 };
  }

  /** One step. Checks holds in its own transaction; a hold placed meanwhile waits for its end. */
  async #delete(seqs: readonly number[], keepCounts: boolean, held: () => Error): Promise<number> {
    const list = JSON.stringify(seqs);
    const changes = await this.queue.transaction((connection) => {
      if ((connection.prepare<[string], number>(COUNT_HELD).pluck().get(list) ?? 0) > 0) throw held();
      this.counts.remove(seqs);
      if (keepCounts) this.dropped.add(seqs);
      return connection.prepare<[string]>(DELETE_ROWS).run(list).changes;
    });
    this.checkpoint.wrote(changes * ROW_LOG_BYTES);
    this.checkpoint.idle();
    return changes;
  }

  /**
   * Returns free pages to the file system, in steps between which other processes may write. The next drop continues.
   */
  async #vacuum(signal: AbortSignal | undefined): Promise<void> {
    while (signal?.aborted !== true) {
      const left = await this.queue.transaction((connection) => {
        const before = connection.pragma("freelist_count", { simple: true }) as number;
        if (before > 0) connection.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
        const after = connection.pragma("freelist_count", { simple: true }) as number;
        return after < before ? after : 0;
      });
      this.checkpoint.wrote(VACUUM_PAGES * PAGE_BYTES);
      this.checkpoint.idle();
      if (left === 0) return;
      await pause();
    }
  }
}

/** A timer that is already due runs in the same turn of the event loop as the one before it, so end the turn as well. */
async function pause(): Promise<void> {
  await sleep(PAUSE_MS);
  await nextTurn();
}
