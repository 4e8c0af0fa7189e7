import { setTimeout as sleep } from "node:timers/promises";
import { isStorageError, type TailItem } from "@agent-assembly/storage-core";
import { type ParsedAuditFilter, type TokenKeys, toAuditEvent } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { type CommitOrder, positionOf, readCommitOrder } from "./commit-order.js";
import {
  behindAll,
  behindRow,
  decodePosition,
  encodePosition,
  type Position,
  type PositionToken,
  rangesBehind,
  requireSameHistory,
} from "./position.js";
import { fromRow } from "./rows.js";
import { selectWindow, type WindowRow, windowRows } from "./tail-sql.js";
import type { TailWakeUps } from "./tail-wake-ups.js";

export interface AuditTailOptions {
  /** Quoted, with its schema. */
  readonly table: string;
  /** Milliseconds between two polls without a notification. */
  readonly pollMs: number;
  readonly closing: AbortSignal;
  /** Sign positions. */
  readonly tokenKeys: TokenKeys | undefined;
}

/**
 * Follows commits by the server's snapshots: a step delivers the rows of the transactions that a new snapshot includes and
 * the position does not. A transaction that stays open holds up nothing; its rows come when it has ended.
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
    const start =
      after === undefined ? this.#now() : Promise.resolve(decodePosition("after", after, this.options.tokenKeys));
    // Reported by the first `next()`.
    start.catch(() => undefined);
    return this.#follow(filter, start, signal);
  }

  async *#follow(
    filter: ParsedAuditFilter,
    start: Promise<PositionToken>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TailItem> {
    const { closing, pollMs, tokenKeys } = this.options;
    const ended = (): boolean => signal?.aborted === true || closing.aborted;
    try {
      const token = await start;
      let { position } = token;
      while (!ended()) {
        // Created before polling, so that a wake-up during the poll is not lost.
        const woken = this.wakeUps.next();
        const order = await readCommitOrder(this.pool);
        requireSameHistory({ ...token, position }, order);
        let found = false;
        for (let more = true; more; ) {
          const before = position;
          const window = await this.#window(filter, before, order);
          for (const { row, wanted, place } of window) {
            position = behindRow(before, order.snapshot, place);
            if (!wanted) continue;
            found = true;
            yield { event: toAuditEvent(fromRow(row)), position: encodePosition(order.origin, position, tokenKeys) };
            if (ended()) return;
          }
          more = window.at(-1)?.last === true;
        }
        position = behindAll(position, order.snapshot);
        // When there was something, more may have been committed meanwhile.
        if (!found) await pause(pollMs, [woken, closing, signal]);
      }
    } catch (error) {
      // Closing a store ends its tails, also those that are about to read.
      if (!closing.aborted || !isStorageError(error, "closed")) throw error;
    }
  }

  async #now(): Promise<PositionToken> {
    const { snapshot, origin } = await readCommitOrder(this.pool);
    return { option: "after", origin, position: positionOf(snapshot) };
  }

  /** The next rows behind a position of the transactions that the snapshot includes. */
  async #window(filter: ParsedAuditFilter, position: Position, order: CommitOrder): Promise<WindowRow[]> {
    const ranges = rangesBehind(position, order.snapshot);
    if (ranges.length === 0) return [];
    const statement = selectWindow(this.options.table, filter, ranges, order);
    const found = await this.pool.run((sql) => rows(sql, statement, this.pool.options.prepare));
    return windowRows(found);
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
