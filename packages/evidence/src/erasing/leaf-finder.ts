import type { AuditKey, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { LeafIndex } from "../sealing/leaf-index.js";
import { KeyCursor } from "../sealing/key-cursor.js";

/** Keys that are read together: what is erased is often a small part of the events. */
const KEYS = 64;

const [EARLIEST, LATEST] = [new Date(-8.64e15), new Date(8.64e15)];

/** Finds the leaves of events. */
export class LeafFinder {
  private constructor(
    private readonly keys: KeyCursor,
    private readonly leaves: LeafIndex,
  ) {}

  /** @param position up to which events are sealed */
  static async open(support: EvidenceSupport, log: number, position: string): Promise<LeafFinder> {
    return new LeafFinder(new KeyCursor(support, position, KEYS), await LeafIndex.of(support, log, EARLIEST, LATEST));
  }

  /** `undefined` for an event that has no leaf. */
  async leafOf({ ts, eventId }: AuditKey): Promise<number | undefined> {
    const key = await this.keys.find({ ts, eventId });
    return key === undefined ? undefined : (this.leaves.leafOf(key.seq) ?? undefined);
  }
}
