import { isStorageError } from "@agent-assembly/storage-core";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import type { Checkpoint } from "../note/checkpoint.js";
import { sameBytes } from "../support/bytes.js";
import { verifyConsistency } from "../tree/verify.js";
import { type Anchor, type AnchoredHead, anchorName, type ConsistencyProver } from "./anchor.js";
import type { AnchorReceipt } from "./receipt.js";

/** What is needed beside the anchors. */
export interface CheckAnchorsOptions {
  /** Proves that the log continues what the anchors have; `TreeReader` does. */
  readonly tree: ConsistencyProver;
  /** Receipts that are kept: they tell how old the last one of an anchor is that cannot be reached. @default none */
  readonly receipts?: readonly Pick<AnchorReceipt, "anchor" | "where" | "at">[] | undefined;
  /** @default the system's clock */
  readonly now?: (() => Date) | undefined;
}

/** What the anchors say about a log. */
export interface AnchorCheck {
  readonly findings: readonly Finding[];
  /** What could not be checked, and is no pass. */
  readonly unchecked: readonly string[];
  /** Anchors whose newest checkpoint the log continues. */
  readonly confirmed: readonly AnchoredHead[];
}

/**
 * Compares a log with the newest checkpoint at each anchor: one of more leaves means that the log was set back (`rollback`), one
 * that the log does not continue that its history was written anew (`history_forked`). Ask before signing: a restored backup
 * would sign a second history.
 * @param head of the log
 */
export async function checkAnchors(
  head: Checkpoint,
  anchors: readonly Anchor[],
  { tree, receipts = [], now = () => new Date() }: CheckAnchorsOptions,
): Promise<AnchorCheck> {
  const findings: Finding[] = [];
  const unchecked: string[] = [];
  const confirmed: AnchoredHead[] = [];
  for (const anchor of anchors) {
    try {
      const known = await anchor.newest(head.origin);
      // What keeps nothing, or has nothing yet, says nothing.
      if (known === undefined) continue;
      const finding = await compare(head, known, tree);
      if (finding === undefined) confirmed.push(known);
      else findings.push(finding);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      unchecked.push(`${anchorName(anchor)}: ${error.message} ${ageText(anchor, receipts, now())}`);
    }
  }
  return { findings, unchecked, confirmed };
}

async function compare(head: Checkpoint, known: AnchoredHead, tree: ConsistencyProver): Promise<Finding | undefined> {
  const { source, size, root } = known;
  if (size > head.size) {
    return {
      code: "rollback",
      leaf: head.size,
      detail: `${source} has ${leaves(size)}, this log ${leaves(head.size)}`,
    };
  }
  const detail = `${source} has another tree of ${leaves(size)} than this log`;
  if (size === head.size) return sameBytes(root, head.root) ? undefined : { code: "history_forked", detail };
  try {
    verifyConsistency(await tree.consistencyProof(size, head.size), known, head);
    return undefined;
  } catch (error) {
    if (isEvidenceError(error, "proof_invalid")) return { code: "history_forked", detail };
    throw error;
  }
}

function leaves(size: number): string {
  return `${size.toLocaleString("en-US")} leaves`;
}

function ageText({ kind, where }: Anchor, receipts: CheckAnchorsOptions["receipts"] = [], now: Date): string {
  const times = receipts.filter((one) => one.anchor === kind && one.where === where).map(({ at }) => at.getTime());
  if (times.length === 0) return "There is no receipt of it.";
  const minutes = Math.max(0, Math.round((now.getTime() - Math.max(...times)) / 60_000));
  if (minutes < 120) return `Its last receipt is ${minutes} minutes old.`;
  return minutes < 2_880
    ? `Its last receipt is ${Math.round(minutes / 60)} hours old.`
    : `Its last receipt is ${Math.round(minutes / 1_440)} days old.`;
}
