import type { AuditEvent, AuditOrder } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type AuditKey,
  type ParsedAuditFilter,
  throwIfAborted,
  toAuditEvent,
  unlessAborted,
} from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { PrimaryServer, type ReadServer } from "../driver/read-server.js";
import { eachRow, rows, type Statement } from "../driver/statement.js";
import type { Conditions } from "../sql/bindings.js";
import { type PageQuery, selectFirst, selectPage } from "./filter-sql.js";
import { PackedEvents } from "./packed/events.js";
import type { PackedRow, Packing } from "./packed/fields.js";
import { PackedRows } from "./packed/rows.js";
import { isOfOne, MOST_TIES, pageAmong } from "./page-of-one.js";
import { type EventRow, fromRow } from "./rows.js";
import { type AuditCursor, AuditCursors } from "./server-cursor.js";

/**
 * Rows of one batch: a millisecond or two of work for server and client. Larger batches would leave the young
 * generation.
 */
const SLICE_ROWS = 500;
/** A batch that takes longer does not follow an index: the server sorts, and would sort again for each batch. */
const SLOW_SLICE_MS = 50;

/** Where events are read, and which. */
export interface ReadOptions {
  /** @default the server that the reader was made for */
  readonly server?: ReadServer | undefined;
  /** Further conditions on a row. */
  readonly conditions?: Conditions | undefined;
}

/** Reads pages of events. */
export class AuditReader {
  readonly #primary: ReadServer;
  readonly #cursors = new Map<Pool, AuditCursors>();
  readonly #slowSliceMs: number;

  constructor(
    pool: Pool,
    /** Quoted, with its schema. */
    private readonly table: string,
    private readonly closing: AbortSignal,
    /** For tests. */
    private readonly times: { readonly slowSliceMs?: number; readonly idleMs?: number } = {},
  ) {
    this.#slowSliceMs = times.slowSliceMs ?? SLOW_SLICE_MS;
    this.#primary = new PrimaryServer(pool);
  }

  /** The public form of events. @param server default: the one that the reader was made for */
  async page(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
    server: ReadServer = this.#primary,
  ): Promise<AuditEvent[]> {
    const plain = (row: EventRow): AuditEvent => toAuditEvent(fromRow(row));
    return this.#read(new PackedEvents(filter), plain, filter, order, after, limit, { server });
  }

  /** A page of events as they are stored. */
  rows(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
    options: ReadOptions = {},
  ): Promise<AuditEventRow[]> {
    return this.#read(new PackedRows(filter), fromRow, filter, order, after, limit, options);
  }

  /**
   * @param packing reads each event as it arrives
   * @param plain reads them where a text does not let them be packed
   */
  async #read<T extends AuditEvent | AuditEventRow>(
    packing: Packing<T>,
    plain: (row: EventRow) => T,
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
    { server = this.#primary, conditions }: ReadOptions,
  ): Promise<T[]> {
    const query: PageQuery = { table: this.table, filter, order, after, conditions };
    const read = async (select: (query: PageQuery) => Statement): Promise<T[]> => {
      const { prepare } = server.pool.options;
      const packed = await server.read(async (sql) => {
        const events: T[] = [];
        let isWhole = true;
        await eachRow<PackedRow>(sql, select({ ...query, columns: packing.columns }), prepare, (row) => {
          const event = packing.parse(row);
          if (event === undefined) isWhole = false;
          else events.push(event);
        });
        return isWhole ? events : undefined;
      });
      return packed ?? (await server.read((sql) => rows<EventRow>(sql, select(query), prepare))).map(plain);
    };
    if (isOfOne(filter)) {
      const page = pageAmong(await read((one) => selectFirst(one, limit, MOST_TIES)), order, limit);
      if (page !== undefined) return page;
    }
    return read((one) => selectPage(one, limit));
  }

  /**
   * Reads all rows in batches, so that a slow consumer holds neither a connection nor a snapshot. Each batch is its own
   * statement or, if that is slow, comes from a cursor while the consumer keeps up. The next batch is read while the
   * previous one is consumed.
   * @param options `after`: begin behind this event
   */
  async *slices(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    signal?: AbortSignal | undefined,
    options: ReadOptions & { readonly after?: AuditKey | undefined } = {},
  ): AsyncGenerator<AuditEventRow[]> {
    const { server = this.#primary, conditions } = options;
    const cursors = this.#cursorsOf(server.pool);
    let cursor: AuditCursor | undefined;
    let left = false;
    const read = async (after: AuditKey | undefined): Promise<AuditEventRow[]> => {
      if (cursor?.usable === true) return (await cursor.fetch(SLICE_ROWS)).map(fromRow);
      await cursor?.close();
      cursor = undefined;
      const start = performance.now();
      const events = await this.rows(filter, order, after, SLICE_ROWS, options);
      const last = events.at(-1);
      if (!left && events.length === SLICE_ROWS && performance.now() - start > this.#slowSliceMs) {
        const statement = selectPage({ table: this.table, filter, order, after: last, conditions });
        cursor = cursors.open(statement, server);
      }
      return events;
    };
    let next = read(options.after);
    try {
      for (;;) {
        throwIfAborted(signal);
        // The answer may be lost on the way, which a cursor notices after minutes only.
        const events = await unlessAborted(next, signal);
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

  #cursorsOf(pool: Pool): AuditCursors {
    const cursors = this.#cursors.get(pool) ?? new AuditCursors(pool, this.closing, this.times.idleMs);
    this.#cursors.set(pool, cursors);
    return cursors;
  }
}
