import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type AuditKey,
  type AuditOrder,
  type NormalizedAuditFilter,
  throwIfAborted,
} from "@agent-assembly/storage-core";
import { isIndexServed, selectPage } from "./audit-sql.js";
import type { Breather } from "./breather.js";
import { type EventRow, ROW_EVENT_ID, ROW_TS } from "./rows.js";
import type { ScanPool } from "./scan-pool.js";
import type { StatementCache } from "./statement-cache.js";

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
  ): Promise<EventRow[]> {
    const query = selectPage(filter, order, after, limit);
    if (!isIndexServed(filter)) return this.scans.rows<EventRow>(query);
    await this.breather.due();
    return this.statements.rows<EventRow>(query.sql).all(...query.values);
  }

  /** All rows in slices; the event loop gets a turn between two of them. */
  async *slices(
    filter: NormalizedAuditFilter,
    order: AuditOrder,
    signal?: AbortSignal | undefined,
  ): AsyncGenerator<EventRow[]> {
    let after: AuditKey | undefined;
    for (;;) {
      throwIfAborted(signal);
      const rows = await this.page(filter, order, after, SLICE_ROWS);
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (rows.length < SLICE_ROWS || last === undefined) return;
      after = { ts: last[ROW_TS], eventId: last[ROW_EVENT_ID] };
      await nextTurn();
    }
  }
}
