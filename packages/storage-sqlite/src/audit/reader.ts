import { setImmediate as nextTurn } from "node:timers/promises";
import type { AuditOrder } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type AuditKey,
  type ParsedAuditFilter,
  throwIfAborted,
} from "@agent-assembly/storage-core/backend";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { StatementCache } from "../driver/statement-cache.js";
import type { ScanPool } from "../scan/pool.js";
import { isIndexServed, selectPage } from "./filter-sql.js";
import { type EventRow, fromRow } from "./rows.js";

/** Rows of one slice: a few milliseconds of work on the main thread. */
const SLICE_ROWS = 500;

/** Reads pages of events: on the main thread where an index bounds the work, in the scanning thread otherwise. */
export class AuditReader {
  constructor(
    private readonly statements: StatementCache,
    private readonly scans: ScanPool,
    private readonly yielder: EventLoopYielder,
  ) {}

  async page(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
  ): Promise<AuditEventRow[]> {
    const query = selectPage(filter, order, after, limit);
    if (!isIndexServed(filter)) return (await this.scans.rows<EventRow>(query)).map(fromRow);
    await this.yielder.due();
    return this.statements
      .rows<EventRow>(query.sql)
      .all(...query.values)
      .map(fromRow);
  }

  /** All rows in slices; the event loop gets a turn between two of them. */
  async *slices(
    filter: ParsedAuditFilter,
    order: AuditOrder,
    signal?: AbortSignal | undefined,
  ): AsyncGenerator<AuditEventRow[]> {
    let after: AuditKey | undefined;
    for (;;) {
      throwIfAborted(signal);
      const events = await this.page(filter, order, after, SLICE_ROWS);
      if (events.length > 0) yield events;
      if (events.length < SLICE_ROWS) return;
      after = events.at(-1);
      await nextTurn();
    }
  }
}
