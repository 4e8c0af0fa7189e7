import type { AuditEvent } from "@agent-assembly/storage-core";
import { areWhole, entryFrom, type KeptPart, type LeafSalts } from "../leaf/erased-entry.js";
import { eventLeafHash } from "../leaf/sealed-leaf.js";
import { sameBytes } from "../support/bytes.js";
import { leafHash } from "../tree/hash.js";

/** What a store has of the leaf of an event, beside its row. */
export class StoredLeaf implements LeafSalts {
  /** @param hash in the tree */
  constructor(
    readonly hash: Uint8Array,
    readonly seed: Uint8Array | undefined,
    readonly kept: readonly KeptPart[] | undefined,
  ) {}

  /** Whether events can be compared with it. */
  get isWhole(): boolean {
    return this.kept === undefined ? this.seed !== undefined : areWhole(this.kept);
  }

  /** Whether it is as sealing and erasures leave it. */
  get isSound(): boolean {
    return this.isWhole && (this.kept === undefined || this.seed === undefined);
  }

  /** Whether an event is the one that was sealed, but for parts that were erased. */
  isOf(event: AuditEvent): boolean {
    // Without the entry itself: a verification compares every event.
    if (this.kept === undefined && this.seed !== undefined)
      return sameBytes(eventLeafHash(event, this.seed), this.hash);
    const entry = this.entryOf(event);
    return entry !== undefined && sameBytes(leafHash(entry), this.hash);
  }

  /** The entry that an event gives; `undefined` for one that has other parts than those that are left. */
  entryOf(event: AuditEvent): Uint8Array | undefined {
    return entryFrom(event, this);
  }
}
