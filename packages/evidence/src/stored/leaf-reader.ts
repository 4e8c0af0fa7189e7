import type { EvidencePart, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import type { LeafSalts } from "../leaf/erased-entry.js";
import { leafSeeds, type SeedNode } from "../salts/seeds.js";
import { HASH_BYTES } from "../tree/hash.js";
import type { TreeReader } from "../tree/reader.js";
import { TILE_WIDTH } from "../tree/tile.js";
import { KeptParts } from "./kept-parts.js";
import { StoredLeaf } from "./stored-leaf.js";

/** The leaves of one bundle: their hashes in the tree, and the seeds that their salts come from. */
export interface BundleLeaves {
  /** Absent where the tile is damaged. */
  readonly hashes: Uint8Array | undefined;
  /** `undefined` for leaves whose seed was destroyed; absent where the seeds are missing or damaged. */
  readonly seeds: readonly (Uint8Array | undefined)[] | undefined;
  /** What is kept of leaves with erased parts. */
  readonly kept: ReadonlyMap<number, readonly EvidencePart[]>;
}

/** Hash and salts of one leaf. */
export interface LeafPlace extends LeafSalts {
  readonly hash: Uint8Array | undefined;
  readonly isDamaged: boolean;
}

/** Reads hashes and salts of leaves, and finds damaged tiles, each once. */
export class LeafReader {
  readonly findings: Finding[] = [];
  /** The bundle that a single leaf was asked for of. */
  #last: (BundleLeaves & { readonly number: number }) | undefined;
  /** The bundle that was read once more. */
  #again = -1;
  readonly #found = new Set<string>();
  #kept: KeptParts;

  constructor(
    private readonly support: EvidenceSupport,
    private readonly log: number,
    private readonly tree: TreeReader,
  ) {
    this.#kept = new KeptParts(support, log);
  }

  /** Bundles one after another. */
  async bundles(first: number, count: number): Promise<BundleLeaves[]> {
    const nodes = new Map<number, SeedNode[]>();
    for (const { bundle, ...node } of await this.support.seeds(this.log, { from: first, limit: count })) {
      const known = nodes.get(bundle);
      if (known === undefined) nodes.set(bundle, [node]);
      else known.push(node);
    }
    const kept = await this.#kept.of(first * TILE_WIDTH, (first + count) * TILE_WIDTH);
    const bundles: BundleLeaves[] = [];
    for (let bundle = first; bundle < first + count; bundle++) {
      bundles.push({ hashes: await this.#hashes(bundle), seeds: this.#seeds(bundle, nodes.get(bundle) ?? []), kept });
    }
    return bundles;
  }

  /** One leaf; `undefined` where events cannot be compared with it. */
  async leaf(leaf: number): Promise<StoredLeaf | undefined> {
    const found = await this.#read(leaf);
    return found?.isWhole === true ? found : undefined;
  }

  /** One leaf as it is now: an erasure may have been at work while its bundle was read. */
  async again(leaf: number): Promise<StoredLeaf | undefined> {
    if (this.#again !== Math.floor(leaf / TILE_WIDTH)) this.forget();
    this.#again = Math.floor(leaf / TILE_WIDTH);
    return this.#read(leaf);
  }

  async #read(leaf: number): Promise<StoredLeaf | undefined> {
    const { hash, seed, kept } = await this.place(leaf);
    return hash === undefined ? undefined : new StoredLeaf(hash, seed, kept);
  }

  /**
   * Hash and salts of one leaf: no hash where its tile is damaged; no seed where it was destroyed, or is missing or damaged, which
   * `isDamaged` tells apart.
   */
  async place(leaf: number): Promise<LeafPlace> {
    const number = Math.floor(leaf / TILE_WIDTH);
    if (this.#last?.number !== number) {
      const [found] = await this.bundles(number, 1);
      this.#last = found === undefined ? undefined : { ...found, number };
    }
    const bundle = this.#last;
    const place = leaf % TILE_WIDTH;
    const hash = bundle?.hashes === undefined ? undefined : hashAt(bundle.hashes, place);
    const isDamaged = hash === undefined || bundle?.seeds === undefined;
    return { hash, seed: bundle?.seeds?.[place], kept: bundle?.kept.get(leaf), isDamaged };
  }

  /** What was read before may have changed. */
  forget(): void {
    this.#last = undefined;
    this.#kept = new KeptParts(this.support, this.log);
  }

  async #hashes(bundle: number): Promise<Uint8Array | undefined> {
    try {
      return await this.tree.tileHashes(0, bundle);
    } catch (error) {
      if (!isEvidenceError(error)) throw error;
      this.damaged(bundle * TILE_WIDTH, error.message);
      return undefined;
    }
  }

  #seeds(bundle: number, nodes: readonly SeedNode[]): readonly (Uint8Array | undefined)[] | undefined {
    try {
      if (nodes.length > 0) return leafSeeds(nodes);
      this.damaged(bundle * TILE_WIDTH, `the seeds of bundle ${bundle} are missing, so its events cannot be compared`);
    } catch (error) {
      this.damaged(bundle * TILE_WIDTH, `the seeds of bundle ${bundle} are damaged: ${(error as Error).message}`);
    }
    return undefined;
  }

  /** @param leaf the first one that it concerns */
  damaged(leaf: number, detail: string): void {
    if (this.#found.has(detail)) return;
    this.#found.add(detail);
    this.findings.push({ code: "tile_damaged", leaf, detail });
  }
}

/** @param place in the tile */
export function hashAt(hashes: Uint8Array, place: number): Uint8Array {
  return hashes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
}
