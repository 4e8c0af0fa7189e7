import {
  type AppendResult,
  CONFLICT_REASON,
  type NormalizedEvent,
  type Rejection,
  sameContent,
} from "@agent-assembly/storage-core";
import type Database from "better-sqlite3";
import { Breather } from "./breather.js";
import { EVENT_COLUMNS, type EventRow, fromRow, toRow } from "./rows.js";
import type { WriteQueue } from "./write-queue.js";

/** One append call: its events that passed the door. */
export interface AppendCall {
  readonly events: readonly NormalizedEvent[];
  /** Their positions in the caller's array, where some did not pass. */
  readonly indexes?: readonly number[] | undefined;
}

/** What became of the events of one call so far. */
interface Progress {
  inserted: number;
  duplicates: number;
  readonly rejected: Rejection[];
}

interface Pending {
  readonly call: AppendCall;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A transaction takes further calls up to this many events; one call is never divided. */
const GROUP_EVENTS = 4096;
/** ... and up to this much payload, in UTF-16 code units. */
const GROUP_SIZE = 8 * 1024 * 1024;
/** Events between two looks at the clock. */
const CHECK_EVERY = 64;

/**
 * Group commit: calls that arrive while a transaction is being written share the next one, so that ten thousand single
 * appends cost a handful of disk syncs and each is still durable when it resolves.
 */
export class AuditWriter {
  readonly #insert: Database.Statement<[EventRow]>;
  readonly #find: Database.Statement<[number, string], EventRow>;
  #pending: Pending[] = [];
  #drained: Promise<void> | undefined;

  constructor(
    private readonly queue: WriteQueue,
    private readonly onCommit: () => void,
  ) {
    const columns = EVENT_COLUMNS.join(", ");
    const places = EVENT_COLUMNS.map(() => "?").join(", ");
    this.#insert = queue.connection.prepare<[EventRow]>(
      `INSERT INTO audit_events (${columns}) VALUES (${places}) ON CONFLICT (ts, event_id) DO NOTHING`,
    );
    this.#find = queue.connection
      .prepare<[number, string], EventRow>(`SELECT ${columns} FROM audit_events WHERE ts = ? AND event_id = ?`)
      .raw() as Database.Statement<[number, string], EventRow>;
  }

  append(call: AppendCall): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ call, resolve, reject });
      this.#drained ??= this.#drain();
    });
  }

  /** Resolves when every append that was called so far has been answered. */
  async idle(): Promise<void> {
    await this.#drained;
  }

  async #drain(): Promise<void> {
    // Calls made in the same turn as the first one belong into the same transaction.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const group = this.#takeGroup();
      try {
        const results = await this.#commit(group);
        this.onCommit();
        for (const [i, { resolve }] of group.entries()) resolve(results[i] as AppendResult);
      } catch (error) {
        await this.#afterFailure(group, error);
      }
    }
    this.#drained = undefined;
  }

  #takeGroup(): Pending[] {
    let events = 0;
    let size = 0;
    let count = 0;
    for (const { call } of this.#pending) {
      events += call.events.length;
      for (const event of call.events) size += event.payload?.length ?? 0;
      if (count > 0 && (events > GROUP_EVENTS || size > GROUP_SIZE)) break;
      count++;
    }
    return this.#pending.splice(0, count);
  }

  #commit(group: readonly Pending[]): Promise<AppendResult[]> {
    return this.queue.transaction(async () => {
      const breather = new Breather();
      const results: AppendResult[] = [];
      let unchecked = 0;
      for (const { call } of group) {
        const progress: Progress = { inserted: 0, duplicates: 0, rejected: [] };
        // Small calls come by the thousand: they are written without a promise of their own.
        for (let from = 0; from < call.events.length; from += CHECK_EVERY) {
          const to = Math.min(from + CHECK_EVERY, call.events.length);
          this.#write(call, from, to, progress);
          unchecked += to - from;
          if (unchecked < CHECK_EVERY) continue;
          unchecked = 0;
          const pause = breather.due();
          if (pause !== undefined) await pause;
        }
        results.push(progress);
      }
      return results;
    });
  }

  /** A call that fails by its own doing, such as filling the disk, must not take its group with it. */
  async #afterFailure(group: readonly Pending[], error: unknown): Promise<void> {
    if (group.length === 1) {
      group[0]?.reject(error);
      return;
    }
    for (const pending of group) {
      try {
        const [result] = await this.#commit([pending]);
        this.onCommit();
        pending.resolve(result as AppendResult);
      } catch (own) {
        pending.reject(own);
      }
    }
  }

  #write({ events, indexes }: AppendCall, from: number, to: number, progress: Progress): void {
    for (let i = from; i < to; i++) {
      const event = events[i] as NormalizedEvent;
      if (this.#insert.run(toRow(event)).changes === 1) {
        progress.inserted++;
        continue;
      }
      const stored = this.#find.get(event.ts, event.eventId) as EventRow;
      if (sameContent(fromRow(stored), event)) progress.duplicates++;
      else progress.rejected.push({ index: indexes?.[i] ?? i, code: "conflict", reason: CONFLICT_REASON });
    }
  }
}
