import type { AppendResult, Rejection } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  CONFLICT_REASON,
  type RestoredEvidence,
  sameContent,
  withoutParts,
} from "@agent-assembly/storage-core/backend";
import type Database from "better-sqlite3";
import type { DroppedCounts } from "../counts/dropped.js";
import { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { IdleCheckpoint } from "../driver/idle-checkpoint.js";
import type { WriteQueue } from "../driver/write-queue.js";
import type { CountFolder } from "../folding/folder.js";
import type { ErasedMarkers } from "./erased-markers.js";
import { EVENT_COLUMNS, type EventRow, fromRow, insertEvent } from "./rows.js";
import type { AuditTail } from "./tail.js";

/** One append call: its accepted events, and how to settle it. */
interface Pending {
  readonly events: readonly AuditEventRow[];
  readonly restored: boolean;
  readonly evidence: RestoredEvidence | undefined;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What is told of what was written. */
export interface AuditWriterParts {
  readonly checkpoint: IdleCheckpoint;
  readonly tail: Pick<AuditTail, "wake">;
  readonly counts: Pick<CountFolder, "appended">;
  /** Within the transaction. */
  readonly dropped: Pick<DroppedCounts, "takeBack">;
  /** Within the transaction. */
  readonly erased: Pick<ErasedMarkers, "of">;
}

/** The outcome so far for the events of one call. */
interface Progress {
  inserted: number;
  duplicates: number;
  readonly rejected: Rejection[];
}

/** A transaction takes further calls up to this many events; a call is never split. */
const GROUP_EVENTS = 4096;
/** ... and up to this much payload, in UTF-16 code units. */
const GROUP_SIZE = 8 * 1024 * 1024;
/** Number of calls in one turn of the event loop after which they are committed before the turn ends. */
const BURST_CALLS = 3500;
/** Approximate bytes that an event adds to the log, without its payload. */
const EVENT_LOG_BYTES = 600;
/** Number of events between two checks of the clock. */
const CHECK_EVERY = 64;

/**
 * Group commit: calls that arrive while a transaction is being written share the next one. Ten thousand single appends
 * cost a handful of disk syncs, and each is still durable when it resolves.
 */
export class AuditWriter {
  readonly #insert: Database.Statement<EventRow>;
  readonly #find: Database.Statement<[number, string], EventRow>;
  /** Made when it is used: rows are restored rarely. */
  #move: Database.Statement<[number, number, number | bigint, string, string]> | undefined;
  #pending: Pending[] = [];
  #drained: Promise<void> | undefined;
  /** While it is set, the drain writes waiting calls. */
  #draining = false;

  constructor(
    private readonly queue: WriteQueue,
    private readonly parts: AuditWriterParts,
  ) {
    const columns = EVENT_COLUMNS.join(", ");
    const places = EVENT_COLUMNS.map(() => "?").join(", ");
    this.#insert = queue.connection.prepare<EventRow>(
      `INSERT INTO audit_events (${columns}) VALUES (${places}) ON CONFLICT (ts, event_id) DO NOTHING`,
    );
    this.#find = queue.connection
      .prepare<[number, string], EventRow>(`SELECT ${columns} FROM audit_events WHERE ts = ? AND event_id = ?`)
      .raw() as Database.Statement<[number, string], EventRow>;
  }

  /**
   * Conflicts are rejected with their positions in `events`.
   * @param restored whether they come from an archive
   * @param evidence the leaves that they had
   */
  append(
    events: readonly AuditEventRow[],
    restored: boolean,
    evidence?: RestoredEvidence | undefined,
  ): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ events, restored, evidence, resolve, reject });
      this.#drained ??= this.#drain();
      if (this.#pending.length >= BURST_CALLS && !this.#draining) this.#commitBurst();
    });
  }

  /** Resolves when every append called so far has settled. */
  async idle(): Promise<void> {
    await this.#drained;
  }

  async #drain(): Promise<void> {
    // Calls made in the same turn as the first one share its transaction.
    await Promise.resolve();
    this.#draining = true;
    while (this.#pending.length > 0) {
      const group = this.#takeGroup();
      try {
        this.#answer(group, await this.#commit(group));
      } catch (error) {
        await this.#afterFailure(group, error);
      }
    }
    this.#draining = false;
    this.#drained = undefined;
    this.parts.checkpoint.idle();
  }

  /**
   * Commits the calls of a burst while the caller is still making them. Thousands of waiting events would leave the
   * young generation, and collecting them takes half as long as inserting them.
   */
  #commitBurst(): void {
    const group = this.#takeGroup();
    const results: AppendResult[] = [];
    try {
      const written = this.queue.transactionNow(() => {
        for (const pending of group) {
          const progress: Progress = { inserted: 0, duplicates: 0, rejected: [] };
          this.#write(pending, 0, pending.events.length, progress);
          results.push(progress);
        }
      });
      if (written) {
        this.#answer(group, results);
        return;
      }
    } catch {
      // Rolled back as a whole. The drain repeats it and settles each call with its outcome.
    }
    this.#pending = [...group, ...this.#pending];
    this.#draining = true;
  }

  #takeGroup(): Pending[] {
    let eventCount = 0;
    let size = 0;
    let calls = 0;
    for (const { events } of this.#pending) {
      eventCount += events.length;
      for (const event of events) size += event.payload?.length ?? 0;
      if (calls > 0 && (eventCount > GROUP_EVENTS || size > GROUP_SIZE)) break;
      calls++;
    }
    return this.#pending.splice(0, calls);
  }

  #commit(group: readonly Pending[]): Promise<AppendResult[]> {
    return this.queue.transaction(async () => {
      const yielder = new EventLoopYielder();
      const results: AppendResult[] = [];
      let unchecked = 0;
      for (const pending of group) {
        const progress: Progress = { inserted: 0, duplicates: 0, rejected: [] };
        // Small calls arrive by the thousand, so they are written without a promise each.
        for (let from = 0; from < pending.events.length; from += CHECK_EVERY) {
          const to = Math.min(from + CHECK_EVERY, pending.events.length);
          this.#write(pending, from, to, progress);
          unchecked += to - from;
          if (unchecked < CHECK_EVERY) continue;
          unchecked = 0;
          const pause = yielder.due();
          if (pause !== undefined) await pause;
        }
        results.push(progress);
      }
      return results;
    });
  }

  #answer(group: readonly Pending[], results: readonly AppendResult[]): void {
    this.parts.checkpoint.wrote(logBytes(group));
    this.parts.tail.wake();
    this.parts.counts.appended(results.reduce((sum, { inserted }) => sum + inserted, 0));
    for (const [i, { resolve }] of group.entries()) resolve(results[i] as AppendResult);
  }

  /** A call that fails for its own reasons, such as filling the disk, must not fail its group. */
  async #afterFailure(group: readonly Pending[], error: unknown): Promise<void> {
    if (group.length === 1) {
      group[0]?.reject(error);
      return;
    }
    for (const pending of group) {
      try {
        this.#answer([pending], await this.#commit([pending]));
      } catch (own) {
        pending.reject(own);
      }
    }
  }

  #write({ events, restored, evidence }: Pending, from: number, to: number, progress: Progress): void {
    for (let index = from; index < to; index++) {
      const event = events[index] as AuditEventRow;
      // Whatever an archive still has: what was erased does not come back.
      const row = restored ? this.#left(event) : event;
      const { changes, lastInsertRowid } = insertEvent(this.#insert, row);
      if (changes === 1) {
        progress.inserted++;
        if (restored) this.parts.dropped.takeBack(row);
        if (evidence !== undefined) this.#keepLeaf(evidence, index, lastInsertRowid);
        continue;
      }
      const stored = fromRow(this.#find.get(event.ts, event.eventId) as EventRow);
      // One that is marked as erased may have come again since, with all its parts.
      if (sameContent(stored, event) || sameContent(stored, this.#left(event))) progress.duplicates++;
      else progress.rejected.push({ index, code: "conflict", reason: CONFLICT_REASON });
    }
  }

  /** The row takes the place of the one that the leaf stood for. */
  #keepLeaf({ log, leaves, archive, manifest }: RestoredEvidence, index: number, seq: number | bigint): void {
    const leaf = leaves[index] ?? null;
    if (leaf === null) return;
    this.#move ??= this.queue.connection.prepare(
      "INSERT OR REPLACE INTO evidence_moved (log, leaf, seq, archive, manifest) VALUES (?, ?, ?, ?, ?)",
    );
    this.#move.run(log, leaf, seq, archive, manifest);
  }

  /** What is left of an event that has lost parts. */
  #left(event: AuditEventRow): AuditEventRow {
    const parts = this.parts.erased.of(event);
    return parts === undefined ? event : withoutParts(event, parts);
  }
}

function logBytes(group: readonly Pending[]): number {
  let bytes = 0;
  for (const { events } of group) {
    for (const { payload } of events) bytes += EVENT_LOG_BYTES + (payload?.length ?? 0);
  }
  return bytes;
}
