import type { AuditEventRow } from "../audit/row.js";
import { coverageOf, type HoldRow } from "../holds/row.js";
import { utcDay } from "../partitions/days.js";
import type { PartitionDriver } from "../partitions/driver.js";
import { partitionErrors } from "../partitions/errors.js";
import type { ParsedDrop, ParsedRead, ParsedSlice } from "../partitions/parse.js";
import { matchesSelection } from "../partitions/parse-selection.js";
import type { Dataset, Partition, PartitionMeasure } from "../partitions/partition.js";
import type { MemoryKeyedTable } from "../records/memory-table.js";
import { throwIfAborted } from "../support/abort.js";
import type { TokenKeys } from "../tokens/keys.js";
import { POSITION } from "./audit-driver.js";
import type { MemoryEventTable } from "./event-table.js";

/** Rows that `slices` gives at a time. */
const BATCH_ROWS = 500;

/** The days of the audit log in memory. Nothing is compressed, and metrics have no partitions. */
export class MemoryPartitionDriver implements PartitionDriver {
  constructor(
    private readonly table: MemoryEventTable,
    private readonly holds: Pick<MemoryKeyedTable<HoldRow>, "rows">,
    private readonly tokenKeys?: TokenKeys | undefined,
  ) {}

  async list(dataset: Dataset): Promise<Partition[]> {
    const days = new Map<string, { -readonly [K in keyof Partition]: Partition[K] }>();
    for (const event of this.table.ordered("oldest")) {
      const day = utcDay(event.ts);
      const partition = days.get(day.id) ?? { dataset, ...day, rows: 0, bytes: 0, tier: "hot" as const };
      partition.rows++;
      partition.bytes += sizeOf(event);
      days.set(day.id, partition);
    }
    return [...days.values()];
  }

  async measure(parts: readonly ParsedSlice[]): Promise<PartitionMeasure[]> {
    return parts.map((part) => {
      const rows = this.#rows(part);
      const asOf = part.asOf ?? POSITION.encode([this.table.sequence], { keys: this.tokenKeys });
      return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + sizeOf(row), 0), asOf };
    });
  }

  slices(part: ParsedRead): AsyncIterable<readonly AuditEventRow[]> {
    return inBatches(this.#rows(part), part.signal);
  }

  async drop(part: ParsedDrop): Promise<number> {
    const rows = this.#rows(part);
    if (rows.length !== part.expected) throw partitionErrors.changed(part.expected, rows.length);
    const held = coverageOf(this.holds.rows, rows);
    if (held.rows > 0) throw partitionErrors.held(held.holds, held.rows, rows.length);
    this.table.remove(rows, part.keepCounts);
    if (rows.length > 0) part.onProgress(rows.length);
    return rows.length;
  }

  /** Oldest first. */
  #rows({ from, to, selection, asOf }: ParsedSlice): AuditEventRow[] {
    const [last] = asOf === undefined ? [] : POSITION.decode("asOf", asOf, { keys: this.tokenKeys });
    const late = new Set(last === undefined ? [] : this.table.committedAfter(last).map(([, event]) => event));
    return this.table
      .ordered("oldest")
      .filter((event) => event.ts >= from && event.ts < to && !late.has(event) && matchesSelection(selection, event));
  }
}

async function* inBatches(
  rows: readonly AuditEventRow[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly AuditEventRow[]> {
  throwIfAborted(signal);
  for (let start = 0; start < rows.length; start += BATCH_ROWS) {
    throwIfAborted(signal);
    yield rows.slice(start, start + BATCH_ROWS);
  }
}

function sizeOf(event: AuditEventRow): number {
  return Buffer.byteLength(JSON.stringify(event));
}
