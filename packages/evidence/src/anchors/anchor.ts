import type { AnchorReceipt } from "./receipt.js";

/** Proves that a tree continues an earlier one of itself, as `TreeReader` does. */
export interface ConsistencyProver {
  consistencyProof(oldSize: number, size?: number): Promise<Uint8Array[]>;
}

/** The newest checkpoint that is known of a log outside of it. */
export interface AnchoredHead {
  /** Where it is known from, for people. */
  readonly source: string;
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** The signed note, where the anchor keeps it; not verified. */
  readonly note?: string | undefined;
}

/**
 * A place for checkpoints that the operator of the log cannot change: with it, a log whose end was cut off, or whose history was
 * written anew, is found. Implement it for a place of your own.
 */
export interface Anchor {
  /** Such as `file`, `s3-lock`, `rfc3161` or `witness`. */
  readonly kind: string;
  /** Where it is, without secrets. */
  readonly where: string;
  /**
   * Puts a checkpoint there. One that is there already is no error.
   * @param checkpoint the signed note
   * @param tree of which the checkpoint is, or a later one; a witness asks it for proofs
   * @throws `StorageError`: `conflict` where another history is there; `unavailable` and `timeout`, after which it can be repeated
   */
  put(checkpoint: string, tree: ConsistencyProver): Promise<AnchorReceipt>;
  /**
   * @param origin name of the log
   * @returns `undefined` where nothing is known of the log, or the anchor keeps nothing, as time-stamping authorities do
   * @throws `StorageError` as {@link put}; `corrupt` for what is no checkpoint
   */
  newest(origin: string): Promise<AnchoredHead | undefined>;
}

/** The anchor as messages name it. */
export function anchorName({ kind, where }: Pick<Anchor, "kind" | "where">): string {
  return `the ${kind} anchor ${where}`;
}
