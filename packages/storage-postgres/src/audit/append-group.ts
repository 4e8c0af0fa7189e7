import type { AppendResult, Rejection } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  CONFLICT_REASON,
  compareAuditKeys,
  type RestoredEvidence,
  sameContent,
} from "@agent-assembly/storage-core/backend";

/** Whether the server sets `recordedAt`, or the events keep theirs; those of an archive may have been dropped here before. */
export type AppendSource = "now" | "dated" | "archive";

/** One append call: its accepted events, and how to settle it. */
export interface PendingAppend {
  readonly events: readonly AuditEventRow[];
  readonly source: AppendSource;
  /** Leaves of events of an archive. */
  readonly evidence?: RestoredEvidence | undefined;
  /** UTF-16 code units of payload. */
  readonly size: number;
  /** `performance.now()` after which the call fails. */
  readonly deadline: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Progress {
  inserted: number;
  duplicates: number;
  readonly rejected: Rejection[];
}

/** Appends that share a transaction: each key once, in key order, and the outcome of each. */
export class AppendGroup {
  /** Each key's first event. */
  readonly events: readonly AuditEventRow[];
  /** Whether several events of the calls have the same key. */
  readonly #repeats: boolean;

  constructor(readonly calls: readonly PendingAppend[]) {
    const all = calls.length === 1 ? (calls[0] as PendingAppend).events : calls.flatMap(({ events }) => events);
    if (all.length === 1) {
      this.#repeats = false;
      this.events = all;
      return;
    }
    const sorted = isSorted(all) ? all : all.toSorted(compareAuditKeys);
    const distinct = sorted.filter(
      (event, i) => i === 0 || compareAuditKeys(sorted[i - 1] as AuditEventRow, event) !== 0,
    );
    this.#repeats = distinct.length !== sorted.length;
    this.events = this.#repeats ? distinct : sorted;
  }

  /** Settles the calls when all keys were new. */
  allInserted(): void {
    if (this.#repeats) this.answer(() => undefined, sameContent);
    else for (const call of this.calls) call.resolve({ inserted: call.events.length, duplicates: 0, rejected: [] });
  }

  /**
   * @param storedBefore the event already stored under the key; `undefined` when this group inserted it
   * @param isSame whether an event has the content of one that came before it
   */
  answer(
    storedBefore: (event: AuditEventRow) => AuditEventRow | undefined,
    isSame: (event: AuditEventRow, before: AuditEventRow) => boolean,
  ): void {
    const first = new Map<string, AuditEventRow>();
    for (const call of this.calls) {
      const progress: Progress = { inserted: 0, duplicates: 0, rejected: [] };
      for (const [index, event] of call.events.entries()) {
        const key = keyOf(event);
        const stored = storedBefore(event) ?? first.get(key);
        if (stored === undefined) {
          first.set(key, event);
          progress.inserted++;
        } else if (isSame(event, stored)) progress.duplicates++;
        else progress.rejected.push({ index, code: "conflict", reason: CONFLICT_REASON });
      }
      call.resolve(progress);
    }
  }

  reject(error: unknown): void {
    for (const call of this.calls) call.reject(error);
  }

  /** The same calls, each in its own group. */
  divide(): AppendGroup[] {
    return this.calls.map((call) => new AppendGroup([call]));
  }

  /** Calls of a group are alike. */
  get source(): AppendSource {
    return this.calls[0]?.source ?? "now";
  }

  /** The leaves of its events; a call that has some is a group alone. */
  get evidence(): RestoredEvidence | undefined {
    return this.calls[0]?.evidence;
  }

  /** Whether they keep their `recordedAt`, which the server sets otherwise. */
  get restored(): boolean {
    return this.source !== "now";
  }

  get deadline(): number {
    return Math.min(...this.calls.map(({ deadline }) => deadline));
  }
}

export function keyOf({ ts, eventId }: Pick<AuditEventRow, "ts" | "eventId">): string {
  return `${ts} ${eventId}`;
}

function isSorted(events: readonly AuditEventRow[]): boolean {
  for (let i = 1; i < events.length; i++) {
    if (compareAuditKeys(events[i - 1] as AuditEventRow, events[i] as AuditEventRow) > 0) return false;
  }
  return true;
}
