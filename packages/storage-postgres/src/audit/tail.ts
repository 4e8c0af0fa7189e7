import { setTimeout as sleep } from "node:timers/promises";
import type { TailItem } from "@agent-assembly/storage-core";
import { type NormalizedAuditFilter, toAuditEvent } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../sql/statement.js";
import { decodeAfter, encodePosition, readCommitOrder } from "./commit-order.js";
import { Bindings, whereFilter } from "./filter-sql.js";
import { type EventRow, eventColumns, fromRow } from "./rows.js";
import type { TailWakeUps } from "./tail-wake-ups.js";

/** Sequence numbers looked at in one read: bounds the work whatever the filter. */
const WINDOW = 2000;

export interface AuditTailOptions {
  /** Quoted, with their schema. */
  readonly table: string;
  readonly sequence: string;
  /** Milliseconds between two looks when nobody wakes the tail. */
  readonly pollMs: number;
  readonly closing: AbortSignal;
}

/**
 * Follows commits by `seq`. Numbers are taken before their transactions commit, so a tail stays behind the smallest one
 * that a running transaction may still commit; the schema's `audit_events_gate` makes those transactions visible as
 * advisory locks.
 */
export class AuditTail {
  constructor(
    private readonly pool: Pool,
    private readonly wakeUps: TailWakeUps,
    private readonly options: AuditTailOptions,
  ) {}

  /** Starts where the call is made, not at the first item that is asked for. @throws `invalid_argument` */
  follow(
    filter: NormalizedAuditFilter,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<TailItem> {
    const start = after === undefined ? this.#settled() : Promise.resolve(decodeAfter(after));
    // Heard when the first item is asked for.
    start.catch(() => undefined);
    return this.#follow(filter, start, signal);
  }

  async *#follow(
    filter: NormalizedAuditFilter,
    start: Promise<number>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TailItem> {
    const { closing, pollMs } = this.options;
    const ended = (): boolean => signal?.aborted === true || closing.aborted;
    let position = await start;
    while (!ended()) {
      // Taken before looking, so that a wake-up during the look is not lost.
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

  #window(filter: NormalizedAuditFilter, after: number, upTo: number): Promise<(readonly unknown[])[]> {
    const bindings = new Bindings();
    const where = whereFilter(filter, bindings, [
      `e.seq > ${bindings.bind(after, "bigint")}`,
      `e.seq <= ${bindings.bind(upTo, "bigint")}`,
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
