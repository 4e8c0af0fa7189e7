import {
  type EvidenceBatch,
  type EvidenceCommit,
  type EvidenceEvent,
  type EvidenceLog,
  type EvidenceSeed,
  type EvidenceStatement,
  type EvidenceSupport,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import type { Statement } from "../leaf/entry.js";
import { encodeEntry } from "../leaf/parse-entry.js";
import { eventLeafHash } from "../leaf/sealed-leaf.js";
import { packSeqs } from "../log/seq-list.js";
import { storedTiles } from "../log/stored-tiles.js";
import { leafSeeds, newBundleSeeds } from "../salts/seeds.js";
import { toBase64 } from "../support/bytes.js";
import { type TileContent, TreeAppender } from "../tree/appender.js";
import { leafHash } from "../tree/hash.js";
import { TILE_WIDTH } from "../tree/tile.js";
import { formatChain, parseChain, type SealChain } from "./chain.js";

/** Leaves after which a seal closes them. */
export const SEAL_LEAVES = 4096;

const HOUR_MS = 3_600_000;

/** The events of one run of leaves. */
interface OpenBatch {
  readonly first: number;
  readonly seqs: number[];
  fromTs: number;
  toTs: number;
  transactions: { first: number; last: number } | undefined;
}

/** Grows a log by leaves, and puts together what is to be stored. After a commit that failed, make another one. */
export class LogWriter {
  readonly #log: EvidenceLog;
  readonly #tree: TreeAppender;
  #committed: Pick<EvidenceLog, "size" | "position">;
  #chain: SealChain;
  /** Seeds of the bundle that the next leaf is in, or of the one before where it begins a new one. */
  #seeds: (Uint8Array | undefined)[];
  #leaves: Uint8Array[] = [];
  #tiles = new Map<string, TileContent>();
  #batches: EvidenceBatch[] = [];
  #newSeeds: EvidenceSeed[] = [];
  #statements: EvidenceStatement[] = [];
  #batch: OpenBatch | undefined;
  /** UTC day of the newest event: the next one is mostly of the same. */
  #day = { start: Number.NaN, name: "" };

  private constructor(log: EvidenceLog, tree: TreeAppender, seeds: (Uint8Array | undefined)[]) {
    this.#log = log;
    this.#tree = tree;
    this.#committed = log;
    this.#chain = parseChain(log.chain);
    this.#seeds = seeds;
  }

  /** Continues a log from its tiles. @throws `EvidenceError` `tile_missing`, `tile_damaged`, `entry_malformed` */
  static async resume(support: EvidenceSupport, log: EvidenceLog): Promise<LogWriter> {
    const tree = await TreeAppender.resume(storedTiles(support, log.log), log);
    const bundle = Math.floor(log.size / TILE_WIDTH);
    const isWithin = log.size % TILE_WIDTH > 0;
    const nodes = isWithin ? await support.seeds(log.log, { from: bundle, limit: 1 }) : [];
    return new LogWriter(log, tree, leafSeeds(nodes));
  }

  get log(): number {
    return this.#log.log;
  }

  get origin(): string {
    return this.#log.origin;
  }

  /** Leaves, with those that are not committed. */
  get size(): number {
    return this.#tree.size + this.#leaves.length;
  }

  /** 32 bytes. */
  root(): Uint8Array {
    this.#grow();
    return this.#tree.root();
  }

  get chain(): SealChain {
    return this.#chain;
  }

  get position(): string {
    return this.#committed.position;
  }

  /** Whether nothing was added since the last commit. */
  get isUnchanged(): boolean {
    return this.size === this.#committed.size;
  }

  /** How many events, at most so many leaves, end with a full tile: a tile that is not full is stored again with the next ones. */
  eventsOfWholeTiles(mostLeaves: number): number {
    const end = Math.floor((this.size + mostLeaves) / TILE_WIDTH) * TILE_WIDTH;
    let events = 0;
    let { first } = this.#chain;
    for (let size = this.size; size < end; events++) {
      size++;
      if (size - first < SEAL_LEAVES) continue;
      size++;
      first = size;
    }
    return events;
  }

  setBehind(isBehind: boolean): void {
    this.#chain = { ...this.#chain, isBehind };
  }

  /** Seals events. @param now milliseconds since the epoch */
  addEvents(events: readonly EvidenceEvent[], now: number): void {
    for (const { seq, event, transaction } of events) {
      const seed = this.#nextSeed();
      if (seed === undefined) throw new TypeError("the seed of a leaf that is not there yet was punctured");
      this.#batch ??= { first: this.size, seqs: [], fromTs: event.ts, toTs: event.ts, transactions: undefined };
      const batch = this.#batch;
      this.#leaves.push(eventLeafHash(toAuditEvent(event), seed));
      batch.seqs.push(seq);
      if (event.ts < batch.fromTs) batch.fromTs = event.ts;
      if (event.ts > batch.toTs) batch.toTs = event.ts;
      if (transaction !== undefined) includeTransaction(batch, transaction);
      this.#count(event.ts, now);
      if (this.size - this.#chain.first >= SEAL_LEAVES) this.seal(now);
    }
  }

  /**
   * Appends a statement.
   * @param list what the statement has the digest of, as JSON text
   * @returns its leaf and the hash of that
   */
  addStatement(statement: Statement, now: number, list: string | null = null): { leaf: number; hash: Uint8Array } {
    const added = this.#append(statement, list);
    this.#chain = { ...this.#chain, openedAt: this.#chain.openedAt ?? now };
    if (this.size - this.#chain.first >= SEAL_LEAVES) this.seal(now);
    return added;
  }

  /** Whether leaves wait for a seal since an earlier hour. */
  isSealDue(now: number): boolean {
    const { openedAt } = this.#chain;
    return openedAt !== null && Math.floor(openedAt / HOUR_MS) < Math.floor(now / HOUR_MS);
  }

  /** Closes the leaves behind the newest seal, of which there is at least one. */
  seal(now: number): void {
    const { seals: n, prev, first, days } = this.#chain;
    const count = this.size - first;
    const root = toBase64(this.root());
    const sealedAt = new Date(now).toISOString();
    const { hash } = this.#append({ t: "seal", v: 1, count, days, first, n, prev, root, sealedAt }, null);
    const { isBehind, begunAt } = this.#chain;
    this.#chain = {
      seals: n + 1,
      prev: toBase64(hash),
      first: this.size,
      openedAt: null,
      days: {},
      isBehind,
      begunAt,
    };
  }

  /** What is to be stored. @param position behind the last event @default as before */
  commit(position = this.#committed.position): EvidenceCommit {
    this.#closeBatch();
    const root = this.root();
    return {
      log: this.#log.log,
      from: { size: this.#committed.size, position: this.#committed.position },
      to: { size: this.#tree.size, root, position, chain: formatChain(this.#chain) },
      tiles: [...this.#tiles.values()].map(({ level, index, hashes }) => ({ level, index, hashes })),
      batches: this.#batches,
      seeds: this.#newSeeds,
      statements: this.#statements,
    };
  }

  /** To be called when what {@link commit} gave was stored. */
  committed({ to: { size, position } }: EvidenceCommit): void {
    this.#committed = { size, position };
    this.#tiles = new Map();
    this.#batches = [];
    this.#newSeeds = [];
    this.#statements = [];
  }

  /** Statements, seals too. */
  #append(statement: Statement, list: string | null): { leaf: number; hash: Uint8Array } {
    const leaf = this.size;
    // A bundle has a seed for each of its leaves, whatever they are.
    this.#nextSeed();
    this.#closeBatch();
    const entry = encodeEntry(statement);
    const hash = leafHash(entry);
    this.#leaves.push(hash);
    this.#statements.push({ leaf, kind: statement.t, entry: Buffer.from(entry).toString(), list });
    return { leaf, hash };
  }

  #nextSeed(): Uint8Array | undefined {
    const place = this.size % TILE_WIDTH;
    if (place === 0) {
      const nodes = newBundleSeeds();
      const bundle = this.size / TILE_WIDTH;
      this.#newSeeds.push(...nodes.map(({ depth, path, node }) => ({ bundle, depth, path, node })));
      this.#seeds = leafSeeds(nodes);
    }
    return this.#seeds[place];
  }

  #count(ts: number, now: number): void {
    if (!(ts >= this.#day.start && ts < this.#day.start + 24 * HOUR_MS)) {
      this.#day = { start: Math.floor(ts / (24 * HOUR_MS)) * 24 * HOUR_MS, name: utcDayOf(ts) };
    }
    // Its own object, which nothing else has.
    const days = this.#chain.days as Record<string, number>;
    days[this.#day.name] = (days[this.#day.name] ?? 0) + 1;
    if (this.#chain.openedAt === null) this.#chain = { ...this.#chain, openedAt: now };
  }

  #closeBatch(): void {
    if (this.#batch === undefined) return;
    const { first, seqs, fromTs, toTs, transactions } = this.#batch;
    let [firstSeq, lastSeq] = [Number.POSITIVE_INFINITY, 0];
    for (const seq of seqs) {
      if (seq < firstSeq) firstSeq = seq;
      if (seq > lastSeq) lastSeq = seq;
    }
    const places = { firstSeq, lastSeq, fromTs, toTs, transactions };
    this.#batches.push({ first, count: seqs.length, ...places, seqs: packSeqs(seqs) });
    this.#batch = undefined;
  }

  #grow(): void {
    if (this.#leaves.length === 0) return;
    for (const tile of this.#tree.append(this.#leaves)) this.#tiles.set(`${tile.level}/${tile.index}`, tile);
    this.#leaves = [];
  }
}

function includeTransaction(batch: OpenBatch, transaction: number): void {
  batch.transactions ??= { first: transaction, last: transaction };
  const { transactions } = batch;
  if (transaction < transactions.first) transactions.first = transaction;
  if (transaction > transactions.last) transactions.last = transaction;
}

/** The UTC day of a time, such as `2026-11-28`. @param ms since the epoch */
export function utcDayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
