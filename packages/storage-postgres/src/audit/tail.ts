import { setTimeout as sleep } from "node:timers/promises";
import { isStorageError, type TailItem } from "@agent-assembly/storage-core";
import { anySignal, type ParsedAuditFilter, type TokenKeys, toAuditEvent } from "@agent-assembly/storage-core/backend";
import { errorCode, isOtherServer, isTransient } from "../driver/errors.js";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { type CommitOrder, positionOf, readCommitOrder } from "./commit-order.js";
import { DeliveredTransactions, NOTHING } from "./history/delivered.js";
import { placeIn } from "./history/judge.js";
import { behindAll, behindRow, rangesBehind } from "./history/position.js";
import { decodePosition, encodePosition, type Place, type PositionToken } from "./history/position-token.js";
import { fromRow } from "./rows.js";
import { selectWindow, type WindowRow, windowRows } from "./tail-sql.js";
import type { TailWakeUps } from "./tail-wake-ups.js";
import type { AuditWriter } from "./writer.js";

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1000;

export interface AuditTailOptions {
  /** Quoted, with its schema. */
  readonly table: string;
  /** Milliseconds between two polls without a notification. */
  readonly pollMs: number;
  /** Milliseconds without an answer of a server after which a tail fails. */
  readonly outageMs: number;
  readonly closing: AbortSignal;
  /** Sign positions. */
  readonly tokenKeys: TokenKeys | undefined;
  /** Its appends would overtake the question where the log ends, over another connection. */
  readonly writer: Pick<AuditWriter, "holdUntil">;
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
    const { tokenKeys, writer } = this.options;
    const start = after === undefined ? this.#now() : Promise.resolve(decodePosition("after", after, tokenKeys));
    if (after === undefined) writer.holdUntil(start);
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
      let { place } = token;
      const delivered = new DeliveredTransactions(place.delivered);
      const outage = new Outage(this.options.outageMs);
      while (!ended()) {
        // Created before polling, so that a wake-up during the poll is not lost.
        const woken = this.wakeUps.next();
        let found = false;
        try {
          const order = await readCommitOrder(this.pool);
          const here = await placeIn(this.pool, { ...token, place }, order);
          if (here === undefined) outage.over();
          else {
            const { server, snapshot } = order;
            const at = (position: Place["position"]): Place => ({
              position,
              history: server.id,
              // A standby that is behind may have less than the position, which another server gave.
              lsn: Math.max(here.lsn, server.lsn),
              delivered,
            });
            place = { ...here, delivered };
            delivered.nextStep();
            for (let more = true; more; ) {
              const before = place.position;
              const window = await this.#window(filter, before, order);
              outage.over();
              for (const { row, wanted, place: rowPlace } of window) {
                if (wanted) delivered.add(rowPlace.xact);
                place = at(behindRow(before, snapshot, rowPlace));
                if (!wanted) continue;
                found = true;
                yield { event: toAuditEvent(fromRow(row)), position: encodePosition(order.origin, place, tokenKeys) };
                if (ended()) return;
              }
              more = window.at(-1)?.last === true;
            }
            place = at(behindAll(place.position, snapshot));
          }
        } catch (error) {
          // What was delivered has its place; the rest is read again, from the server that answers then.
          await outage.wait(error, [closing, signal]);
          continue;
        }
        // When there was something, more may have been committed meanwhile.
        if (!found) await pause(pollMs, [woken, closing, signal]);
      }
    } catch (error) {
      // Closing a store ends its tails, also those that are about to read.
      if (!closing.aborted || !isStorageError(error, "closed")) throw error;
    }
  }

  async #now(): Promise<PositionToken> {
    const { snapshot, origin, server } = await readCommitOrder(this.pool);
    const place = { position: positionOf(snapshot), history: server.id, lsn: server.lsn, delivered: NOTHING };
    return { option: "after", origin, place };
  }

  /** The next rows behind a position of the transactions that the snapshot includes. */
  async #window(filter: ParsedAuditFilter, position: Place["position"], order: CommitOrder): Promise<WindowRow[]> {
    const ranges = rangesBehind(position, order.snapshot);
    if (ranges.length === 0) return [];
    const statement = selectWindow(this.options.table, filter, ranges, order);
    const found = await this.pool.run((sql) => rows(sql, statement, this.pool.options.prepare));
    return windowRows(found);
  }
}

/** The time in which no server answers, which a tail survives when it is short, as a failover is. */
class Outage {
  #since: number | undefined;
  #attempts = 0;

  constructor(private readonly longestMs: number) {}

  over(): void {
    this.#since = undefined;
    this.#attempts = 0;
  }

  /** @throws the error when it does not come from the connection or the change of a server, or comes for too long */
  async wait(error: unknown, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
    this.#since ??= performance.now();
    // A connection that hung was closed, which counts as lost.
    const hung = isStorageError(error, "timeout") && errorCode(error) === undefined;
    const passes = hung || isOtherServer(error) || isTransient(error);
    if (!passes || performance.now() - this.#since > this.longestMs) throw error;
    await pause(Math.min(FIRST_WAIT_MS * 2 ** this.#attempts++, LONGEST_WAIT_MS), signals);
  }
}

async function pause(ms: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const given = signals.filter((signal) => signal !== undefined);
  try {
    await sleep(ms, undefined, { signal: anySignal(given) });
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
}
