import type { AuditOrder } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type AuditKey,
  type ParsedAuditFilter,
  throwIfAborted,
} from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { type Conditions, selectPage } from "./filter-sql.js";
import { type EventRow, fromRow } from "./rows.js";
import { type AuditCursor, AuditCursors } from "./server-cursor.js";

/**
 * Rows of one batch: a millisecond or two of work for server and client. Larger batches would leave the young
 * generation.
 */
const SLICE_ROWS = 500;
/** A batch that takes longer does not follow an index: the server sorts, and would sort again for each batch. */
const SLOW_SLICE_MS = 50;

/** Reads pages of events. */
export class AuditReader {
  readonly #cursors: AuditCursors;
  readonly #slowSliceMs: number;

  constructor(
    private readonly pool: Pool,
    /** Quoted, with its schema. */
    private readonly table: string,
    closing: AbortSignal,
    /** For tests: called when a cursor is opened and when it is closed. */
    { slowSliceMs = SLOW_SLICE_MS, idleMs }: { readonly slowSliceMs?: number; readonly idleMs?: number } = {},
  ) {
    this.#slowSliceMs = slowSliceMs;
    this.#cursors = new AuditCursors(pool, closing, idleMs);
  }

  async page(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
    conditions?: Conditions,
  ): Promise<AuditEventRow[]> {
    const statement = selectPage(this.table, filter, order, after, limit, conditions);
    const found = await this.pool.run((sql) => rows<EventRow>(sql, statement, this.pool.options.prepare));
    return found.map(fromRow);
  }

  /**
   * Reads all rows in batches, so that a slow consumer holds neither a connection nor a snapshot. Each batch is its own
   * statement or, if that is slow, comes from a cursor while the consumer keeps up. The next batch is read while the
   * previous one is consumed.
   * @param conditions further conditions on a row
   */
  async *slices(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    signal?: AbortSignal | undefined,
    conditions?: Conditions,
  ): AsyncGenerator<AuditEventRow[]> {
    let cursor: AuditCursor | undefined;
    let left = false;
    const read = async (after: AuditKey | undefined): Promise<AuditEventRow[]> => {
      if (cursor?.usable === true) return (await cursor.fetch(SLICE_ROWS)).map(fromRow);
      await cursor?.close();
      cursor = undefined;
      const start = performance.now();
      const events = await this.page(filter, order, after, SLICE_ROWS, conditions);
      const last = events.at(-1);
      if (!left && events.length === SLICE_ROWS && performance.now() - start > this.#slowSliceMs) {
        cursor = this.#cursors.open(selectPage(this.table, filter, order, last, undefined, conditions));
      }
      return events;
    };
    let next = read(undefined);
    try {
      for (;;) {
        throwIfAborted(signal);
        const events = await next;
        const last = events.at(-1);
        const more = events.length === SLICE_ROWS;
        if (more) {
          next = read(last);
          // Reported when the consumer asks for more: until then it would be taken for unhandled, and end the process.
          next.catch(() => undefined);
        } else {
          // Closed before the consumer continues, since it may drop what it read.
          await cursor?.close();
        }
        if (last !== undefined) yield events;
        if (!more) return;
      }
    } finally {
      left = true;
      next.catch(() => undefined).then(() => cursor?.close());
    }
  }
}
