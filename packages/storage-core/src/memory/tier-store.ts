import type { NormalizedEvent } from "../audit/parse.js";
import { sameContent, toAuditEvent } from "../audit/row.js";
import { StorageError } from "../errors.js";
import { utcDay } from "../partitions/days.js";
import { tierErrors } from "../partitions/errors.js";
import {
  checkDataset,
  checkDrop,
  checkPart,
  checkRead,
  checkSegment,
  type NormalizedPart,
} from "../partitions/parse.js";
import { checkStoredEvents } from "../partitions/parse-events.js";
import { matchesSelection } from "../partitions/parse-selection.js";
import type {
  Segment,
  SegmentDropOptions,
  SegmentMeasure,
  SegmentPart,
  SegmentReadOptions,
  StoredEvent,
  TierDataset,
} from "../partitions/partition.js";
import { decodePosition } from "../partitions/position.js";
import type { TierStore } from "../partitions/store.js";
import type { ForeignRetention } from "../retention/conflicting-policy.js";
import { RecordKeepingTierStore } from "../retention/record-keeping.js";
import { throwIfAborted } from "../support/abort.js";
import { encodeCursor } from "../support/cursor.js";
import type { Clock } from "../time/clock.js";
import { MemoryArchives } from "./archives.js";
import { TAIL_SCOPE } from "./audit-table.js";
import type { EventTable } from "./event-table.js";
import { MemoryLeases } from "./leases.js";
import { MemoryLegalHolds } from "./legal-holds.js";
import { MemoryRetentionRuns } from "./retention-runs.js";

export class MemoryTierStore extends RecordKeepingTierStore implements TierStore {
  readonly #holds: MemoryLegalHolds;

  constructor(
    private readonly table: EventTable,
    clock: Clock,
    private readonly onInsert: () => void,
  ) {
    const holds = new MemoryLegalHolds(clock);
    super({ leases: new MemoryLeases(clock), runs: new MemoryRetentionRuns(), holds, archives: new MemoryArchives() });
    this.#holds = holds;
  }

  async segments(dataset: TierDataset): Promise<Segment[]> {
    if (checkDataset(dataset) === "metrics") return [];
    const days = new Map<string, { -readonly [K in keyof Segment]: Segment[K] }>();
    for (const event of this.table.ordered("oldest")) {
      const day = utcDay(event.ts);
      const segment = days.get(day.id) ?? { dataset, ...day, rows: 0, bytes: 0, tier: "hot" as const };
      segment.rows++;
      segment.bytes += sizeOf(event);
      days.set(day.id, segment);
    }
    return [...days.values()];
  }

  async measure(segment: Segment, part?: SegmentPart): Promise<SegmentMeasure> {
    const wanted = auditOnly(checkPart(segment, part));
    const rows = this.#rows(wanted);
    const upTo = wanted.upTo ?? encodeCursor(TAIL_SCOPE, [this.table.sequence]);
    return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + sizeOf(row), 0), upTo };
  }

  async compress(segment: Segment): Promise<Segment> {
    checkSegment(segment);
    throw new StorageError({
      code: "unsupported",
      message: "the memory backend cannot compress segments; see its capabilities",
    });
  }

  read(segment: Segment, options?: SegmentReadOptions): AsyncIterable<StoredEvent> {
    const wanted = checkRead(segment, options);
    return readEach(this.#rows(auditOnly(wanted)), wanted.signal);
  }

  async drop(segment: Segment, options: SegmentDropOptions): Promise<{ rows: number }> {
    const wanted = auditOnly(checkDrop(segment, options));
    throwIfAborted(wanted.signal);
    const rows = this.#rows(wanted);
    if (rows.length !== wanted.expected) throw tierErrors.changed(wanted.expected, rows.length);
    const held = this.#holds.covering(rows);
    if (held.rows > 0) throw tierErrors.held(held.holds, held.rows, rows.length);
    this.table.remove(rows);
    if (rows.length > 0) wanted.onProgress(rows.length);
    return { rows: rows.length };
  }

  async insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    const result = { inserted: 0, duplicates: 0, conflicts: 0 };
    for (const row of checkStoredEvents(events)) {
      const stored = this.table.insert(row);
      if (stored === undefined) result.inserted++;
      else if (sameContent(stored, row)) result.duplicates++;
      else result.conflicts++;
    }
    if (result.inserted > 0) this.onInsert();
    return result;
  }

  async foreignRetention(): Promise<ForeignRetention[]> {
    return [];
  }

  /** Oldest first. */
  #rows({ from, to, selection, upTo }: NormalizedPart): NormalizedEvent[] {
    const last = upTo === undefined ? undefined : decodePosition(TAIL_SCOPE, upTo);
    const late = new Set(last === undefined ? [] : this.table.committedAfter(last).map(([, event]) => event));
    return this.table
      .ordered("oldest")
      .filter((event) => event.ts >= from && event.ts < to && !late.has(event) && matchesSelection(selection, event));
  }
}

async function* readEach(
  rows: readonly NormalizedEvent[],
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredEvent> {
  for (const row of rows) {
    throwIfAborted(signal);
    yield toAuditEvent(row);
  }
}

function auditOnly<P extends NormalizedPart>(part: P): P {
  if (part.dataset === "metrics") throw tierErrors.metricsInMemory();
  return part;
}

function sizeOf(event: NormalizedEvent): number {
  return Buffer.byteLength(JSON.stringify(event));
}
