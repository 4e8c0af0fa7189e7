import {
  type AuditKey,
  type AuditOrder,
  type NormalizedAuditFilter,
  type NormalizedEvent,
  throwIfAborted,
} from "@agent-assembly/storage-core";
import { selectPage } from "./audit-sql.js";
import type { Pool } from "./pool.js";
import { type EventRow, fromRow } from "./rows.js";
import { rows } from "./sql-text.js";

/** Rows of one slice: a few milliseconds of work for server and client. */
const SLICE_ROWS = 2000;

/** Reads pages of events. */
export class AuditReader {
  constructor(
    private readonly pool: Pool,
    /** Quoted, with its schema. */
    private readonly table: string,
  ) {}

  async page(
    filter: NormalizedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
  ): Promise<NormalizedEvent[]> {
    const statement = selectPage(this.table, filter, order, after, limit);
    const found = await this.pool.run((sql) => rows<EventRow>(sql, statement, this.pool.options.prepare));
    return found.map(fromRow);
  }

  /**
   * All rows in slices, each a statement of its own, so that a slow consumer holds neither a connection nor a snapshot.
   * The next slice is read while the one before is consumed.
   */
  async *slices(
    filter: NormalizedAuditFilter,
    order: AuditOrder,
    signal?: AbortSignal | undefined,
  ): AsyncGenerator<NormalizedEvent[]> {
    let next = this.page(filter, order, undefined, SLICE_ROWS);
    try {
      for (;;) {
        throwIfAborted(signal);
        const events = await next;
        const last = events.at(-1);
        if (last === undefined) return;
        const more = events.length === SLICE_ROWS;
        if (more) next = this.page(filter, order, last, SLICE_ROWS);
        yield events;
        if (!more) return;
      }
    } finally {
      // When the consumer leaves early, nobody else looks at how the read ahead ends.
      next.catch(() => undefined);
    }
  }
}
