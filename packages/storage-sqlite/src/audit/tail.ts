import { setTimeout as sleep } from "node:timers/promises";
import type { TailItem } from "@agent-assembly/storage-core";
import { decodeCursor, type ParsedAuditFilter, toAuditEvent } from "@agent-assembly/storage-core/backend";
import type { StatementCache } from "../driver/statement-cache.js";
import { whereFilter } from "./filter-sql.js";
import { encodePosition, NEWEST_SEQ, POSITION_SCOPE } from "./position.js";
import { EVENT_COLUMNS, type EventRow, fromRow, SELECT_COLUMNS } from "./rows.js";

/** Sequence numbers looked at in one read: bounds the work whatever the filter. */
const WINDOW = 1000;

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
    const start = after === undefined ? this.#newest() : (decodeCursor(POSITION_SCOPE, after)[0] as number);
    return this.#follow(filter, start, signal);
  }

  async *#follow(filter: ParsedAuditFilter, start: number, signal: AbortSignal | undefined): AsyncGenerator<TailItem> {
    const ended = (): boolean => signal?.aborted === true || this.closing.aborted;
    const where = whereFilter(filter, [{ sql: "e.seq > ? AND e.seq <= ?", values: [] }]);
    const sql = `SELECT ${SELECT_COLUMNS}, e.seq FROM audit_events AS e ${where.sql} ORDER BY e.seq`;
    let position = start;
    while (!ended()) {
      const newest = this.#newest();
      if (position >= newest) {
        await this.#nextCommit(signal);
        continue;
      }
      const end = Math.min(newest, position + WINDOW);
      for (const row of this.statements.rows(sql).all(...where.values, position, end)) {
        yield {
          event: toAuditEvent(fromRow(row as EventRow)),
          position: encodePosition(row[EVENT_COLUMNS.length] as number),
        };
        if (ended()) return;
      }
      position = end;
    }
  }

  #newest(): number {
    const [row] = this.statements.rows<[number]>(NEWEST_SEQ).all();
    return row?.[0] ?? 0;
  }

  async #nextCommit(signal: AbortSignal | undefined): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    const signals = [woken.signal, this.closing, ...(signal === undefined ? [] : [signal])];
    this.#wakeUps.add(wake);
    try {
      await sleep(this.pollMs, undefined, { signal: AbortSignal.any(signals) });
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    } finally {
      this.#wakeUps.delete(wake);
    }
  }
}
