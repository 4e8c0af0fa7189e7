import type { EvidencePart, EvidenceSupport } from "@agent-assembly/storage-core/backend";

/** Leaves whose parts are read together. */
const PAGE_LEAVES = 512;

/** Reads what is kept of leaves with erased parts; leaves that follow each other are read from a page that is kept. */
export class KeptParts {
  #page: ReadonlyMap<number, readonly EvidencePart[]> = new Map();
  /** Which leaves the page answers for; the end is exclusive. */
  #covered = { start: 0, end: 0 };

  constructor(
    private readonly support: Pick<EvidenceSupport, "parts">,
    private readonly log: number,
  ) {}

  /**
   * Those of the leaves from `start` to before `end` that have erased parts, each by place.
   * @param end exclusive
   */
  async of(start: number, end: number): Promise<Map<number, readonly EvidencePart[]>> {
    const found = new Map<number, readonly EvidencePart[]>();
    for (let from = start; from < end; from = this.#covered.end) {
      if (from < this.#covered.start || from >= this.#covered.end) await this.#read(from);
      for (const [leaf, parts] of this.#page) if (leaf >= from && leaf < end) found.set(leaf, parts);
    }
    return found;
  }

  async #read(from: number): Promise<void> {
    const page = new Map<number, EvidencePart[]>();
    let last = from;
    for (const part of await this.support.parts(this.log, { from, limit: PAGE_LEAVES })) {
      const known = page.get(part.leaf);
      if (known === undefined) page.set(part.leaf, [part]);
      else known.push(part);
      last = part.leaf;
    }
    this.#page = page;
    this.#covered = { start: from, end: page.size < PAGE_LEAVES ? Number.POSITIVE_INFINITY : last + 1 };
  }
}
