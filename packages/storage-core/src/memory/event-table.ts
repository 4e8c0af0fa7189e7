import type { RestoredEvidence } from "../audit/driver.js";
import { type AuditKey, compareAuditKeys } from "../audit/paging.js";
import { type AuditEventRow, sameContent } from "../audit/row.js";
import type { AuditOrder } from "../audit/store.js";
import type { ErasedParts } from "../erasure/driver.js";
import { withoutParts } from "../erasure/event-parts.js";
import type { EvidenceMove } from "../evidence/log.js";
import { type BeforeChange, ignoreChange } from "../records/before-change.js";
import { DroppedCounts } from "./dropped-counts.js";

/**
 * A change of a {@link MemoryEventTable}; plain data. Inserted rows are in commit order, `restored` when they come from an
 * archive; `evidence` has their leaves, by place. Removed ones stay counted unless they are `uncounted`. Erased rows take the place of
 * those with the same keys; markers, that of markers.
 */
export type EventChange =
  | { readonly inserted: readonly AuditEventRow[]; readonly restored?: true; readonly evidence?: RestoredEvidence }
  | { readonly removed: readonly AuditKey[]; readonly uncounted?: true }
  | { readonly erased: readonly AuditEventRow[]; readonly markers: readonly ErasedParts[] };

/** What became of a row. A duplicate has the content of the stored one, a conflict another. */
export type InsertOutcome = "inserted" | "duplicate" | "conflict";

/** Events by key and by commit order. Sorted on demand: appending in bulk must not sort each time. */
export class MemoryEventTable {
  readonly #byKey = new Map<string, AuditEventRow>();
  #committed: [sequence: number, event: AuditEventRow][] = [];
  #sorted: AuditEventRow[] | undefined = [];
  #sequence = 0;
  readonly #markers = new Map<string, readonly string[]>();
  /** Of removed rows. */
  readonly dropped = new DroppedCounts();
  /** By number of the row: the leaf that it has since it was restored. */
  readonly #moved = new Map<number, EvidenceMove & { readonly log: number }>();

  /** Sequence number of the newest commit; 0 when there was none. */
  get sequence(): number {
    return this.#sequence;
  }

  /** @param beforeChange default: nothing is called */
  constructor(private readonly beforeChange: BeforeChange<EventChange> = ignoreChange) {}

  /**
   * Stores the rows whose keys are free, all in one change. Of events that have lost parts, a row is compared, and from an archive
   * stored, without them.
   * @param restored whether they come from an archive
   * @param evidence their leaves
   * @returns what became of each row, in their order
   */
  insert(rows: readonly AuditEventRow[], restored = false, evidence?: RestoredEvidence): InsertOutcome[] {
    const fresh = new Map<string, AuditEventRow>();
    const leaves: (number | null)[] = [];
    const outcomes = rows.map((row, place): InsertOutcome => {
      const key = keyOf(row);
      const stored = this.#byKey.get(key) ?? fresh.get(key);
      const erased = this.#markers.get(key);
      const left = erased === undefined ? row : withoutParts(row, erased);
      if (stored !== undefined) {
        return sameContent(stored, row) || sameContent(stored, left) ? "duplicate" : "conflict";
      }
      fresh.set(key, restored ? left : row);
      leaves.push(evidence?.leaves[place] ?? null);
      return "inserted";
    });
    if (fresh.size > 0) {
      const inserted = [...fresh.values()];
      this.#change({
        inserted,
        ...(restored && { restored }),
        ...(evidence !== undefined && { evidence: { ...evidence, leaves } }),
      });
    }
    return outcomes;
  }

  /** Removes rows by their keys. @param keepCounts whether they stay counted */
  remove(rows: readonly AuditKey[], keepCounts = true): void {
    const removed = rows.map(({ ts, eventId }) => ({ ts, eventId }));
    if (rows.length > 0) this.#change({ removed, ...(!keepCounts && { uncounted: true }) });
  }

  /** What markers there are of events, which may be in the table or not. */
  erased(keys: readonly AuditKey[]): ErasedParts[] {
    return keys.flatMap(({ ts, eventId }) => {
      const parts = this.#markers.get(keyOf({ ts, eventId }));
      return parts === undefined ? [] : [{ ts, eventId, parts }];
    });
  }

  /** The row of an event. */
  find(key: AuditKey): AuditEventRow | undefined {
    return this.#byKey.get(keyOf(key));
  }

  /** Replaces rows and markers, as one change. */
  erase(erased: readonly AuditEventRow[], markers: readonly ErasedParts[]): void {
    this.#change({ erased, markers });
  }

  /** Makes a change again that `beforeChange` was called with, and does not call it. */
  apply(change: EventChange): void {
    this.#sorted = undefined;
    if ("inserted" in change) {
      for (const [place, row] of change.inserted.entries()) {
        this.#byKey.set(keyOf(row), row);
        this.#committed.push([++this.#sequence, row]);
        const leaf = change.evidence?.leaves[place] ?? null;
        if (leaf !== null && change.evidence !== undefined) {
          const { log, archive, manifest } = change.evidence;
          this.#moved.set(this.#sequence, { log, leaf, seq: this.#sequence, archive, manifest });
        }
        if (change.restored) this.dropped.remove(row);
      }
      return;
    }
    if ("erased" in change) {
      const next = new Map(change.erased.map((row) => [keyOf(row), row]));
      for (const [key, row] of next) this.#byKey.set(key, row);
      this.#committed = this.#committed.map(([sequence, row]) => [sequence, next.get(keyOf(row)) ?? row]);
      for (const marker of change.markers) this.#markers.set(keyOf(marker), marker.parts);
      return;
    }
    const gone = new Set(change.removed.map(keyOf));
    for (const key of gone) {
      const row = this.#byKey.get(key);
      if (row !== undefined && !change.uncounted) this.dropped.add(row);
      this.#byKey.delete(key);
    }
    this.#committed = this.#committed.filter(([, row]) => !gone.has(keyOf(row)));
  }

  /** All rows. */
  ordered(order: AuditOrder): readonly AuditEventRow[] {
    this.#sorted ??= [...this.#byKey.values()].sort(compareAuditKeys);
    return order === "oldest" ? this.#sorted : this.#sorted.toReversed();
  }

  /** Rows in commit order, from behind a sequence number. @param limit default: all */
  committedAfter(sequence: number, limit?: number): readonly [sequence: number, event: AuditEventRow][] {
    let low = 0;
    let high = this.#committed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#committed[middle] as [number, AuditEventRow])[0] <= sequence) low = middle + 1;
      else high = middle;
    }
    return this.#committed.slice(low, limit === undefined ? undefined : low + limit);
  }

  /** The leaf that a row has since it was restored. */
  moveOf(sequence: number): (EvidenceMove & { readonly log: number }) | undefined {
    return this.#moved.get(sequence);
  }

  /** The newest row of each leaf that has another one since it was restored. */
  moves(log: number): EvidenceMove[] {
    const newest = new Map<number, EvidenceMove>();
    for (const { log: of, ...move } of this.#moved.values()) if (of === log) newest.set(move.leaf, move);
    return [...newest.values()].sort((a, b) => a.leaf - b.leaf);
  }

  #change(change: EventChange): void {
    this.beforeChange(change);
    this.apply(change);
  }
}

function keyOf(event: AuditKey): string {
  return `${event.ts} ${event.eventId}`;
}
