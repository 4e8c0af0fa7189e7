import { throwIfAborted } from "../abort.js";
import type { NormalizedEvent } from "../audit/normalize.js";
import { sameContent, toAuditEvent } from "../audit/stored.js";
import { StorageError } from "../errors.js";
import { checkKeys, checkObject } from "../input.js";
import { compareText } from "../text.js";
import { utcDay } from "../tiers/days.js";
import {
  checkDataset,
  checkDropOptions,
  checkLease,
  checkRun,
  checkRunsLimit,
  checkSegment,
  checkStoredEvents,
  leaseOwner,
  tierErrors,
} from "../tiers/normalize.js";
import type { Lease, RetentionRun, Segment, StoredEvent, TierDataset, TierStore } from "../tiers/store.js";
import type { Clock } from "../time/clock.js";
import type { EventTable } from "./event-table.js";

export class MemoryTierStore implements TierStore {
  readonly #leases = new Map<string, { owner: string; expiresAt: number }>();
  readonly #runs = new Map<string, RetentionRun>();

  constructor(
    private readonly table: EventTable,
    private readonly clock: Clock,
    private readonly onInsert: () => void,
  ) {}

  async segments(dataset: TierDataset): Promise<Segment[]> {
    if (checkDataset(dataset) === "metrics") return [];
    const days = new Map<string, { -readonly [K in keyof Segment]: Segment[K] }>();
    for (const event of this.table.ordered("oldest")) {
      const day = utcDay(event.ts);
      const segment = days.get(day.id) ?? { dataset, ...day, rows: 0, bytes: 0, tier: "hot" as const };
      segment.rows++;
      segment.bytes += Buffer.byteLength(JSON.stringify(event));
      days.set(day.id, segment);
    }
    return [...days.values()];
  }

  async compress(segment: Segment): Promise<Segment> {
    checkSegment(segment);
    throw new StorageError({
      code: "unsupported",
      message: "the memory backend cannot compress segments; see its capabilities",
    });
  }

  read(segment: Segment, options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterable<StoredEvent> {
    checkAudit(segment);
    checkObject("options", options);
    checkKeys("options", options, ["signal"]);
    return this.#read(this.#rows(segment), options.signal);
  }

  async *#read(rows: readonly NormalizedEvent[], signal: AbortSignal | undefined): AsyncGenerator<StoredEvent> {
    for (const row of rows) {
      throwIfAborted(signal);
      yield toAuditEvent(row);
    }
  }

  async drop(segment: Segment, options: { readonly expect: { readonly rows: number } }): Promise<{ rows: number }> {
    checkAudit(segment);
    const expected = checkDropOptions(options);
    const rows = this.#rows(segment);
    if (rows.length !== expected) throw tierErrors.changed(expected, rows.length);
    this.table.remove(rows);
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

  async lease(name: string, ttlMs: number): Promise<Lease | undefined> {
    checkLease(name, ttlMs);
    const owner = leaseOwner();
    const held = this.#leases.get(name);
    if (held !== undefined && held.expiresAt > this.clock()) return undefined;
    let expiresAt = this.clock() + ttlMs;
    this.#leases.set(name, { owner, expiresAt });
    const isMine = (): boolean => this.#leases.get(name)?.owner === owner;
    const release = async (): Promise<void> => {
      if (isMine()) this.#leases.delete(name);
    };
    return {
      name,
      get expiresAt() {
        return new Date(expiresAt);
      },
      renew: async () => {
        if (!isMine() || expiresAt <= this.clock()) return false;
        expiresAt = this.clock() + ttlMs;
        this.#leases.set(name, { owner, expiresAt });
        return true;
      },
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  async recordRun(run: RetentionRun): Promise<void> {
    checkRun(run);
    if (this.#runs.has(run.runId)) throw tierErrors.duplicateRun();
    this.#runs.set(run.runId, structuredClone(run));
  }

  async runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    const limit = checkRunsLimit(options);
    return [...this.#runs.values()]
      .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || compareText(b.runId, a.runId))
      .slice(0, limit)
      .map((run) => structuredClone(run));
  }

  #rows(segment: Segment): NormalizedEvent[] {
    const from = segment.from.getTime();
    const to = segment.to.getTime();
    return this.table.ordered("oldest").filter((event) => event.ts >= from && event.ts < to);
  }
}

function checkAudit(segment: Segment): void {
  if (checkSegment(segment).dataset === "metrics") throw tierErrors.metricsInMemory();
}
