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
  type ParsedAuditFilter,
  type ParsedSlice,
  parseDataset,
  parseDrop,
  parsePartition,
  parseRead,
  parseRestoredEvents,
  parseSlice,
  throwIfAborted,
} from "@agent-assembly/storage-core/backend";
import { decodeUpTo, encodePosition, settle } from "../audit/commit-order.js";
import type { AuditReader } from "../audit/reader.js";
import type { AuditWriter } from "../audit/writer.js";
import { capabilitiesOf } from "../capabilities.js";
import type { Pool } from "../driver/pool.js";
import type { TimescaleProfile } from "../timescale/profile.js";
import { compressChunk, listChunks } from "./chunks/list-and-compress.js";
import { listDays } from "./days.js";
import { dropPart } from "./drop.js";
import { measurePart } from "./measure.js";
import { type Part, withinPartition } from "./slice-sql.js";

export interface PostgresPartitionParts {
  readonly pool: Pool;
  readonly profile: TimescaleProfile;
  readonly reader: Pick<AuditReader, "slices">;
  readonly writer: Pick<AuditWriter, "append">;
  /** The sequence of commit order; quoted, with its schema. */
  readonly sequence: string;
}

/** Partitions on PostgreSQL: chunks of a hypertable, or UTC days of a plain table. */
export class PostgresPartitionStore implements PartitionStore {
  constructor(private readonly parts: PostgresPartitionParts) {}

  /** Counts rows, so it reads whole tables, but only little of compressed chunks. */
  async list(dataset: Dataset): Promise<Partition[]> {
    const { pool } = this.parts;
    parseDataset(dataset);
    return (await listChunks(pool, dataset)) ?? listDays(pool, dataset);
  }

  /**
   * Does not block writers: it waits up to a second for inserting transactions. Rows of transactions that are still
   * open then, and rows committed concurrently with them, come after the position and are not counted.
   */
  async measure(partition: Partition, part?: PartitionSlice): Promise<PartitionMeasure> {
    const { pool, sequence } = this.parts;
    const wanted = positioned(parseSlice(partition, part));
    if (wanted.dataset === "metrics") return measurePart(pool, wanted);
    const last = wanted.last ?? (await settle(pool, sequence)).seq;
    return { ...(await measurePart(pool, { ...wanted, last })), asOf: part?.asOf ?? encodePosition(last) };
  }

  async compress(partition: Partition): Promise<Partition> {
    const { pool, profile } = this.parts;
    parsePartition(partition);
    const { compression } = capabilitiesOf(profile, pool.options);
    if (compression.status === "unsupported") {
      throw new StorageError({ code: "unsupported", message: compression.reason });
    }
    return compressChunk(pool, partition);
  }

  read(partition: Partition, options?: PartitionReadOptions): AsyncIterable<AuditEvent> {
    return eventsOf(this.readRows(partition, options), options?.signal);
  }

  readRows(partition: Partition, options?: PartitionReadOptions): AsyncIterable<readonly AuditEventRow[]> {
    const wanted = parseRead(partition, options);
    if (wanted.dataset === "metrics") {
      throw new StorageError({
        code: "unsupported",
        message: "metric samples cannot be read as events",
      });
    }
    const conditions = withinPartition(positioned(wanted));
    return this.parts.reader.slices(rangeFilter(wanted), "oldest", wanted.signal, conditions);
  }

  async drop(partition: Partition, options: PartitionDropOptions): Promise<{ rows: number }> {
    const wanted = parseDrop(partition, options);
    const part = positioned(wanted);
    throwIfAborted(wanted.signal);
    return { rows: await dropPart(this.parts.pool, part, wanted) };
  }

  async restore(events: readonly AuditEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    // Passed to the writer without an `await` before: a close that is called now waits for the writer.
    const rows = parseRestoredEvents(events);
    if (rows.length === 0) return { inserted: 0, duplicates: 0, conflicts: 0 };
    const { inserted, duplicates, rejected } = await this.parts.writer.append(rows);
    return { inserted, duplicates, conflicts: rejected.length };
  }
}

/** @throws `invalid_argument` for a position of another store */
function positioned({ dataset, from, to, selection, asOf }: ParsedSlice): Part {
  return { dataset, from, to, selection, last: asOf === undefined ? undefined : decodeUpTo(asOf) };
}

function rangeFilter({ from, to }: Pick<ParsedSlice, "from" | "to">): ParsedAuditFilter {
  return { from, to, texts: [], dryRun: undefined, payload: [] };
}
