import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import {
  type EvidenceCheckpoint,
  type EvidenceSupport,
  MAX_EVIDENCE_LIMIT,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import { parseReceipt } from "../anchors/receipt.js";
import type { EvidenceSource, SourceEvent, SourceStatement } from "../export/source.js";
import type { BundleSalts } from "../folder/seeds-line.js";
import { entryFrom } from "../leaf/erased-entry.js";
import { ArchivedRows, type EvidenceArchive } from "../live/archives.js";
import { BatchPages } from "../log/batch-pages.js";
import { logKeys } from "../log/log-keys.js";
import { logStatements } from "../log/log-statements.js";
import { readRows } from "../log/read-rows.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { storedTiles } from "../log/stored-tiles.js";
import { leafSeeds, type SeedNode } from "../salts/seeds.js";
import { KeptParts } from "../stored/kept-parts.js";
import { saltsOf } from "../stored/seed-lines.js";
import { TILE_WIDTH } from "../tree/tile.js";
import type { TileSource } from "../tree/tile-source.js";

/** Options of {@link storeSource}. */
export interface StoreSourceOptions {
  /** All verifier keys that the log has had, the newest last. @default those that the log names in `key` statements */
  readonly verifierKeys?: readonly string[] | undefined;
  /**
   * Archives of dropped events, as `openArchive` of `@agent-assembly/retention` opens them: rows that were dropped are taken from them.
   * @default none: the export says which run dropped them
   */
  readonly archives?: readonly EvidenceArchive[] | undefined;
  /** Which log of the store, from 1. @default the newest one */
  readonly log?: number | undefined;
}

/**
 * The log of a store as exports are written from it. On PostgreSQL it needs the role that seals, since salts are read.
 * @throws `unsupported` for a store that keeps no evidence; `not_found` where events are not sealed
 */
export async function storeSource(
  storage: StorageBackend,
  { verifierKeys, log: number, archives = [] }: StoreSourceOptions = {},
): Promise<EvidenceSource> {
  const support = evidenceOf(storage);
  const log = await requireLog(support, number);
  return new StoreSource(support, log.log, verifierKeys, new ArchivedRows(archives, log));
}

/** The newest checkpoint of a log. @throws `not_found` */
export async function newestCheckpoint(support: EvidenceSupport, log: number): Promise<EvidenceCheckpoint> {
  const [newest] = await support.checkpoints(1, log);
  if (newest !== undefined) return newest;
  throw new StorageError({
    code: "not_found",
    message: "no checkpoint of the log was signed yet",
    remedy: 'Seal with a key, or run "aasm evidence checkpoint".',
  });
}

class StoreSource implements EvidenceSource {
  readonly readTile: TileSource["readTile"];
  readonly #batches: BatchPages;
  readonly #kept: KeptParts;
  /** Of the bundle that was read last: events and salts of a bundle are asked for one after the other. */
  #seeds: { readonly bundle: number; readonly nodes: readonly SeedNode[] } | undefined;

  constructor(
    private readonly support: EvidenceSupport,
    private readonly log: number,
    private readonly keys: readonly string[] | undefined,
    private readonly archived: ArchivedRows,
  ) {
    this.readTile = storedTiles(support, log).readTile;
    this.#batches = new BatchPages(support, log);
    this.#kept = new KeptParts(support, log);
  }

  async checkpoint(): Promise<string> {
    return (await newestCheckpoint(this.support, this.log)).note;
  }

  async verifierKeys(): Promise<readonly string[]> {
    if (this.keys !== undefined) return this.keys;
    const named = await logKeys(this.support, await requireLog(this.support, this.log));
    return named.map(({ vkey }) => vkey);
  }

  async *statements(size: number): AsyncGenerator<SourceStatement> {
    for await (const { leaf, entry } of logStatements(this.support, this.log)) {
      if (leaf >= size) return;
      yield { leaf, entry: Buffer.from(entry) };
    }
  }

  async *events(start: number, end: number): AsyncGenerator<SourceEvent> {
    const { seqs, moved, places } = await this.#batches.rows(start, end);
    if (seqs.size === 0) return;
    const replaced = new Set([...moved.keys()].map((leaf) => seqs.get(leaf)));
    const rows = await readRows(this.support, {
      own: [...seqs.values()],
      moved: [...moved.values()],
      places,
      isExpected: (seq) => !replaced.has(seq),
    });
    const kept = await this.#kept.of(start, end);
    let bundle: { readonly number: number; readonly seeds: readonly (Uint8Array | undefined)[] } | undefined;
    for (const [leaf, seq] of seqs) {
      const row = (rows.get(seq) ?? rows.get(moved.get(leaf) ?? -1))?.event;
      const event = row === undefined ? await this.archived.event(leaf) : toAuditEvent(row);
      if (event === undefined) continue;
      const number = Math.floor(leaf / TILE_WIDTH);
      if (bundle?.number !== number) bundle = { number, seeds: leafSeeds(await this.#nodes(number)) };
      const entry = entryFrom(event, { seed: bundle.seeds[leaf % TILE_WIDTH], kept: kept.get(leaf) });
      yield { leaf, event, ...(entry !== undefined && { entry }) };
    }
  }

  async salts(bundle: number): Promise<BundleSalts | undefined> {
    const nodes = await this.#nodes(bundle);
    const kept = await this.#kept.of(bundle * TILE_WIDTH, (bundle + 1) * TILE_WIDTH);
    const salts = saltsOf(kept);
    return nodes.length === 0 && salts.size === 0 ? undefined : { nodes, salts };
  }

  async list(leaf: number): Promise<string | undefined> {
    const [statement] = await this.support.statements(this.log, { from: leaf, limit: 1 });
    return statement?.leaf === leaf ? (statement.list ?? undefined) : undefined;
  }

  async *receipts() {
    for (const { receipt } of await this.support.anchors(MAX_EVIDENCE_LIMIT, this.log)) {
      const parsed = parseReceipt(Buffer.from(receipt).toString());
      if (parsed !== undefined) yield parsed;
    }
  }

  async #nodes(bundle: number): Promise<readonly SeedNode[]> {
    if (this.#seeds?.bundle !== bundle) {
      const found = await this.support.seeds(this.log, { from: bundle, limit: 1 });
      const nodes = found.flatMap(({ bundle: number, ...node }) => (number === bundle ? [node] : []));
      this.#seeds = { bundle, nodes };
    }
    return this.#seeds.nodes;
  }
}
