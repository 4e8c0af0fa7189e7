import { isEvidenceError } from "../errors.js";
import { encodeEventLine } from "../folder/event-line.js";
import { bundleAt, entriesPath } from "../folder/layout.js";
import { encodeSeedsLine } from "../folder/seeds-line.js";
import { isWithin, type TimeRange } from "../folder/selection.js";
import { coverSeeds, type SeedUse } from "../salts/cover.js";
import { sameBytes } from "../support/bytes.js";
import { encodeEntryBundle } from "../tree/entry-bundle.js";
import { HASH_BYTES, leafHash } from "../tree/hash.js";
import type { TreeReader } from "../tree/reader.js";
import { TILE_WIDTH } from "../tree/tile.js";
import type { FileInFolder, FolderWriter } from "./folder-writer.js";
import type { EvidenceSource, SourceEvent } from "./source.js";

/** Problems that are told; the verification finds all. */
const MOST_PROBLEMS = 100;
/** Stands for an entry that is gone: no entry is empty. */
const GONE = new Uint8Array(0);

interface BundleOutput {
  readonly events: FileInFolder;
  readonly seeds: FileInFolder;
  /** Entries by leaf. */
  readonly statements: ReadonlyMap<number, Uint8Array>;
  readonly range: TimeRange;
  readonly size: number;
}

/** Writes the leaves of the tree bundle by bundle: entries, and of events in the range row and salts. */
export class BundleWriter {
  #bundles = 0;
  #events = 0;
  #minimumIndex = 0;
  readonly #problems: string[] = [];

  constructor(
    private readonly source: EvidenceSource,
    private readonly writer: FolderWriter,
    private readonly reader: TreeReader,
    private readonly out: BundleOutput,
  ) {}

  async write(bundle: number): Promise<void> {
    const { start, end } = bundleAt(bundle, this.out.size);
    const found = new Map<number, SourceEvent>();
    for await (const one of this.source.events(start, end)) found.set(one.leaf, one);
    const entries = await this.#entriesOf(bundle, found);
    this.#bundles++;
    if (entries.some(({ length }) => length > 0)) {
      const path = entriesPath({ index: bundle, width: end - start });
      await this.writer.write(path, encodeEntryBundle(entries));
    }
    if (entries.some(({ length }) => length === 0)) this.#minimumIndex = end;
    await this.#writeRows(bundle, found);
  }

  result() {
    const [events, bundles, minimumIndex] = [this.#events, this.#bundles, this.#minimumIndex];
    return { events, bundles, minimumIndex, problems: this.#problems };
  }

  /** The entries of all leaves, an empty one where it is gone or is not what was sealed. */
  async #entriesOf(bundle: number, found: ReadonlyMap<number, SourceEvent>): Promise<Uint8Array[]> {
    const { start, end } = bundleAt(bundle, this.out.size);
    const entries: Uint8Array[] = [];
    for (let leaf = start; leaf < end; leaf++) {
      entries.push(this.out.statements.get(leaf) ?? found.get(leaf)?.entry ?? GONE);
    }
    const hashes = await this.#hashesOf(bundle, entries);
    if (hashes === undefined) return entries.map(() => GONE);
    return entries.map((entry, at) => {
      const isAsSealed = entry !== GONE && sameBytes(leafHash(entry), hashAt(hashes, at));
      if (isAsSealed || entry === GONE) return entry;
      if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(`the row of leaf ${start + at} is not as sealed`);
      return GONE;
    });
  }

  /** @returns `undefined` where the tile is gone, and may be */
  async #hashesOf(bundle: number, entries: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
    try {
      return await this.reader.tileHashes(0, bundle);
    } catch (error) {
      const { start } = bundleAt(bundle, this.out.size);
      // Seals are proven by those behind them, so a tile may be gone when all events in it are.
      const isPruned = entries.every((entry, at) => entry === GONE || this.out.statements.has(start + at));
      if (!isPruned || !isEvidenceError(error, "tile_missing")) throw error;
      return undefined;
    }
  }

  async #writeRows(bundle: number, found: ReadonlyMap<number, SourceEvent>): Promise<void> {
    const wanted = new Set<number>();
    for (const { leaf, event } of found.values()) {
      if (event === undefined || !isWithin(event.ts.getTime(), this.out.range)) continue;
      await this.out.events.write(`${encodeEventLine({ leaf, event })}\n`);
      this.#events++;
      wanted.add(leaf);
    }
    if (wanted.size === 0) return;
    const all = await this.source.salts(bundle);
    if (all === undefined) return;
    const useOf = (place: number): SeedUse => {
      const leaf = bundle * TILE_WIDTH + place;
      if (wanted.has(leaf)) return "wanted";
      return this.out.statements.has(leaf) ? "free" : "secret";
    };
    const salts = new Map([...all.salts].filter(([leaf]) => wanted.has(leaf)));
    await this.out.seeds.write(`${encodeSeedsLine(bundle, { nodes: coverSeeds(all.nodes, useOf), salts })}\n`);
  }
}

function hashAt(hashes: Uint8Array, at: number): Uint8Array {
  return hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
}
