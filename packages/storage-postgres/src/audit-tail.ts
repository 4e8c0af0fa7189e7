import { setTimeout as sleep } from "node:timers/promises";
import {
  decodeCursor,
  encodeCursor,
  type NormalizedAuditFilter,
  type TailItem,
  toAuditEvent,
} from "@agent-assembly/storage-core";
import { Bindings, whereFilter } from "./audit-sql.js";
import type { Pool } from "./pool.js";
import { type EventRow, eventColumns, fromRow } from "./rows.js";
import { rows } from "./sql-text.js";
import type { TailWakeUps } from "./tail-wake-ups.js";

const SCOPE = "tail postgres";
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
    const start = after === undefined ? this.#settled() : Promise.resolve(decodeCursor(SCOPE, after)[0] as number);
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
          position: encodeCursor(SCOPE, [Number(row.at(-1))]),
        };
        if (ended()) return;
      }
      position = end;
    }
  }

  /** The number up to which everything that will ever be there is there. */
  async #settled(): Promise<number> {
    const { sequence } = this.options;
    // The newest number is read before the locks: a transaction that took one until then and still runs holds its lock.
    const text = `WITH newest AS MATERIALIZED (
        SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS seq FROM ${sequence}
      )
      SELECT newest.seq, ARRAY(
        SELECT l.objid::bigint FROM pg_locks AS l
        WHERE newest.seq IS NOT NULL AND l.locktype = 'advisory' AND l.objsubid = 2 AND l.mode = 'ShareLock'
          AND l.classid = '${sequence}'::regclass::oid
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      )::text FROM newest`;
    const [row] = await this.pool.run((sql) =>
      rows<[seq: string, locks: string]>(sql, { text, values: [] }, this.pool.options.prepare),
    );
    const [seq, locks] = row as [string, string];
    const newest = Number(seq);
    const floors =
      locks === "{}"
        ? []
        : locks
            .slice(1, -1)
            .split(",")
            .map((low) => widen(Number(low), newest));
    return Math.min(newest, ...floors);
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

const SPAN = 2 ** 32;

/** The number whose low 32 bits a lock carries: the one nearest to `newest`, before or behind it. */
function widen(low: number, newest: number): number {
  const ahead = (((low - newest) % SPAN) + SPAN) % SPAN;
  return newest + (ahead < SPAN / 2 ? ahead : ahead - SPAN);
}

async function pause(ms: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const given = signals.filter((signal) => signal !== undefined);
  try {
    await sleep(ms, undefined, { signal: AbortSignal.any(given) });
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
}
