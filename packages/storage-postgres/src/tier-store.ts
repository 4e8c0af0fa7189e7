import {
  checkDataset,
  checkDropOptions,
  checkKeys,
  checkObject,
  checkSegment,
  checkStoredEvents,
  eventsOf,
  type Lease,
  type NormalizedAuditFilter,
  type RetentionRun,
  type Segment,
  StorageError,
  type StoredEvent,
  type TierDataset,
  type TierStore,
} from "@agent-assembly/storage-core";
import type { AuditReader } from "./audit-reader.js";
import type { AuditWriter } from "./audit-writer.js";
import { capabilitiesOf } from "./capabilities.js";
import type { Leases } from "./leases.js";
import type { Pool } from "./pool.js";
import type { RetentionRuns } from "./retention-runs.js";
import { compressChunk, dropChunk, inChunks, listChunks } from "./tier-chunks.js";
import { dropRows, listDays } from "./tier-rows.js";
import type { TimescaleProfile } from "./timescale/profile.js";

export interface PostgresTierParts {
  readonly pool: Pool;
  readonly profile: TimescaleProfile;
  readonly reader: Pick<AuditReader, "slices">;
  readonly writer: Pick<AuditWriter, "append">;
  readonly leases: Pick<Leases, "acquire">;
  readonly runs: Pick<RetentionRuns, "recordRun" | "runs">;
}

/** Tiers on PostgreSQL: a segment is a chunk of a hypertable, or a UTC day of a plain table. */
export class PostgresTierStore implements TierStore {
  constructor(private readonly parts: PostgresTierParts) {}

  /** Counts rows, so it reads whole tables, though of compressed chunks only little. */
  async segments(dataset: TierDataset): Promise<Segment[]> {
    const { pool } = this.parts;
    checkDataset(dataset);
    return (await listChunks(pool, dataset)) ?? listDays(pool, dataset);
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

  read(segment: Segment, options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterable<StoredEvent> {
    if (checkSegment(segment).dataset === "metrics") {
      throw new StorageError({
        code: "unsupported",
        message: "metric samples are no events; they cannot be read as such",
      });
    }
    checkObject("options", options);
    checkKeys("options", options, ["signal"]);
    return eventsOf(this.parts.reader.slices(rangeFilter(segment), "oldest", options.signal));
  }

  /** A chunk goes as a whole; what is no chunk goes row by row, in batches of their own transactions. */
  async drop(segment: Segment, options: { readonly expect: { readonly rows: number } }): Promise<{ rows: number }> {
    const { pool } = this.parts;
    checkSegment(segment);
    const expected = checkDropOptions(options);
    const rows = (await inChunks(pool, segment.dataset))
      ? await dropChunk(pool, segment, expected)
      : await dropRows(pool, segment, expected);
    return { rows };
  }

  async insert(events: readonly StoredEvent[]): Promise<{ inserted: number; duplicates: number; conflicts: number }> {
    // Without a pause before the writer has them: a close that is called now waits for what the writer has.
    const rows = checkStoredEvents(events);
    if (rows.length === 0) return { inserted: 0, duplicates: 0, conflicts: 0 };
    const { inserted, duplicates, rejected } = await this.parts.writer.append(rows);
    return { inserted, duplicates, conflicts: rejected.length };
  }

  lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    return this.parts.leases.acquire(name, ttlMs);
  }

  recordRun(run: RetentionRun): Promise<void> {
    return this.parts.runs.recordRun(run);
  }

  runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    return this.parts.runs.runs(options);
  }
}

function rangeFilter({ from, to }: Segment): NormalizedAuditFilter {
  return { from: from.getTime(), to: to.getTime(), texts: [], dryRun: undefined, payload: [] };
}
