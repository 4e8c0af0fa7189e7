import { eventsOf } from "../audit/create-store.js";
import type { AuditEvent } from "../audit/event.js";
import type { AuditEventRow } from "../audit/row.js";
import { StorageError } from "../errors.js";
import { coverageOf, type HoldRow } from "../holds/row.js";
import { utcDay } from "../partitions/days.js";
import { partitionErrors } from "../partitions/errors.js";
import {
  type ParsedSlice,
  parseDataset,
  parseDrop,
  parsePartition,
  parseRead,
  parseSlice,
} from "../partitions/parse.js";
import { parseRestoredEvents } from "../partitions/parse-events.js";
import { matchesSelection } from "../partitions/parse-selection.js";
import type {
  Dataset,
  Partition,
  PartitionDropOptions,
  PartitionMeasure,
  PartitionReadOptions,
  PartitionSlice,
} from "../partitions/partition.js";
import { decodePosition } from "../partitions/position.js";
import type { PartitionStore } from "../partitions/store.js";
import type { MemoryKeyedTable } from "../records/memory-table.js";
import { throwIfAborted } from "../support/abort.js";
import { encodeCursor } from "../support/cursor.js";
import { type MemoryAuditDriver, TAIL_SCOPE } from "./audit-driver.js";
import type { MemoryEventTable } from "./event-table.js";

/** Rows that `readRows` gives at a time. */
const BATCH_ROWS = 500;

/** The days of the audit log in memory. Metrics have no partitions here, and nothing is compressed. */
export class MemoryPartitionStore implements PartitionStore {
  readonly #table: MemoryEventTable;

  constructor(
    private readonly audit: MemoryAuditDriver,
    private readonly holds: Pick<MemoryKeyedTable<HoldRow>, "rows">,
  ) {
    this.#table = audit.table;
  }

  async list(dataset: Dataset): Promise<Partition[]> {
    if (parseDataset(dataset) === "metrics") return [];
    const days = new Map<string, { -readonly [K in keyof Partition]: Partition[K] }>();
    for (const event of this.#table.ordered("oldest")) {
      const day = utcDay(event.ts);
      const partition = days.get(day.id) ?? { dataset, ...day, rows: 0, bytes: 0, tier: "hot" as const };
      partition.rows++;
      partition.bytes += sizeOf(event);
      days.set(day.id, partition);
    }
    return [...days.values()];
  }

  async measure(partition: Partition, part?: PartitionSlice): Promise<PartitionMeasure> {
    const wanted = auditOnly(parseSlice(partition, part));
    const rows = this.#rows(wanted);
    const asOf = wanted.asOf ?? encodeCursor(TAIL_SCOPE, [this.#table.sequence]);
    return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + sizeOf(row), 0), asOf };
  }

  async compress(partition: Partition): Promise<Partition> {
    parsePartition(partition);
    throw new StorageError({
      code: "unsupported",
      message: "this backend cannot compress partitions",
      remedy: "See its capabilities.",
    });
  }

  read(partition: Partition, options?: PartitionReadOptions): AsyncIterable<AuditEvent> {
    return eventsOf(this.readRows(partition, options), options?.signal);
  }

  readRows(partition: Partition, options?: PartitionReadOptions): AsyncIterable<readonly AuditEventRow[]> {
    const wanted = parseRead(partition, options);
    return inBatches(this.#rows(auditOnly(wanted)), wanted.signal);
  }

  async drop(partition: Partition, options: PartitionDropOptions): Promise<{ rows: number }> {
    const wanted = auditOnly(parseDrop(partition, options));
    throwIfAborted(wanted.signal);
    const rows = this.#rows(wanted);
    if (rows.length !== wanted.expected) throw partitionErrors.changed(wanted.expected, rows.length);
    const held = coverageOf(this.holds.rows, rows);
    if (held.rows > 0) throw partitionErrors.held(held.holds, held.rows, rows.length);
    this.#table.remove(rows);
    if (rows.length > 0) wanted.onProgress(rows.length);
    return { rows: rows.length };
  }

  async restore(events: readonly AuditEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    const { inserted, duplicates, rejected } = await this.audit.append(parseRestoredEvents(events));
    return { inserted, duplicates, conflicts: rejected.length };
  }

  /** Oldest first. */
  #rows({ from, to, selection, asOf }: ParsedSlice): AuditEventRow[] {
    const last = asOf === undefined ? undefined : decodePosition(TAIL_SCOPE, asOf);
    const late = new Set(last === undefined ? [] : this.#table.committedAfter(last).map(([, event]) => event));
    return this.#table
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

function auditOnly<P extends ParsedSlice>(part: P): P {
  if (part.dataset === "metrics") throw partitionErrors.metricsInMemory();
  return part;
}

function sizeOf(event: AuditEventRow): number {
  return Buffer.byteLength(JSON.stringify(event));
}
