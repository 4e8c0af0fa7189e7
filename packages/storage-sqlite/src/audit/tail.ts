import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { StorageError, type TailItem } from "@agent-assembly/storage-core";
import { anySignal, describeShape, type ParsedAuditFilter, toAuditEvent } from "@agent-assembly/storage-core/backend";
import type { StatementCache } from "../driver/statement-cache.js";
import { whereFilter } from "../sql/filter.js";

import { NEWEST_SEQ } from "../sql/newest-seq.js";
import type { Positions } from "./position.js";
import { EVENT_COLUMNS, type EventRow, fromRow, SELECT_COLUMNS } from "./rows.js";

/** Sequence numbers looked at in one read: bounds the work whatever the filter. */
const WINDOW = 1000;

const NEXT_SEQ = "SELECT min(seq) FROM audit_events WHERE seq > ?";

function isSequenceNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Follows commits by `seq`: SQLite has one writer at a time, which takes numbers while it holds the lock, so they ascend in
 * commit order.
 */
export class AuditTail {
  readonly #wakeUps = new Set<() => void>();

  constructor(
    private readonly statements: StatementCache,
    /** Milliseconds between two looks for other processes' commits. */
    private readonly pollMs: number,
    private readonly closing: AbortSignal,
    private readonly positions: Positions,
  ) {}

  /** Tells followers in this process of a commit, ahead of their next look. */
  wake(): void {
    for (const wake of [...this.#wakeUps]) wake();
  }

  /** Starts where the call is made, not at the first item that is asked for. @throws `invalid_argument` */
  follow(
    filter: ParsedAuditFilter,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TailItem> {
    const newest = this.newest();
    const start = after === undefined ? newest : this.positions.decode("after", after, newest);
    return this.#follow(filter, start, signal);
  }

  async *#follow(filter: ParsedAuditFilter, start: number, signal: AbortSignal | undefined): AsyncGenerator<TailItem> {
    const ended = (): boolean => signal?.aborted === true || this.closing.aborted;
    const where = whereFilter(filter, [{ sql: "e.seq > ? AND e.seq <= ?", values: [] }]);
    const sql = `SELECT ${SELECT_COLUMNS}, e.seq FROM audit_events AS e ${where.sql} ORDER BY e.seq`;
    let position = start;
    while (!ended()) {
      const newest = this.newest();
      if (position >= newest) {
        await this.#nextCommit(signal);
        continue;
      }
      // Numbers of deleted events are passed over at once, however many they are.
      const end = Math.min(newest, Math.max(position, this.#next(position, newest) - 1) + WINDOW);
      for (const row of this.statements.rows(sql).all(...where.values, position, end)) {
        yield {
          event: toAuditEvent(fromRow(row as EventRow)),
          position: this.positions.encode(row[EVENT_COLUMNS.length] as number),
        };
        if (ended()) return;
      }
      position = end;
      // A filter may select nothing of many windows.
      await nextTurn();
    }
  }

  /** The number of the oldest event after a position; `newest` when there is none. */
  #next(position: number, newest: number): number {
    const [row] = this.statements.rows<[number | null]>(NEXT_SEQ).all(position);
    return row?.[0] ?? newest;
  }

  /** The number of the newest commit. @throws `corrupt` */
  newest(): number {
    const [row] = this.statements.rows<[unknown]>(NEWEST_SEQ).all();
    const newest = row?.[0] ?? 0;
    // Any program that opens the file can write anything into this table, which has no types.
    if (isSequenceNumber(newest)) return newest;
    throw new StorageError({
      code: "corrupt",
      message: `sqlite_sequence has ${describeShape(newest)} as the newest number of audit_events, not a whole number`,
      remedy: "Restore the database from a backup.",
    });
  }

  async #nextCommit(signal: AbortSignal | undefined): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    const signals = [woken.signal, this.closing, ...(signal === undefined ? [] : [signal])];
    this.#wakeUps.add(wake);
    try {
      await sleep(this.pollMs, undefined, { signal: anySignal(signals) });
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    } finally {
      this.#wakeUps.delete(wake);
    }
  }
}
