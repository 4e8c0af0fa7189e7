import { describeShape, fileError, invalidArgument, parseDate } from "@agent-assembly/storage-core/backend";
import { encodeReceipt } from "../anchors/receipt.js";
import { EvidenceError, isEvidenceError } from "../errors.js";
import {
  CHECKPOINT_FILE,
  EVENTS_FILE,
  keyPath,
  listPath,
  MANIFEST_FILE,
  README_FILE,
  receiptPath,
  SEEDS_FILE,
  STATEMENTS_FILE,
} from "../folder/layout.js";
import { type ExportHeader, encodeManifest } from "../folder/manifest.js";
import { rangeOf, Selection } from "../folder/selection.js";
import { encodeStatementLine, parseStatementLine } from "../folder/statement-line.js";
import { listDigest } from "../leaf/leaf-list.js";
import { type OpenedCheckpoint, openCheckpoint, parseCheckpoint } from "../note/checkpoint.js";
import { parseVerifierKey } from "../note/key.js";
import { splitNote } from "../note/note.js";
import { sameBytes, toBase64 } from "../support/bytes.js";
import { TreeReader } from "../tree/reader.js";
import { parseSize } from "../tree/shape.js";
import { TILE_WIDTH, tilesOfTree } from "../tree/tile.js";
import { BundleWriter } from "./bundle-writer.js";
import { CapturedTiles } from "./captured-tiles.js";
import { chooseReceipts } from "./choose-receipts.js";
import { FolderWriter } from "./folder-writer.js";
import { readmeText } from "./readme-text.js";
import type { EvidenceSource } from "./source.js";

/** What is exported. */
export interface ExportOptions {
  /** First instant of the range. @default no limit */
  readonly from?: Date | undefined;
  /** First instant behind the range. @default no limit */
  readonly to?: Date | undefined;
  /** Writes all tiles of the tree, so that tools for C2SP tlog-tiles read it, too. @default false */
  readonly whole?: boolean | undefined;
  /**
   * Leaves of earlier trees that the export shows to be continued by this one: those of checkpoints that the auditor has. A tile that
   * is gone with its events cannot show it. @default none, but those of the anchors' receipts
   */
  readonly earlier?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an export wrote. */
export interface WrittenExport {
  /** Absolute. */
  readonly folder: string;
  readonly origin: string;
  /** Of the tree, in leaves. */
  readonly size: number;
  /** Events in `events.jsonl`. */
  readonly events: number;
  /** Entry bundles that were needed for the range. */
  readonly bundles: number;
  /**
   * Leaves from which all of the tree's entries are there: C2SP's minimum index, a multiple of 256. Only of a whole export; absent
   * in others.
   */
  readonly minimumIndex?: number;
  /**
   * What the store no longer has as it was sealed, in words, at most 100. The export has it as it is, and its verification finds it.
   */
  readonly problems: readonly string[];
}

/**
 * Writes the evidence for a time range into a new folder, from which an auditor verifies it without the store; see `verifyExport`.
 * The folder comes into being when it is complete: an export that is interrupted leaves nothing under its name.
 * @param folder its name must be free
 * @throws `EvidenceError` for a checkpoint, a tile or a statement that is damaged: verify the store; `invalid_argument`; errors of
 *   the file system as `StorageError`; the signal's reason
 *
 * @example
 * ```ts
 * import { type EvidenceSource, verifyExport, parseVerifierKey, writeExport } from "@agent-assembly/evidence";
 *
 * export async function exportWeek(source: EvidenceSource, folder: string, vkey: string): Promise<boolean> {
 *   await writeExport(source, folder, { from: new Date("2026-11-01"), to: new Date("2026-11-08") });
 *   const { findings, unchecked } = await verifyExport(folder, { keys: [parseVerifierKey(vkey)] });
 *   return findings.length === 0 && unchecked.length === 0;
 * }
 * ```
 */
export async function writeExport(
  source: EvidenceSource,
  folder: string,
  { from, to, whole = false, earlier = [], signal }: ExportOptions = {},
): Promise<WrittenExport> {
  const range = {
    from: from === undefined ? null : new Date(parseDate("options.from", from)),
    to: to === undefined ? null : new Date(parseDate("options.to", to)),
  };
  if (range.from !== null && range.to !== null && range.from >= range.to) {
    throw invalidArgument("options.to", `must be after options.from, got ${describeShape(to)}`);
  }
  for (const [at, size] of earlier.entries()) parseSize(`options.earlier[${at}]`, size);
  signal?.throwIfAborted();
  const note = await source.checkpoint();
  const vkeys = await source.verifierKeys();
  const checkpoint = openCheckpoint(note, vkeys.map(parseVerifierKey), {
    origin: parseCheckpoint(splitNote(note).text).origin,
  });
  try {
    await using writer = await FolderWriter.create(folder);
    const header: ExportHeader = { ...range, origin: checkpoint.origin, size: checkpoint.size, whole };
    return await new ExportWriter(source, writer, checkpoint, header, signal).run(note, vkeys, earlier);
  } catch (error) {
    signal?.throwIfAborted();
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : fileError(error, folder);
  }
}

class ExportWriter {
  readonly #selection: Selection;
  readonly #reader: TreeReader;
  /** By leaf. */
  readonly #statements = new Map<number, Uint8Array>();

