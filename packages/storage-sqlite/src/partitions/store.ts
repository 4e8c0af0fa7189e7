import {
  type AuditEvent,
  type Dataset,
  type Partition,
  type PartitionDropOptions,
  type PartitionMeasure,
  type PartitionReadOptions,
  type PartitionSlice,
  type PartitionStore,
  StorageError,
} from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  eventsOf,
  type ParsedSlice,
  parseDataset,
  parseDrop,
  parsePartition,
  parseRead,
  parseRestoredEvents,
  parseSlice,
  partitionErrors,
  utcDay,
} from "@agent-assembly/storage-core/backend";
import { encodePosition, seqOf } from "../audit/position.js";
import type { AuditWriter } from "../audit/writer.js";
import type { ScanPool } from "../scan/pool.js";
import type { PartDropper } from "./drop.js";
import type { PartReader } from "./read.js";
import { SIZE, selectMeasure } from "./slice-sql.js";

const DAY_MS = 86_400_000;

export interface SqlitePartitionParts {
  readonly reader: PartReader;
  readonly dropper: PartDropper;
  readonly writer: AuditWriter;
  readonly scans: ScanPool;
}

/** Partitions on SQLite: UTC days of events. */
export class SqlitePartitionStore implements PartitionStore {
  constructor(private readonly parts: SqlitePartitionParts) {}

  async list(dataset: Dataset): Promise<Partition[]> {
    // Metrics live in memory and are bounded there.
    if (parseDataset(dataset) === "metrics") return [];
    const days = await this.parts.scans.rows<[day: number, rows: number, bytes: number]>({
      sql: `SELECT (e.ts - (e.ts % ? + ?) % ?) AS day, count(*), sum(${SIZE})
            FROM audit_events AS e GROUP BY day ORDER BY day`,
      values: [DAY_MS, DAY_MS, DAY_MS],
    });
    return days.map(([day, rows, bytes]) => ({ dataset, ...utcDay(day), rows, bytes, tier: "hot" }));
  }

  async measure(partition: Partition, part?: PartitionSlice): Promise<PartitionMeasure> {
    const wanted = auditOnly(parseSlice(partition, part));
    const [measured] = await this.parts.scans.rows<[rows: number, bytes: number, newest: number | null]>(
      selectMeasure({ ...wanted, last: seqOf(wanted.asOf) }),
    );
    const [rows, bytes, newest] = measured ?? [0, 0, null];
    return { rows, bytes, asOf: wanted.asOf ?? encodePosition(newest ?? 0) };
  }

  async compress(partition: Partition): Promise<Partition> {
    parsePartition(partition);
    throw new StorageError({
      code: "unsupported",
      message: "SQLite cannot compress partitions",
      remedy: "See its capabilities.",
    });
  }

  read(partition: Partition, options?: PartitionReadOptions): AsyncIterable<AuditEvent> {
    return eventsOf(this.readRows(partition, options), options?.signal);
  }

  readRows(partition: Partition, options?: PartitionReadOptions): AsyncIterable<readonly AuditEventRow[]> {
    const wanted = auditOnly(parseRead(partition, options));
    return this.parts.reader.slices({ ...wanted, last: seqOf(wanted.asOf) }, wanted.signal);
  }

  async drop(partition: Partition, options: PartitionDropOptions): Promise<{ rows: number }> {
    return { rows: await this.parts.dropper.drop(auditOnly(parseDrop(partition, options))) };
  }

  async restore(events: readonly AuditEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    // Without a pause before the writer has them: a close that is called now waits for what the writer has.
    const rows = parseRestoredEvents(events);
    if (rows.length === 0) return { inserted: 0, duplicates: 0, conflicts: 0 };
    const { inserted, duplicates, rejected } = await this.parts.writer.append(rows);
    return { inserted, duplicates, conflicts: rejected.length };
  }
}

function auditOnly<P extends ParsedSlice>(part: P): P {
  if (part.dataset === "metrics") throw partitionErrors.metricsInMemory();
  return part;
}
