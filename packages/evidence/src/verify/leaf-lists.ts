import { createHash } from "node:crypto";
import { listPath } from "../folder/layout.js";
import type { ListStatement, Selection } from "../folder/selection.js";
import { LIST_PREFIX } from "../leaf/leaf-list.js";
import { toBase64 } from "../support/bytes.js";
import { type ExportFolder, UnreadableFile } from "./export-folder.js";
import type { FindingList } from "./finding-list.js";

/** What the statements say of one leaf. */
export interface LeafFate {
  /** The `drop` statement that removed its row, unless a later one restored it. */
  dropped: ListStatementAt | undefined;
  /** Places of erased parts. */
  erased: Set<number> | undefined;
  /** Whether an erasure of it was announced and not stated as done. */
  isErasing: boolean;
}

interface ListStatementAt {
  readonly leaf: number;
  readonly statement: ListStatement;
}

/** The lists of all statements that name leaves of the selection. */
export class LeafLists {
  readonly #lists: LeafList[] = [];

  /** @param known whether a list could not be read */
  static async read(folder: ExportFolder, found: FindingList, selection: Selection): Promise<LeafLists> {
    const lists = new LeafLists();
    for (const [leaf, statement] of selection.lists()) {
      const list = await readList(folder, found, { leaf, statement });
      if (list !== undefined) lists.#lists.push(list);
    }
    return lists;
  }

  /** What becomes of the leaves from `start` to before `end`, by place. Bundles must be asked for in ascending order. */
  fates(start: number, end: number): LeafFate[] {
    const fates = Array.from({ length: end - start }, (): LeafFate => {
      return { dropped: undefined, erased: undefined, isErasing: false };
    });
    for (const list of this.#lists) list.apply(start, end, fates);
    return fates;
  }
}

/** A list as numbers one after another: first and count of runs, or leaf and place of parts. */
class LeafList {
  #at = 0;

  constructor(
    private readonly about: ListStatementAt,
    private readonly numbers: Float64Array,
  ) {}

  apply(start: number, end: number, fates: readonly LeafFate[]): void {
    if (this.about.statement.t === "erase") this.#applyParts(start, end, fates, this.about.statement.intent === null);
    else this.#applyRuns(start, end, fates);
  }

  #applyRuns(start: number, end: number, fates: readonly LeafFate[]): void {
    const { numbers, about } = this;
    const dropped = about.statement.t === "drop" ? about : undefined;
    for (; this.#at < numbers.length; this.#at += 2) {
      const first = numbers[this.#at] as number;
      const behind = first + (numbers[this.#at + 1] as number);
      if (first >= end) return;
      for (let leaf = Math.max(first, start); leaf < Math.min(behind, end); leaf++) {
        (fates[leaf - start] as LeafFate).dropped = dropped;
      }
      // The rest of it is in the next bundle.
      if (behind > end) return;
    }
  }

  #applyParts(start: number, end: number, fates: readonly LeafFate[], isErasing: boolean): void {
    const { numbers } = this;
    for (; this.#at < numbers.length; this.#at += 2) {
      const leaf = numbers[this.#at] as number;
      if (leaf >= end) return;
      if (leaf < start) continue;
      const fate = fates[leaf - start] as LeafFate;
      fate.erased ??= new Set();
      fate.erased.add(numbers[this.#at + 1] as number);
      fate.isErasing ||= isErasing;
    }
  }
}

/** Reads a list piece by piece, as long as it can be the one that the statement binds. */
async function readList(
  folder: ExportFolder,
  found: FindingList,
  about: ListStatementAt,
): Promise<LeafList | undefined> {
  const { leaf, statement } = about;
  const path = listPath(leaf);
  const parser = new ListParser(statement.t === "erase");
  const hash = createHash("sha256").update(Uint8Array.of(LIST_PREFIX));
  if (!folder.has(path)) {
    found.addFile("export_incomplete", path, "is missing");
    return undefined;
  }
  try {
    for await (const piece of folder.pieces(path)) {
      hash.update(piece);
      // A list has no more members than its statement counts.
      if (!parser.add(piece, statement.leaves.count)) break;
    }
  } catch (error) {
    if (error instanceof UnreadableFile) return undefined;
    throw error;
  }
  const numbers = parser.finish();
  if (numbers !== undefined && toBase64(hash.digest()) === statement.leaves.digest) return new LeafList(about, numbers);
  found.add({ code: "export_altered", leaf, detail: `${path} is not the list that the statement binds` }, path);
  return undefined;
}

const [OPEN, CLOSE, COMMA, ZERO, NINE] = [0x5b, 0x5d, 0x2c, 0x30, 0x39];
/** Parts of one leaf. */
const MOST_PARTS = 36;

/** Takes the numbers out of `[[1,2],[3,4]]` or `[[1,[2,3]],[4,[5]]]`. That the text is as it was sealed, its digest says. */
class ListParser {
  #numbers = new Float64Array(64);
  #count = 0;
  #depth = 0;
  #pending: number | undefined;
  /** The first number of the inner list, to which the parts behind it belong. */
  #leaf: number | undefined;

  constructor(private readonly hasParts: boolean) {}

  /** @returns whether the list can still be one of at most `most` leaves */
  add(piece: Uint8Array, most: number): boolean {
    for (const byte of piece) {
      if (byte >= ZERO && byte <= NINE) {
        this.#pending = (this.#pending ?? 0) * 10 + byte - ZERO;
        continue;
      }
      this.#end();
      if (byte === OPEN) this.#depth++;
      else if (byte === CLOSE) this.#depth--;
      else if (byte !== COMMA) return false;
      if (byte === OPEN && this.#depth === 2) this.#leaf = undefined;
    }
    return this.#depth >= 0 && this.#depth <= 3 && this.#count <= 2 * most * (this.hasParts ? MOST_PARTS : 1);
  }

  /** @returns `undefined` for what is no list */
  finish(): Float64Array | undefined {
    const numbers = this.#numbers.slice(0, this.#count);
    if (this.#depth !== 0 || numbers.length % 2 !== 0) return undefined;
    for (let at = 0; at < numbers.length; at += 2) {
      const isBack = at > 0 && (numbers[at] as number) < (numbers[at - 2] as number);
      if (isBack || !Number.isSafeInteger(numbers[at]) || !Number.isSafeInteger(numbers[at + 1])) return undefined;
    }
    return numbers;
  }

  #end(): void {
    const number = this.#pending;
    if (number === undefined) return;
    this.#pending = undefined;
    if (!this.hasParts) this.#push(number);
    else if (this.#leaf === undefined) this.#leaf = number;
    else {
      this.#push(this.#leaf);
      this.#push(number);
    }
  }

  #push(number: number): void {
    if (this.#count === this.#numbers.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#count++] = number;
  }
}
