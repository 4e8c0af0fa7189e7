import { type AnchorReceipt, receiptName } from "../anchors/receipt.js";
import { isEvidenceError } from "../errors.js";
import { parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";

interface Chosen {
  /** The one of the largest tree that the export's checkpoint has. */
  newest?: SizedReceipt;
  /** The one of the smallest tree that has all of the range: the earliest witness of it. */
  first?: SizedReceipt;
  /** Of a larger tree than the checkpoint. */
  larger?: SizedReceipt;
}

/** A receipt, and the leaves of its tree. */
export interface SizedReceipt {
  readonly receipt: AnchorReceipt;
  readonly size: number;
}

/**
 * Of each anchor at most three receipts: an anchor may have one for every minute.
 * @param size leaves of the exported tree
 * @param covered leaves of the smallest tree that has all of the range
 */
export async function chooseReceipts(
  receipts: AsyncIterable<AnchorReceipt>,
  size: number,
  covered: number,
): Promise<SizedReceipt[]> {
  const chosen = new Map<string, Chosen>();
  const broken: SizedReceipt[] = [];
  for await (const receipt of receipts) {
    const sized = { receipt, size: sizeOf(receipt) };
    // The verifier finds what is wrong with it.
    if (sized.size === -1) broken.push(sized);
    else choose(chosen, sized, size, covered);
  }
  const all = [...chosen.values()].flatMap(({ first, newest, larger }) => [first, newest, larger]);
  return [...new Set([...broken, ...all])].filter((one) => one !== undefined);
}

function choose(all: Map<string, Chosen>, one: SizedReceipt, size: number, covered: number): void {
  const name = receiptName(one.receipt);
  const chosen = all.get(name) ?? {};
  all.set(name, chosen);
  if (one.size > size) {
    if (one.size > (chosen.larger?.size ?? -1)) chosen.larger = one;
    return;
  }
  if (one.size >= covered && one.size < (chosen.first?.size ?? Number.POSITIVE_INFINITY)) chosen.first = one;
  if (one.size > (chosen.newest?.size ?? -1)) chosen.newest = one;
}

/** -1 for what is no checkpoint. */
function sizeOf({ checkpoint }: AnchorReceipt): number {
  try {
    return parseCheckpoint(splitNote(checkpoint).text).size;
  } catch (error) {
    if (isEvidenceError(error)) return -1;
    throw error;
  }
}
