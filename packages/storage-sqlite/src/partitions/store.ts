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
  type NormalizedPart,
  RecordKeepingTierStore,
  type TierRecords,
  tierErrors,
  utcDay,
} from "@agent-assembly/storage-core/backend";
import { encodePosition, seqOf } from "../audit/position.js";
import type { AuditWriter } from "../audit/writer.js";
import type { ScanPool } from "../scan/pool.js";
import type { PartDropper } from "./drop.js";
import type { PartReader } from "./read.js";
import { SIZE, selectMeasure } from "./slice-sql.js";

const DAY_MS = 86_400_000;

export interface SqliteTierParts extends TierRecords {
  readonly reader: PartReader;
  readonly dropper: PartDropper;
  readonly writer: AuditWriter;
  readonly scans: ScanPool;
}

/** Tiers on SQLite: a segment is a UTC day of events. What takes more than a few lines is left to its parts. */
export class SqliteTierStore extends RecordKeepingTierStore implements TierStore {
  constructor(private readonly parts: SqliteTierParts) {
    super(parts);
  }

  async segments(dataset: TierDataset): Promise<Segment[]> {
    // Metrics live in memory and are bounded there.
    if (checkDataset(dataset) === "metrics") return [];
    const days = await this.parts.scans.rows<[day: number, rows: number, bytes: number]>({
      sql: `SELECT (e.ts - (e.ts % ? + ?) % ?) AS day, count(*), sum(${SIZE})
            FROM audit_events AS e GROUP BY day ORDER BY day`,
      values: [DAY_MS, DAY_MS, DAY_MS],
    });
    return days.map(([day, rows, bytes]) => ({ dataset, ...utcDay(day), rows, bytes, tier: "hot" }));
  }

  async measure(segment: Segment, part?: SegmentPart): Promise<SegmentMeasure> {
    const wanted = auditOnly(checkPart(segment, part));
    const [measured] = await this.parts.scans.rows<[rows: number, bytes: number, newest: number | null]>(
      selectMeasure({ ...wanted, last: seqOf(wanted.upTo) }),
    );
    const [rows, bytes, newest] = measured ?? [0, 0, null];
    return { rows, bytes, upTo: wanted.upTo ?? encodePosition(newest ?? 0) };
  }

  async compress(segment: Segment): Promise<Segment> {
    checkSegment(segment);
    throw new StorageError({ code: "unsupported", message: "SQLite cannot compress segments; see its capabilities" });
  }

  read(segment: Segment, options?: SegmentReadOptions): AsyncIterable<StoredEvent> {
    const wanted = auditOnly(checkRead(segment, options));
    return eventsOf(this.parts.reader.slices({ ...wanted, last: seqOf(wanted.upTo) }, wanted.signal));
  }

  async drop(segment: Segment, options: SegmentDropOptions): Promise<{ rows: number }> {
    return { rows: await this.parts.dropper.drop(auditOnly(checkDrop(segment, options))) };
  }

  async insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    // Without a pause before the writer has them: a close that is called now waits for what the writer has.
    const rows = checkStoredEvents(events);
    if (rows.length === 0) return { inserted: 0, duplicates: 0, conflicts: 0 };
    const { inserted, duplicates, rejected } = await this.parts.writer.append(rows);
    return { inserted, duplicates, conflicts: rejected.length };
  }

  async foreignRetention(): Promise<ForeignRetention[]> {
    return [];
  }
}

function auditOnly<P extends NormalizedPart>(part: P): P {
  if (part.dataset === "metrics") throw tierErrors.metricsInMemory();
  return part;
}
