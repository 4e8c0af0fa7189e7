import { EvidenceError, isEvidenceError } from "../errors.js";
import type { FindingCode } from "../findings.js";
import { type EventRow, parseEventLine } from "../folder/event-line.js";
import { bundleAt, EVENTS_FILE, entriesPath, SEEDS_FILE } from "../folder/layout.js";
import { type BundleSalts, parseSeedsLine } from "../folder/seeds-line.js";
import { isWithin, type Selection, type TimeRange } from "../folder/selection.js";
import type { EventEntry, Statement } from "../leaf/entry.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { sameBytes, toBase64 } from "../support/bytes.js";
import { decodeEntryBundle, MAX_ENTRY_BYTES } from "../tree/entry-bundle.js";
import { HASH_BYTES, leafHash } from "../tree/hash.js";
import type { TreeReader } from "../tree/reader.js";
import { TILE_WIDTH, tilePath } from "../tree/tile.js";
import type { ExportFolder } from "./export-folder.js";
import type { FindingList } from "./finding-list.js";
import { type LeafFate, LeafLists } from "./leaf-lists.js";
import { LineReader } from "./line-reader.js";
import { checkRow, openSalts, type SaltBook, type SealedEvent } from "./row-check.js";
import { SealTally } from "./seal-tally.js";
import { tellTile } from "./tile-findings.js";

/** A payload may have 64 MiB. */
const MAX_EVENT_BYTES = 72 * 1024 * 1024;
/** Up to 256 nodes, and 36 salts of each of 256 leaves. */
const MAX_SEEDS_BYTES = 1024 * 1024;

interface RowLine extends EventRow {
  readonly at: number;
}

interface SeedsLine extends BundleSalts {
  readonly at: number;
  readonly bundle: number;
}

/** What was read of a leaf: its entry; that the entry is gone; that it is damaged, which was told. */
type LeafRead = SealedEvent | Statement | "gone" | "damaged";

/** How many events of the range there are, and what became of them. */
export class LeafCounts {
  /** Sealed, whatever became of them since. */
  events = 0;
  /** Whose row is there. */
  present = 0;
  missing = 0;
  /** Of those present: whose parts were erased in part or all. */
  erased = 0;
  /** Whose row a retention run dropped. */
  dropped = 0;
  /** Dropped on days that lie in the range only in part, so that it is not known whether the events do. */
  droppedAtEdges = 0;
  readonly runs = new Set<string>();
}

/** Walks over the leaves that the range needs, with rows, salts and lists beside. */
export class LeafCheck {
  readonly counts = new LeafCounts();
  #lists = new LeafLists();
  #seal = 0;
  #tally: SealTally | undefined;
  #lastLeaf = -1;

  constructor(
    private readonly folder: ExportFolder,
    private readonly reader: TreeReader,
    private readonly found: FindingList,
    private readonly selection: Selection,
    /** Leaves that are statements. */
    private readonly statements: ReadonlySet<number>,
    /** What is asked for, and what the export says to have. */
    private readonly ranges: { readonly asked: TimeRange; readonly exported: TimeRange },
  ) {}

