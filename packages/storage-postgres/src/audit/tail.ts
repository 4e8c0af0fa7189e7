import { setTimeout as sleep } from "node:timers/promises";
import type { TailItem } from "@agent-assembly/storage-core";
import { type ParsedAuditFilter, toAuditEvent } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { decodeAfter, encodePosition, readCommitOrder } from "./commit-order.js";
import { Bindings, whereFilter } from "./filter-sql.js";
import { type EventRow, eventColumns, fromRow } from "./rows.js";
import type { TailWakeUps } from "./tail-wake-ups.js";

/** Sequence numbers scanned by one read, which bounds its work for any filter. */
const WINDOW = 2000;

export interface AuditTailOptions {
  /** Quoted, with their schema. */
  readonly table: string;
  readonly sequence: string;
  /** Milliseconds between two polls without a notification. */
  readonly pollMs: number;
  readonly closing: AbortSignal;
}

/**
 * Follows commits by `seq`. Numbers are assigned before their transactions commit, so a tail stays behind the smallest
 * number that a running transaction may still commit. The trigger `audit_events_gate` exposes those transactions as
 * advisory locks.
 */
export class AuditTail {
  constructor(
    private readonly pool: Pool,
    private readonly wakeUps: TailWakeUps,
    private readonly options: AuditTailOptions,
  ) {}

  /** Starts at the time of the call, not at the first `next()`. @throws `invalid_argument` */
  follow(
    filter: ParsedAuditFilter,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TailItem> {
    const start = after === undefined ? this.#settled() : Promise.resolve(decodeAfter(after));
    // Reported by the first `next()`.
    start.catch(() => undefined);
    return this.#follow(filter, start, signal);
  }

  async *#follow(
    filter: ParsedAuditFilter,
    start: Promise<number>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TailItem> {
    const { closing, pollMs } = this.options;
    const ended = (): boolean => signal?.aborted === true || closing.aborted;
    let position = await start;
    while (!ended()) {
      // Created before polling, so that a wake-up during the poll is not lost.
      const woken = this.wakeUps.next();
      const settled = await this.#settled();
      if (position >= settled) {
        await pause(pollMs, [woken, closing, signal]);
        continue;
      }
      const end = Math.min(settled, position + WINDOW);
      for (const row of await this.#window(filter, position, end)) {
        yield {
          event: toAuditEvent(fromRow(row as unknown as EventRow)),
          position: encodePosition(Number(row.at(-1))),
        };
        if (ended()) return;
      }
      position = end;
    }
  }

  async #settled(): Promise<number> {
    return (await readCommitOrder(this.pool, this.options.sequence)).settled;
  }

  #window(filter: ParsedAuditFilter, after: number, asOf: number): Promise<(readonly unknown[])[]> {
    const bindings = new Bindings();
    const where = whereFilter(filter, bindings, [
      `e.seq > ${bindings.bind(after, "bigint")}`,
      `e.seq <= ${bindings.bind(asOf, "bigint")}`,
    ]);
    const text = `SELECT ${eventColumns("e")}, e.seq FROM ${this.options.table} AS e ${where} ORDER BY e.seq`;
    return this.pool.run((sql) => rows(sql, { text, values: bindings.values }, this.pool.options.prepare));
  }
}

async function pause(ms: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const given = signals.filter((signal) => signal !== undefined);
  try {
    await sleep(ms, undefined, { signal: AbortSignal.any(given) });
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
}
