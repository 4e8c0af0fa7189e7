import { setImmediate as nextTurn } from "node:timers/promises";
import type { AuditOrder } from "@agent-assembly/storage-core";
import {
  type AuditKey,
  type NormalizedAuditFilter,
  type NormalizedEvent,
  throwIfAborted,
} from "@agent-assembly/storage-core/backend";
import type { Breather } from "../driver/breather.js";
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
    private readonly breather: Breather,
  ) {}

  async page(
    filter: NormalizedAuditFilter,
    order: AuditOrder,
    after: AuditKey | undefined,
    limit: number,
  ): Promise<NormalizedEvent[]> {
    const query = selectPage(filter, order, after, limit);
    if (!isIndexServed(filter)) return (await this.scans.rows<EventRow>(query)).map(fromRow);
    await this.breather.due();
    return this.statements
      .rows<EventRow>(query.sql)
      .all(...query.values)
      .map(fromRow);
  }

  /** All rows in slices; the event loop gets a turn between two of them. */
  async *slices(
    filter: NormalizedAuditFilter,
    order: AuditOrder,
    signal?: AbortSignal | undefined,
  ): AsyncGenerator<NormalizedEvent[]> {
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