  async run(signal?: AbortSignal): Promise<void> {
    const { folder, found, selection, reader } = this;
    this.#lists = await LeafLists.read(folder, found, selection);
    await using rows = new LineReader(folder, EVENTS_FILE, MAX_EVENT_BYTES, (text) => this.#parseRow(text));
    await using seeds = new LineReader(folder, SEEDS_FILE, MAX_SEEDS_BYTES, (text) => this.#parseSeeds(text));
    for (const bundle of selection.bundles(reader.size)) {
      signal?.throwIfAborted();
      const salts = await this.#saltsOf(bundle, seeds);
      await this.#checkBundle(bundle, rows, salts);
    }
    await this.#skipRows(Number.POSITIVE_INFINITY, rows);
    await this.#saltsOf(Number.POSITIVE_INFINITY, seeds);
  }

  async #checkBundle(bundle: number, rows: LineReader<RowLine>, salts: SaltBook | undefined): Promise<void> {
    const { start, end } = bundleAt(bundle, this.reader.size);
    await this.#skipRows(start, rows);
    const leaves = await this.#readLeaves(bundle);
    const fates = this.#lists.fates(start, end);
    for (let leaf = start; leaf < end; leaf++) {
      if (!rows.isReady) await rows.fill();
      const row = rows.next?.leaf === leaf ? rows.next : undefined;
      if (row !== undefined) rows.take();
      this.#moveTo(leaf);
      const read = leaves?.[leaf - start] ?? "damaged";
      this.#checkLeaf(leaf, read, row, salts, fates[leaf - start] as LeafFate);
      if (this.#tally?.seal.end === leaf) await this.#endSeal(this.#tally);
    }
  }

  /** Keeps the seal to which a leaf belongs. */
  #moveTo(leaf: number): void {
    const { seals } = this.selection;
    if (this.#tally !== undefined || seals[this.#seal]?.start !== leaf) return;
    this.#tally = new SealTally(seals[this.#seal] as SealTally["seal"]);
    this.#seal++;
  }

  async #endSeal(tally: SealTally): Promise<void> {
    this.#tally = undefined;
    const { found, ranges, counts } = this;
    const { within, atEdges } = tally.finish(found, ranges.asked);
    counts.events += within;
    counts.dropped += within;
    counts.droppedAtEdges += atEdges;
    const { n, end, root, hash } = tally.seal;
    try {
      const isSame =
        toBase64(await this.reader.rootAt(end)) === root && sameBytes(await this.reader.leafHash(end), hash);
      if (!isSame) found.add({ code: "seal_damaged", leaf: end, detail: `seal ${n} is not the one in the tree` });
    } catch (error) {
      // A tile of events that were all dropped may be gone. The seal is proven by those behind it.
      if (!isEvidenceError(error)) throw error;
      if (error.problem !== "tile_missing") tellTile(found, this.folder, error);
    }
  }

  /** @returns `undefined` where the bundle cannot be read, which was told */
  async #readLeaves(bundle: number): Promise<LeafRead[] | undefined> {
    const { start, end } = bundleAt(bundle, this.reader.size);
    const width = end - start;
    const paths = [tilePath({ level: 0, index: bundle, width }), entriesPath({ index: bundle, width })] as const;
    // The missing file was told.
    if (paths.some((path) => this.folder.isMissing(path))) return undefined;
    const [, path] = paths;
    if (!this.folder.has(path)) return new Array<LeafRead>(width).fill("gone");
    try {
      const hashes = await this.reader.tileHashes(0, bundle);
      const bytes = await this.folder.read(path, width * (MAX_ENTRY_BYTES + 2));
      if (bytes === undefined) return undefined;
      const entries = decodeEntryBundle(bytes, path);
      if (entries.length === width) return entries.map((entry, at) => this.#readLeaf(path, start + at, entry, hashes));
      this.found.addFile("tile_damaged", path, `has ${entries.length} entries instead of ${width}`);
    } catch (error) {
      if (!isEvidenceError(error)) throw error;
      if (error.message.startsWith(path)) this.found.add({ code: "tile_damaged", detail: error.message }, path);
      else tellTile(this.found, this.folder, error);
    }
    return undefined;
  }

  #readLeaf(path: string, leaf: number, entry: Uint8Array, hashes: Uint8Array): LeafRead {
    if (entry.length === 0) return "gone";
    const at = (leaf % TILE_WIDTH) * HASH_BYTES;
    if (!sameBytes(leafHash(entry), hashes.subarray(at, at + HASH_BYTES))) {
      this.found.add(
        { code: "tile_damaged", leaf, detail: `${path} has another entry for leaf ${leaf} than the tree` },
        path,
      );
      return "damaged";
    }
    try {
      const parsed = parseEntry(entry);
      // An entry of an event has no other characters.
      return parsed.t === "event" ? { entry: parsed, text: Buffer.from(entry).toString("latin1") } : parsed;
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      // Of a statement it was told, and that it is none of the events is known.
      if (this.statements.has(leaf)) return "gone";
      this.found.addUnchecked(`leaf ${leaf} was sealed in a form that this version does not know`);
      return "damaged";
    }
  }

