import { parseReceipt, receiptName } from "../anchors/receipt.js";
import { isEvidenceError } from "../errors.js";
import { openCheckpoint } from "../note/checkpoint.js";
import type { NoteVerifier } from "../note/key.js";
import { decodeText, sameBytes } from "../support/bytes.js";
import type { TreeReader } from "../tree/reader.js";
import type { ExportFolder } from "./export-folder.js";
import type { FindingList } from "./finding-list.js";
import { tellTile } from "./tile-findings.js";

/** A note, a time-stamp token and what is around them. */
const MAX_RECEIPT_BYTES = 4 * 1024 * 1024;

/** A receipt whose checkpoint the tree continues. */
export interface ConfirmedReceipt {
  readonly anchor: string;
  readonly where: string;
  readonly at: Date;
  /** Of the anchored checkpoint, in leaves. */
  readonly size: number;
}

/** Compares the checkpoints in receipts with the tree. What a token proves, its authority's certificates say. */
export async function checkReceipts(
  folder: ExportFolder,
  found: FindingList,
  keys: readonly NoteVerifier[],
  reader: TreeReader,
): Promise<ConfirmedReceipt[]> {
  const confirmed: ConfirmedReceipt[] = [];
  for (const path of folder.names("anchors/")) {
    const bytes = await folder.read(path, MAX_RECEIPT_BYTES);
    if (bytes === undefined) continue;
    const receipt = parseReceipt(decodeText(bytes) ?? "");
    if (receipt === undefined) {
      found.addFile("export_altered", path, "is no receipt");
      continue;
    }
    const { anchor, where, at, checkpoint } = receipt;
    try {
      const { size, root } = openCheckpoint(checkpoint, keys);
      if (size > reader.size) {
        const detail = `${receiptName(receipt)} has a tree of ${size} leaves, and this checkpoint has ${reader.size}`;
        found.add({ code: "rollback", detail }, path);
      } else if (!sameBytes(await reader.rootAt(size), root)) {
        const detail = `${receiptName(receipt)} has another tree of ${size} leaves than this log`;
        found.add({ code: "history_forked", detail }, path);
      } else confirmed.push({ anchor, where, at, size });
    } catch (error) {
      if (!isEvidenceError(error)) throw error;
      if (error.problem === "key_unknown") {
        found.addUnchecked(`${path} has a checkpoint that none of the given keys signed`);
      } else if (error.problem === "tile_damaged" || error.problem === "tile_missing") {
        tellTile(found, folder, error);
      } else found.add({ code: "checkpoint_forged", detail: `${path}: ${error.message}` }, path);
    }
  }
  return confirmed;
}
