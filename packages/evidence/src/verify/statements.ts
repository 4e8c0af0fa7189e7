import { EvidenceError } from "../errors.js";
import { STATEMENTS_FILE } from "../folder/layout.js";
import type { Selection } from "../folder/selection.js";
import { parseStatementLine, type StatementLine } from "../folder/statement-line.js";
import { type ContinuedLog, continuedLog } from "../leaf/continued-log.js";
import type { SealStatement } from "../leaf/entry.js";
import { eventsOf } from "../leaf/fields.js";
import type { KeyLeaf } from "../log/log-keys.js";
import { sameBytes, toBase64 } from "../support/bytes.js";
import type { TreeReader } from "../tree/reader.js";
import { type ExportFolder, UnreadableFile } from "./export-folder.js";
import type { FindingList } from "./finding-list.js";
import { tellTile } from "./tile-findings.js";

/** An entry has at most 65,535 bytes. */
const MAX_LINE_BYTES = 70_000;

interface Seal {
  readonly leaf: number;
  readonly hash: Uint8Array;
  readonly seal: SealStatement;
}

/**
 * Reads what the log says about itself. The seals are a chain from the first to the newest, which the tree must have; how many
 * other statements there are, the seals count, and each of those is proven by the tree.
 */
export class StatementCheck {
  /** Leaves that are statements. */
  readonly leaves = new Set<number>();
  /** Those of them that have lists, or may have. */
  readonly lists = new Set<number>();
  /** What names keys, proven by the tree. */
  readonly keys: KeyLeaf[] = [];
  /** What the first leaf says of the log before; proven by the tree. */
  continues: ContinuedLog | undefined;
  #last: Seal | undefined;
  #lastLeaf = -1;
  /** Other statements since the last seal. */
  #others = 0;
  /** Whether the chain has a gap that was told, behind which its links say nothing. */
  #isBroken = false;

  constructor(
    private readonly folder: ExportFolder,
    private readonly reader: TreeReader,
    private readonly found: FindingList,
    private readonly selection: Selection,
  ) {}

  /** @returns whether the seals can be relied on */
  async run(): Promise<boolean> {
    if (!this.folder.has(STATEMENTS_FILE)) {
      this.found.addFile("export_incomplete", STATEMENTS_FILE, "is missing");
      return false;
    }
    try {
      for await (const lines of this.folder.lines(STATEMENTS_FILE, MAX_LINE_BYTES)) {
        for (const line of lines) await this.#add(line);
      }
    } catch (error) {
      if (error instanceof UnreadableFile) return false;
      throw error;
    }
    if (this.#last !== undefined && !this.#isBroken) await this.#proveNewest(this.#last);
    return !this.#isBroken;
  }

  async #add(text: string): Promise<void> {
    const line = parseStatementLine(text);
    if (typeof line === "string") return this.#break("export_altered", undefined, `a line ${line}`);
    const { leaf, statement } = line;
    if (leaf <= this.#lastLeaf || leaf >= this.reader.size) {
      const problem = leaf < this.reader.size ? "is out of order" : "is behind the end of the tree";
      return this.#break("export_altered", leaf, `the statement at leaf ${leaf} ${problem}`);
    }
    this.#lastLeaf = leaf;
    this.leaves.add(leaf);
    if (statement === undefined || "leaves" in statement) this.lists.add(leaf);
    if (statement === undefined) {
      this.found.addUnchecked(`leaf ${leaf} is a statement of a kind that this version does not know`);
    }
    if (statement?.t === "seal") this.#addSeal({ leaf, hash: line.hash, seal: statement });
    else {
      this.#others++;
      if (!(await this.#prove(line))) return;
    }
    if (statement?.t === "key") this.keys.push({ leaf, statement });
    if (statement?.t === "fork" && leaf === 0) this.continues = continuedLog(statement);
    if (statement !== undefined) this.selection.add(leaf, line.hash, statement);
  }

  #addSeal(next: Seal): void {
    const { leaf, seal } = next;
    const { n, prev, first, count } = seal;
    const before = this.#last;
    const others = this.#others;
    this.#last = next;
    this.#others = 0;
    if (this.#isBroken) return;
    const wanted = before === undefined ? 0 : before.seal.n + 1;
    if (n !== wanted) this.#break("seal_missing", leaf, `seal ${n} follows where seal ${wanted} belongs`);
    else if (prev !== (before === undefined ? null : toBase64(before.hash))) {
      this.#break("seal_damaged", before?.leaf, `seal ${n - 1} is not the one that seal ${n} continues`);
    } else if (first !== (before === undefined ? 0 : before.leaf + 1) || leaf !== first + count) {
      this.#break("seal_damaged", leaf, `seal ${n} does not close the leaves in front of it`);
    } else this.#compareOthers(next, others);
  }

  #compareOthers({ leaf, seal: { n, count, days } }: Seal, others: number): void {
    const sealed = count - eventsOf(days);
    if (sealed === others) return;
    const code = others < sealed ? "export_incomplete" : "export_altered";
    const detail = `seal ${n} closes ${sealed} statements, and ${STATEMENTS_FILE} has ${others} of them`;
    this.found.add({ code, leaf, detail }, STATEMENTS_FILE);
  }

  async #proveNewest({ leaf, hash, seal }: Seal): Promise<void> {
    const proven = await this.#isInTree(leaf, hash);
    if (proven === false) this.#break("seal_damaged", leaf, `seal ${seal.n} is not the one in the tree`);
    else if (proven === undefined) this.#isBroken = true;
  }

  async #prove({ leaf, hash }: StatementLine): Promise<boolean> {
    const proven = await this.#isInTree(leaf, hash);
    if (proven === false) {
      const detail = `the statement at leaf ${leaf} is not the one in the tree`;
      this.found.add({ code: "export_altered", leaf, detail }, STATEMENTS_FILE);
    }
    return proven === true;
  }

  /** @returns `undefined` where the tree does not say, which was told */
  async #isInTree(leaf: number, hash: Uint8Array): Promise<boolean | undefined> {
    try {
      return sameBytes(await this.reader.leafHash(leaf), hash);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      tellTile(this.found, this.folder, error);
      return undefined;
    }
  }

  #break(code: "export_altered" | "seal_damaged" | "seal_missing", leaf: number | undefined, detail: string): void {
    this.found.add({ code, detail, ...(leaf === undefined ? {} : { leaf }) }, STATEMENTS_FILE);
    this.#isBroken = true;
  }
}
