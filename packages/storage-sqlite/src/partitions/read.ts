import { setImmediate as nextTurn } from "node:timers/promises";
import { type AuditKey, type NormalizedEvent, throwIfAborted } from "@agent-assembly/storage-core/backend";
import { type EventRow, fromRow } from "../audit/rows.js";
import type { StatementCache } from "../driver/statement-cache.js";
import type { ScanPool } from "../scan/pool.js";
import { type PartOfLog, selectEvents } from "./slice-sql.js";

/** Rows of one slice: a few milliseconds of work on the main thread. */
const SLICE_ROWS = 500;

/** Reads parts of segments in slices: in the scanning thread where rows are selected, else along the key. */
export class PartReader {
  constructor(
    private readonly statements: StatementCache,
    private readonly scans: ScanPool,
  ) {}

  async *slices(part: PartOfLog, signal: AbortSignal | undefined): AsyncGenerator<NormalizedEvent[]> {
    let after: AuditKey | undefined;
    for (;;) {
      throwIfAborted(signal);
      const { events, end } = part.selection === undefined ? this.#walk(part, after) : await this.#scan(part, after);
      if (events.length > 0) yield events;
      if (end === undefined) return;
      after = end;
      await nextTurn();
    }
  }

  /** Leaves out late rows by itself, so that a slice looks at no more rows than its own, however many are late. */
  #walk({ last, ...part }: PartOfLog, after: AuditKey | undefined): Slice {
    const { sql, values } = selectEvents({ ...part, last: undefined }, after, SLICE_ROWS);
    const rows = this.statements.rows<EventRow>(sql).all(...values);
    const kept = last === undefined ? rows : rows.filter((row) => (row.at(-1) as number) <= last);
    return { events: kept.map(fromRow), end: endOf(rows) };
  }

  async #scan(part: PartOfLog, after: AuditKey | undefined): Promise<Slice> {
    const rows = await this.scans.rows<EventRow>(selectEvents(part, after, SLICE_ROWS));
    return { events: rows.map(fromRow), end: endOf(rows) };
  }
}

interface Slice {
  readonly events: NormalizedEvent[];
  /** Where the next one begins; absent at the end. */
  readonly end: AuditKey | undefined;
}

function endOf(rows: readonly (readonly unknown[])[]): AuditKey | undefined {
  const row = rows.length < SLICE_ROWS ? undefined : (rows.at(-1) as EventRow | undefined);
  return row === undefined ? undefined : { ts: row[0], eventId: row[2] };
}
