import type { AppendResult, Rejection } from "@agent-assembly/storage-core";
import {
  CONFLICT_REASON,
  compareAuditKeys,
  type NormalizedEvent,
  sameContent,
} from "@agent-assembly/storage-core/backend";

/** One append call: its events that passed the door, and how to answer it. */
export interface PendingAppend {
  readonly events: readonly NormalizedEvent[];
  /** Their positions in the caller's array, where some did not pass. */
  readonly indexes: readonly number[] | undefined;
  /** UTF-16 code units of payload. */
  readonly size: number;
  /** `performance.now()` after which the call is given up. */
  readonly deadline: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Progress {
  inserted: number;
  duplicates: number;
  readonly rejected: Rejection[];
}

/** Appends that share a transaction: each key once, in the order of keys, and what became of each. */
export class AppendGroup {
  /** Each key's first event. */
  readonly events: readonly NormalizedEvent[];
  /** Whether several of the calls' events have one key. */
  readonly #repeats: boolean;

  constructor(readonly calls: readonly PendingAppend[]) {
    const all = calls.length === 1 ? (calls[0] as PendingAppend).events : calls.flatMap(({ events }) => events);
    const sorted = isSorted(all) ? all : all.toSorted(compareAuditKeys);
    const distinct = sorted.filter(
      (event, i) => i === 0 || compareAuditKeys(sorted[i - 1] as NormalizedEvent, event) !== 0,
    );
    this.#repeats = distinct.length !== sorted.length;
    this.events = this.#repeats ? distinct : sorted;
  }

  /** Answers when all keys were new. */
  allInserted(): void {
    if (this.#repeats) this.answer(() => undefined);
    else for (const call of this.calls) call.resolve({ inserted: call.events.length, duplicates: 0, rejected: [] });
  }

  /** @param storedBefore the event that had the key before; `undefined` when this group inserted it */
  answer(storedBefore: (event: NormalizedEvent) => NormalizedEvent | undefined): void {
    const first = new Map<string, NormalizedEvent>();
    for (const call of this.calls) {
      const progress: Progress = { inserted: 0, duplicates: 0, rejected: [] };
      for (const [i, event] of call.events.entries()) {
        const key = keyOf(event);
        const stored = storedBefore(event) ?? first.get(key);
        if (stored === undefined) {
          first.set(key, event);
          progress.inserted++;
        } else if (sameContent(stored, event)) progress.duplicates++;
        else progress.rejected.push({ index: call.indexes?.[i] ?? i, code: "conflict", reason: CONFLICT_REASON });
      }
      call.resolve(progress);
    }
  }

  reject(error: unknown): void {
    for (const call of this.calls) call.reject(error);
  }

  /** The same calls, each by itself. */
  divide(): AppendGroup[] {
    return this.calls.map((call) => new AppendGroup([call]));
  }

  get deadline(): number {
    return Math.min(...this.calls.map(({ deadline }) => deadline));
  }
}

export function keyOf({ ts, eventId }: Pick<NormalizedEvent, "ts" | "eventId">): string {
  return `${ts} ${eventId}`;
}

function isSorted(events: readonly NormalizedEvent[]): boolean {
  for (let i = 1; i < events.length; i++) {
    if (compareAuditKeys(events[i - 1] as NormalizedEvent, events[i] as NormalizedEvent) > 0) return false;
  }
  return true;
}
