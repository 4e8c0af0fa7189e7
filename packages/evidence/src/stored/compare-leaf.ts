import type { AuditEvent } from "@agent-assembly/storage-core";
import type { LeafReader } from "./leaf-reader.js";

/**
 * What a leaf says of an event: it stands for it, but for parts that were erased; it does not; parts of its event were erased, and it
 * does not stand for this one, which may be from before; or its tile or salts are damaged or missing.
 */
export type LeafComparison = "same" | "differs" | "erased" | "damaged";

/** Compares an event with the leaf that it is said to have. */
export async function compareWithLeaf(leaves: LeafReader, leaf: number, event: AuditEvent): Promise<LeafComparison> {
  const { isDamaged } = await leaves.place(leaf);
  const stored = (await leaves.leaf(leaf)) ?? (isDamaged ? undefined : await leaves.again(leaf));
  if (stored?.isWhole !== true) return "damaged";
  if (stored.isOf(event)) return "same";
  return stored.kept === undefined ? "differs" : "erased";
}