  #checkLeaf(
    leaf: number,
    read: LeafRead,
    row: EventRow | undefined,
    salts: SaltBook | undefined,
    fate: LeafFate,
  ): void {
    // The seal itself is the leaf behind those it counts.
    const tally = leaf === this.#tally?.seal.end ? undefined : this.#tally;
    if (read === "damaged") tally?.skip();
    else if (read === "gone") this.#checkGone(leaf, row, fate, tally);
    else if ("entry" in read) this.#checkEvent(leaf, read, row, salts, fate, tally);
    else {
      if (!this.statements.has(leaf)) {
        const code = read.t === "seal" ? "seal_missing" : "export_incomplete";
        this.found.add({
          code,
          leaf,
          detail: `the ${read.t} statement at leaf ${leaf} is missing among the statements`,
        });
      }
      if (row !== undefined) this.#alter(row, "is that of a statement");
    }
  }

  #checkGone(leaf: number, row: EventRow | undefined, fate: LeafFate, tally: SealTally | undefined): void {
    const isTail = leaf >= this.selection.tail;
    if (row !== undefined) {
      const { eventId } = row.event;
      const detail = `the row of leaf ${leaf} does not give what was sealed`;
      this.found.add({ code: "edited", leaf, eventId, detail }, EVENTS_FILE);
      tally?.skip();
    } else if (this.statements.has(leaf) || (tally === undefined && !isTail)) {
      // A statement that is known, or a leaf beside the range.
    } else if (fate.dropped === undefined) {
      const detail = `row and entry of leaf ${leaf} are gone, and no statement says that they were dropped`;
      this.found.add({ code: "dropped_without_record", leaf, detail });
      this.counts.missing++;
      tally?.skip();
    } else {
      this.#addRun(fate);
      tally?.addGone();
      // Of which day it was, only a seal says.
      if (isTail) this.counts.droppedAtEdges++;
    }
  }

  #checkEvent(
    leaf: number,
    sealed: SealedEvent,
    row: EventRow | undefined,
    salts: SaltBook | undefined,
    fate: LeafFate,
    tally: SealTally | undefined,
  ): void {
    const { entry } = sealed;
    tally?.addEvent(entry.ts);
    const { counts, found, ranges, selection } = this;
    if (this.statements.has(leaf)) {
      found.add({ code: "seal_damaged", leaf, detail: `leaf ${leaf} is an event, and a statement says to be there` });
    }
    const isAsked = isWithin(Date.parse(entry.ts), ranges.asked);
    if (isAsked && tally === undefined && leaf < selection.tail) {
      const detail = `leaf ${leaf} is of a day that the seal over it does not count`;
      found.add({ code: "seal_damaged", leaf, eventId: entry.eventId, detail });
    }
    if (isAsked) counts.events++;
    if (row === undefined) {
      if (isAsked) this.#checkAbsent(leaf, entry, fate);
      return;
    }
    if (!isWithin(row.event.ts.getTime(), ranges.exported)) {
      this.#alter(row, "is not in the range of the export");
      return;
    }
    if (isAsked) counts.present++;
    if (checkRow(found, sealed, row, salts, fate) && isAsked) counts.erased++;
  }

  #checkAbsent(leaf: number, { eventId }: EventEntry, fate: LeafFate): void {
    if (fate.dropped !== undefined) {
      this.counts.dropped++;
      this.#addRun(fate);
      return;
    }
    this.counts.missing++;
    this.found.add(
      { code: "export_incomplete", leaf, eventId, detail: `the row of leaf ${leaf} is missing` },
      EVENTS_FILE,
    );
  }

  #addRun({ dropped }: LeafFate): void {
    if (dropped?.statement.t === "drop") this.counts.runs.add(dropped.statement.run);
  }

  /** Rows of leaves that are not walked over. */
  async #skipRows(before: number, rows: LineReader<RowLine>): Promise<void> {
    for (;;) {
      await rows.fill();
      const row = rows.next;
      if (row === undefined || row.leaf >= before) return;
      rows.take();
      const { asked, exported } = this.ranges;
      const isNarrower = asked.from > exported.from || asked.to < exported.to;
      if (isNarrower && !isWithin(row.event.ts.getTime(), asked)) continue;
      this.#alter(row, "is none of the range");
    }
  }

  async #saltsOf(bundle: number, seeds: LineReader<SeedsLine>): Promise<SaltBook | undefined> {
    for (;;) {
      await seeds.fill();
      const line = seeds.next;
      if (line === undefined || line.bundle > bundle) return undefined;
      seeds.take();
      if (line.bundle === bundle) return openSalts(this.found, line);
    }
  }

  #alter({ leaf, event }: EventRow, problem: string): void {
    const detail = `${EVENTS_FILE} has a row for leaf ${leaf}, which ${problem}`;
    this.found.add({ code: "export_altered", leaf, eventId: event.eventId, detail }, EVENTS_FILE);
  }

  #parseRow(text: string): RowLine | undefined {
    const row = parseEventLine(text);
    if (typeof row === "string") return this.#refuse("export_altered", EVENTS_FILE, `has a line that ${row}`);
    if (row.leaf <= this.#lastLeaf) {
      this.#alter(row, "it has already, or is out of order");
      return undefined;
    }
    this.#lastLeaf = row.leaf;
    return { ...row, at: row.leaf };
  }

  #parseSeeds(text: string): SeedsLine | undefined {
    const line = parseSeedsLine(text);
    if (line === undefined)
      return this.#refuse("export_altered", SEEDS_FILE, "has a line that is no seeds of a bundle");
    return { ...line, at: line.bundle };
  }

  #refuse(code: FindingCode, file: string, problem: string): undefined {
    this.found.addFile(code, file, problem);
  }
}