  constructor(
    private readonly source: EvidenceSource,
    private readonly writer: FolderWriter,
    private readonly checkpoint: OpenedCheckpoint,
    private readonly header: ExportHeader,
    private readonly signal: AbortSignal | undefined,
  ) {
    const tiles = new CapturedTiles(source, (path, hashes) => writer.write(path, hashes));
    this.#reader = new TreeReader(tiles, checkpoint);
    this.#selection = new Selection(rangeOf(header.from, header.to));
  }

  async run(note: string, vkeys: readonly string[], earlier: readonly number[]): Promise<WrittenExport> {
    const { writer, header } = this;
    await writer.write(CHECKPOINT_FILE, note);
    await writer.write(README_FILE, readmeText(header));
    for (const [at, vkey] of vkeys.entries()) await writer.write(keyPath(at), `${vkey}\n`);
    await this.#writeStatements();
    await this.#writeLists();
    const bundles = await this.#writeBundles();
    if (header.whole) await this.#writeOtherTiles();
    await this.#writeReceipts();
    // A verifier finds by itself what a larger one means.
    for (const size of earlier) if (size <= header.size) await this.#hasRoot(size);
    this.signal?.throwIfAborted();
    await writer.write(MANIFEST_FILE, encodeManifest(header, writer.digests));
    const { origin, size } = header;
    return { folder: await writer.finish(), origin, size, ...bundles };
  }

  /** Each but the seals is proven on its own; of the seals the newest one is, and with it all before. */
  async #writeStatements(): Promise<void> {
    await using file = await this.writer.lines(STATEMENTS_FILE);
    let seal: { readonly leaf: number; readonly hash: Uint8Array } | undefined;
    for await (const { leaf, entry } of this.source.statements(this.checkpoint.size)) {
      this.signal?.throwIfAborted();
      const text = encodeStatementLine(leaf, entry);
      const line = parseStatementLine(text);
      if (typeof line === "string") throw new EvidenceError("entry_malformed", `the statement at leaf ${leaf} ${line}`);
      if (line.statement?.t === "seal") seal = line;
      else await this.#proveStatement(line);
      if (line.statement !== undefined) this.#selection.add(leaf, line.hash, line.statement);
      this.#statements.set(leaf, entry);
      await file.write(`${text}\n`);
    }
    if (seal !== undefined) await this.#proveStatement(seal);
  }

  async #proveStatement({ leaf, hash }: { readonly leaf: number; readonly hash: Uint8Array }): Promise<void> {
    if (leaf < this.checkpoint.size && sameBytes(await this.#reader.leafHash(leaf), hash)) return;
    throw new EvidenceError("entry_malformed", `the statement at leaf ${leaf} is not the one in the tree`);
  }

  async #writeLists(): Promise<void> {
    for (const [leaf, { leaves }] of this.#selection.lists()) {
      const list = await this.source.list(leaf);
      if (list === undefined || toBase64(listDigest(Buffer.from(list))) !== leaves.digest) {
        throw new EvidenceError("entry_malformed", `the list of the statement at leaf ${leaf} is missing or damaged`);
      }
      await this.writer.write(listPath(leaf), list);
    }
  }

  async #writeBundles(): Promise<Pick<WrittenExport, "events" | "bundles" | "minimumIndex" | "problems">> {
    const { checkpoint, header, source, writer } = this;
    await using events = await writer.lines(EVENTS_FILE);
    await using seeds = await writer.lines(SEEDS_FILE);
    const out = new BundleWriter(source, writer, this.#reader, {
      events,
      seeds,
      statements: this.#statements,
      range: rangeOf(header.from, header.to),
      size: checkpoint.size,
    });
    const bundles = header.whole ? allBundles(checkpoint.size) : this.#selection.bundles(checkpoint.size);
    for (const bundle of bundles) {
      this.signal?.throwIfAborted();
      await out.write(bundle);
    }
    // A verifier calculates the roots that the seals state.
    for (const { end } of this.#selection.seals) await unlessPruned(this.#reader.rootAt(end));
    const { minimumIndex, ...result } = out.result();
    return header.whole ? { ...result, minimumIndex } : result;
  }

  async #writeOtherTiles(): Promise<void> {
    for (const { level, index } of tilesOfTree(this.checkpoint.size)) {
      this.signal?.throwIfAborted();
      const reading = this.#reader.tileHashes(level, index);
      // Those above level 0 are kept for ever.
      await (level === 0 ? unlessPruned(reading) : reading);
    }
  }

  /** Those whose place in the tree can be shown. */
  async #writeReceipts(): Promise<void> {
    const { seals, tail } = this.#selection;
    const { size } = this.checkpoint;
    const covered = (seals.at(-1)?.end ?? tail - 1) + 1;
    let count = 0;
    for (const one of await chooseReceipts(this.source.receipts(), size, covered)) {
      const isShown =
        one.size === -1 || (one.size > size ? await this.#isAhead(one.size) : await this.#hasRoot(one.size));
      if (isShown) await this.writer.write(receiptPath(count++), encodeReceipt(one.receipt));
    }
  }

  #hasRoot(size: number): Promise<boolean> {
    return unlessPruned(this.#reader.rootAt(size));
  }

  /** Whether an anchor has more than the log: not where the log has grown since this export began. */
  async #isAhead(size: number): Promise<boolean> {
    const newest = parseCheckpoint(splitNote(await this.source.checkpoint()).text);
    return size > newest.size;
  }
}

function* allBundles(size: number): Generator<number> {
  for (let index = 0; index * TILE_WIDTH < size; index++) yield index;
}

/** @returns whether all tiles were there */
async function unlessPruned(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (isEvidenceError(error, "tile_missing")) return false;
    throw error;
  }
}
