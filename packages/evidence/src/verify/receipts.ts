import { parseReceipt, receiptName } from "../anchors/receipt.js";
import { EvidenceError } from "../errors.js";
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

/** Compares checkpoints from elsewhere with the tree of an export. */
export class EarlierCheck {
  constructor(
    private readonly folder: ExportFolder,
    private readonly found: FindingList,
    private readonly keys: readonly NoteVerifier[],
    private readonly reader: TreeReader,
  ) {}

  /** The receipts in the export. What a token proves, its authority's certificates say. */
  async receipts(): Promise<ConfirmedReceipt[]> {
    const confirmed: ConfirmedReceipt[] = [];
    for (const path of this.folder.names("anchors/")) {
      const bytes = await this.folder.read(path, MAX_RECEIPT_BYTES);
      if (bytes === undefined) continue;
      const receipt = parseReceipt(decodeText(bytes) ?? "");
      if (receipt === undefined) {
        this.found.addFile("export_altered", path, "is no receipt");
        continue;
      }
      const { anchor, where, at, checkpoint } = receipt;
      const size = await this.#compare(`${receiptName(receipt)} (${path})`, checkpoint, path);
      if (size !== undefined) confirmed.push({ anchor, where, at, size });
    }
    return confirmed;
  }

  /** Checkpoints that the auditor brings. @returns sizes of those that the tree continues */
  async notes(notes: readonly string[]): Promise<number[]> {
    const sizes: number[] = [];
    for (const [at, note] of notes.entries()) {
      const size = await this.#compare(`the earlier checkpoint ${at + 1}`, note);
      if (size !== undefined) sizes.push(size);
    }
    return sizes;
  }

  /** @returns its size where the tree continues it; what else it is, was told */
  async #compare(name: string, note: string, file?: string): Promise<number | undefined> {
    const files = file === undefined ? [] : [file];
    try {
      const { size, root } = openCheckpoint(note, this.keys);
      if (size > this.reader.size) {
        const detail = `${name} has a tree of ${size} leaves, and this checkpoint has ${this.reader.size}`;
        this.found.add({ code: "rollback", detail }, ...files);
        return undefined;
      }
      if (sameBytes(await this.reader.rootAt(size), root)) return size;
      this.found.add(
        { code: "history_forked", detail: `${name} has another tree of ${size} leaves than this log` },
        ...files,
      );
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      this.#tell(name, error, files);
    }
    return undefined;
  }

  #tell(name: string, error: EvidenceError, files: readonly string[]): void {
    const { found, folder } = this;
    if (error.problem === "tile_damaged") tellTile(found, folder, error);
    else if (error.problem === "key_unknown") found.addUnchecked(`none of the given keys signed ${name}`);
    else if (error.problem === "tile_missing") {
      found.addUnchecked(`the export does not show whether its tree continues ${name}: ${error.message}`);
    } else found.add({ code: "checkpoint_forged", detail: `${name}: ${error.message}` }, ...files);
  }
}
