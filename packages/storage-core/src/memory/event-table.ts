import { compareAuditKeys } from "../audit/paging.js";
import type { AuditEventRow } from "../audit/row.js";
import type { AuditOrder } from "../audit/store.js";

/** Events by key and by commit order. Sorted on demand: appending in bulk must not sort each time. */
export class EventTable {
  readonly #byKey = new Map<string, AuditEventRow>();
  #committed: [sequence: number, event: AuditEventRow][] = [];
  #sorted: AuditEventRow[] | undefined = [];
  #sequence = 0;

  /** Sequence number of the newest commit; 0 when there was none. */
  get sequence(): number {
    return this.#sequence;
  }

  /** @returns the event that holds the key already, in which case nothing is stored */
  insert(event: AuditEventRow): AuditEventRow | undefined {
    const key = keyOf(event);
    const stored = this.#byKey.get(key);
    if (stored !== undefined) return stored;
    this.#byKey.set(key, event);
    this.#committed.push([++this.#sequence, event]);
    this.#sorted = undefined;
    return undefined;
  }

  ordered(order: AuditOrder): readonly AuditEventRow[] {
    this.#sorted ??= [...this.#byKey.values()].sort(compareAuditKeys);
    return order === "oldest" ? this.#sorted : this.#sorted.toReversed();
  }

  committedAfter(sequence: number): readonly [sequence: number, event: AuditEventRow][] {
    let low = 0;
    let high = this.#committed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#committed[middle] as [number, AuditEventRow])[0] <= sequence) low = middle + 1;
      else high = middle;
    }
    return this.#committed.slice(low);
  }

  remove(events: readonly AuditEventRow[]): void {
    const gone = new Set(events);
    for (const event of events) this.#byKey.delete(keyOf(event));
    this.#committed = this.#committed.filter(([, event]) => !gone.has(event));
    this.#sorted = undefined;
  }
}

function keyOf(event: AuditEventRow): string {
  return `${event.ts} ${event.eventId}`;
}
