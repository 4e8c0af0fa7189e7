import type { EvidenceStatement } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import type { LeafEntry, SealStatement, Statement } from "../leaf/entry.js";
import { parseEntry } from "../leaf/parse-entry.js";
import type { SealChain } from "../sealing/chain.js";
import { sameBytes, toBase64 } from "../support/bytes.js";
import { leafHash } from "../tree/hash.js";
import type { TreeReader } from "../tree/reader.js";

/** Checks the statements of a log one after another, and the chain of its seals. */
export class SealCheck {
  readonly findings: Finding[] = [];
  /** Leaves at which a seal must be that was not found there. */
  readonly missing = new Set<number>();
  #last: { readonly seal: SealStatement; readonly leaf: number; readonly hash: string } | undefined;

  constructor(private readonly reader: TreeReader) {}

  /** Continues behind a seal that was checked before. */
  continueBehind({ leaf, entry }: EvidenceStatement): void {
    const bytes = Buffer.from(entry);
    const seal = parse(bytes);
    if (seal?.t === "seal") this.#last = { seal, leaf, hash: toBase64(leafHash(bytes)) };
    else this.#isCut = true;
  }

  /**
   * @param hash of the leaf in the tree; absent where the tile is damaged
   * @returns the statement; `undefined` where it is not what was sealed
   */
  async statement(
    { leaf, kind, entry }: EvidenceStatement,
    hash: Uint8Array | undefined,
  ): Promise<Statement | undefined> {
    const bytes = Buffer.from(entry);
    const own = leafHash(bytes);
    if (hash !== undefined && !sameBytes(own, hash)) {
      this.#damaged(leaf, "the statement is not the one that was sealed");
      if (kind === "seal") {
        this.#last = undefined;
        this.#isCut = true;
      }
      return undefined;
    }
    const parsed = parse(bytes);
    if (parsed === undefined || parsed.t === "event" || parsed.t !== kind) {
      this.#damaged(leaf, "the entry is of another kind, or of one that this software does not know");
      return undefined;
    }
    if (parsed.t === "seal") await this.#seal(parsed, leaf, toBase64(own));
    return parsed;
  }

  /** Whether a damaged seal was passed, so that the next one may follow anything. */
  #isCut = false;

  async #seal(seal: SealStatement, leaf: number, hash: string): Promise<void> {
    const last = this.#last;
    this.#last = { seal, leaf, hash };
    const isFirst = last === undefined && !this.#isCut;
    this.#isCut = false;
    const follows = isFirst ? seal.n === 0 : last === undefined || seal.n === last.seal.n + 1;
    if (!follows && seal.first > 0) this.missing.add(seal.first - 1);
    else if (last !== undefined && (seal.prev !== last.hash || seal.first !== last.leaf + 1)) {
      this.#damaged(leaf, "the seal does not follow the one before");
    }
    if (seal.first + seal.count !== leaf) this.#damaged(leaf, "the seal is not behind the leaves that it closes");
    else if ((await this.#hasRoot(leaf, seal)) === false) {
      this.#damaged(leaf, "the seal has another root than the tree had then");
    }
  }

  /** @returns `undefined` where a tile is damaged that it needs, which is found by itself */
  async #hasRoot(size: number, { root }: SealStatement): Promise<boolean | undefined> {
    try {
      return toBase64(await this.reader.rootAt(size)) === root;
    } catch (error) {
      if (isEvidenceError(error)) return undefined;
      throw error;
    }
  }

  /** To be called behind the last statement. @param chain of the log */
  end(chain: Pick<SealChain, "seals" | "prev" | "first">): void {
    const last = this.#last;
    const found = last === undefined ? 0 : last.seal.n + 1;
    if (this.#isCut) return;
    if (found < chain.seals) this.missing.add(chain.first - 1);
    else if (found > chain.seals || (last !== undefined && chain.prev !== last.hash)) {
      this.#damaged(last?.leaf ?? 0, "the log does not continue its newest seal");
    }
  }

  #damaged(leaf: number, detail: string): void {
    this.findings.push({ code: "seal_damaged", leaf, detail });
  }
}

function parse(bytes: Uint8Array): LeafEntry | undefined {
  try {
    return parseEntry(bytes);
  } catch (error) {
    if (isEvidenceError(error)) return undefined;
    throw error;
  }
}
