import {
  type ForeignRetention,
  type Segment,
  type SegmentDropOptions,
  type SegmentMeasure,
  type SegmentPart,
  type SegmentReadOptions,
  StorageError,
  type StoredEvent,
  type TierDataset,
  type TierStore,
} from "@agent-assembly/storage-core";
import {
  checkDataset,
  checkDrop,
  checkPart,
  checkRead,
  checkSegment,
  checkStoredEvents,
  eventsOf,
  type NormalizedAuditFilter,
  type NormalizedPart,
  RecordKeepingTierStore,
  type TierRecords,
  throwIfAborted,
} from "@agent-assembly/storage-core/backend";
import { decodeUpTo, encodePosition, settle } from "../audit/commit-order.js";
import type { AuditReader } from "../audit/reader.js";
import type { AuditWriter } from "../audit/writer.js";
import { capabilitiesOf } from "../capabilities.js";
import type { Pool } from "../driver/pool.js";
import { foreignRetention } from "../timescale/foreign-retention.js";
import type { TimescaleProfile } from "../timescale/profile.js";
import { compressChunk, listChunks } from "./chunks.js";
import { listDays } from "./days.js";
import { dropPart } from "./drop.js";
import { measurePart } from "./measure.js";
import { type Part, withinSegment } from "./slice-sql.js";

export interface PostgresTierParts extends TierRecords {
  readonly pool: Pool;
  readonly profile: TimescaleProfile;
  readonly reader: Pick<AuditReader, "slices">;
  readonly writer: Pick<AuditWriter, "append">;
  /** Of commit order; quoted, with its schema. */
  readonly sequence: string;
}

/** Tiers on PostgreSQL: a segment is a chunk of a hypertable, or a UTC day of a plain table. */
export class PostgresTierStore extends RecordKeepingTierStore implements TierStore {
  constructor(private readonly parts: PostgresTierParts) {
    super(parts);
  }

  /** Counts rows, so it reads whole tables, though of compressed chunks only little. */
  async segments(dataset: TierDataset): Promise<Segment[]> {
    const { pool } = this.parts;
    checkDataset(dataset);
    return (await listChunks(pool, dataset)) ?? listDays(pool, dataset);
  }

  /**
   * Locks nobody out: transactions that are inserting are waited for, but not for longer than a second. What those that
   * are still open then commit, and what others committed beside them, lies behind the position and is not counted.
   */
  async measure(segment: Segment, part?: SegmentPart): Promise<SegmentMeasure> {
    const { pool, sequence } = this.parts;
    const wanted = positioned(checkPart(segment, part));
    if (wanted.dataset === "metrics") return measurePart(pool, wanted);
    const last = wanted.last ?? (await settle(pool, sequence)).seq;
    return { ...(await measurePart(pool, { ...wanted, last })), upTo: part?.upTo ?? encodePosition(last) };
  }

  async compress(segment: Segment): Promise<Segment> {
    const { pool, profile } = this.parts;
    checkSegment(segment);
    const { compression } = capabilitiesOf(profile, pool.options);
    if (compression.status === "unsupported") {
      throw new StorageError({ code: "unsupported", message: compression.reason });
    }
    return compressChunk(pool, segment);
  }

  read(segment: Segment, options?: SegmentReadOptions): AsyncIterable<StoredEvent> {
    const wanted = checkRead(segment, options);
    if (wanted.dataset === "metrics") {
      throw new StorageError({
        code: "unsupported",
        message: "metric samples are no events; they cannot be read as such",
      });
    }
    const conditions = withinSegment(positioned(wanted));
    return eventsOf(this.parts.reader.slices(rangeFilter(wanted), "oldest", wanted.signal, conditions));
  }

  async drop(segment: Segment, options: SegmentDropOptions): Promise<{ rows: number }> {
    const wanted = checkDrop(segment, options);
    const part = positioned(wanted);
    throwIfAborted(wanted.signal);
    return { rows: await dropPart(this.parts.pool, part, wanted) };
  }

  async insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    // Without a pause before the writer has them: a close that is called now waits for what the writer has.
    const rows = checkStoredEvents(events);
    if (rows.length === 0) return { inserted: 0, duplicates: 0, conflicts: 0 };
    const { inserted, duplicates, rejected } = await this.parts.writer.append(rows);
    return { inserted, duplicates, conflicts: rejected.length };
  }

  foreignRetention(): Promise<ForeignRetention[]> {
    const { pool } = this.parts;
    return pool.run((sql) => foreignRetention(sql, pool));
  }
}

/** @throws `invalid_argument` for a position that is none of ours */
function positioned({ dataset, from, to, selection, upTo }: NormalizedPart): Part {
  return { dataset, from, to, selection, last: upTo === undefined ? undefined : decodeUpTo(upTo) };
}

function rangeFilter({ from, to }: Pick<NormalizedPart, "from" | "to">): NormalizedAuditFilter {
  return { from, to, texts: [], dryRun: undefined, payload: [] };
}
