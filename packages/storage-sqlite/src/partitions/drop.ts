import { setTimeout as sleep } from "node:timers/promises";
import { type AuditKey, type NormalizedDrop, throwIfAborted, tierErrors } from "@agent-assembly/storage-core/backend";
import { seqOf } from "../audit/position.js";
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

/** Rows that the scanning thread looks up at a time. */
const LOOK_UP_ROWS = 2000;
/** Rows of one transaction: a few milliseconds of work. */
const STEP_ROWS = 250;
/** Between two transactions. Other processes can only poll for the lock: without a gap they would hardly ever meet it free. */
const PAUSE_MS = 2;
/** What deleting a row adds to the log, about. */
const ROW_LOG_BYTES = 1000;
/** Pages given back to the file system at a time. */
const VACUUM_PAGES = 50;
const PAGE_BYTES = 8192;

/**
 * Deletes parts of segments. The scanning thread finds the rows, walking along the key once; each step deletes some of them
 * in a transaction of its own, so that writers and the event loop are kept waiting for milliseconds only. A row never
 * changes and its sequence number is never used again, so what was found is still what was meant.
 */
export class PartDropper {
  constructor(
    private readonly statements: StatementCache,
    private readonly scans: ScanPool,
    private readonly queue: WriteQueue,
    private readonly checkpoint: IdleCheckpoint,
  ) {}

  /**
   * @returns how many rows were deleted
   * @throws `conflict`; an abort of the signal, as `throwIfAborted` does
   */
  async drop(wanted: NormalizedDrop): Promise<number> {
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
        const deleted = await this.#delete(step, () => tierErrors.heldMeanwhile(removed, wanted.expected));
        removed += deleted;
        if (deleted > 0) wanted.onProgress(removed);
        await sleep(PAUSE_MS);
      }
      const end = found.at(-1);
      if (end === undefined || found.length < LOOK_UP_ROWS) break;
      after = { ts: end[1], eventId: end[2] };
    }
    await this.#vacuum(wanted.signal);
    return removed;
  }

  /** @returns the part, up to the newest commit that was counted */
  async #count(wanted: NormalizedDrop): Promise<PartOfLog> {
    throwIfAborted(wanted.signal);
    const part: PartOfLog = { ...wanted, last: seqOf(wanted.upTo) };
    const [any] = this.statements.rows<[0 | 1]>(ANY_HOLD).all();
    const [counted] = await this.scans.rows<[rows: number, held: number, newest: number | null]>(
      selectCount(part, any?.[0] === 1),
    );
    const [rows, held, newest] = counted ?? [0, 0, null];
    if (rows !== wanted.expected) throw tierErrors.changed(wanted.expected, rows);
    if (held > 0) {
      const [holds] = await this.scans.rows<[number]>(selectHolds(part));
      throw tierErrors.held(holds?.[0] ?? 0, held, rows);
    }
    return { ...part, last: part.last ?? newest ?? 0 };
  }

  /** One step. Asks for holds in its own transaction: whoever places one now has to wait for its end. */
  async #delete(seqs: readonly number[], held: () => Error): Promise<number> {
    const list = JSON.stringify(seqs);
    const changes = await this.queue.transaction((connection) => {
      if ((connection.prepare<[string], number>(COUNT_HELD).pluck().get(list) ?? 0) > 0) throw held();
      return connection.prepare<[string]>(DELETE_ROWS).run(list).changes;
    });
    this.checkpoint.wrote(changes * ROW_LOG_BYTES);
    this.checkpoint.idle();
    return changes;
  }

  /** Gives free pages back to the file system, in steps between which others may write; the next drop does the rest. */
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
      await sleep(PAUSE_MS);
    }
  }
}
