import type { AuditKey, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { BatchIndex } from "../sealing/batch-index.js";
import { KeyCursor } from "../sealing/key-cursor.js";

/** Keys that are read together: what is erased is often a small part of the events. */
const KEYS = 64;

/** Finds the leaves of events. */
export class LeafFinder {
  private constructor(
    private readonly keys: KeyCursor,
    private readonly batches: BatchIndex,
  ) {}

  /** @param position up to which events are sealed */
  static async open(support: EvidenceSupport, log: number, position: string): Promise<LeafFinder> {
    return new LeafFinder(new KeyCursor(support, position, KEYS), await BatchIndex.read(support, log));
  }

  /** `undefined` for an event that has no leaf. */
  async leafOf({ ts, eventId }: AuditKey): Promise<number | undefined> {
    const key = await this.keys.find({ ts, eventId });
    return key === undefined ? undefined : this.batches.leafOf(key.seq);
  }
}
