import { type AuditKey, compareAuditKeys } from "../audit/paging.js";
import type { AuditEventRow } from "../audit/row.js";
import type { ErasedEvidence } from "../erasure/driver.js";
import type {
  EvidenceAnchor,
  EvidenceBatch,
  EvidenceBeginning,
  EvidenceCheckpoint,
  EvidenceCommit,
  EvidenceEvent,
  EvidenceLog,
  EvidenceMove,
  EvidencePart,
  EvidenceSeed,
  EvidenceSlice,
  EvidenceStatement,
  EvidenceTile,
  EvidenceVerification,
  KeptEvidenceVerification,
  RestoredEvent,
  RowPlaces,
} from "../evidence/log.js";
import { formatNumberedPosition, parseNumberedPosition } from "../evidence/position.js";
import type { EvidenceKey, EvidenceRange, EvidenceSupport } from "../evidence/support.js";
import type { MemoryEventTable } from "./event-table.js";

/** What one log has. */
interface Kept {
  state: EvidenceLog;
  /** By level and index. */
  readonly tiles: Map<string, EvidenceTile>;
  readonly batches: EvidenceBatch[];
  seeds: EvidenceSeed[];
  parts: EvidencePart[];
  readonly statements: EvidenceStatement[];
}

/** The evidence of a store in memory. */
export class MemoryEvidenceDriver implements EvidenceSupport {
  readonly #logs: Kept[] = [];
  #checkpoints: EvidenceCheckpoint[] = [];
  #anchors: EvidenceAnchor[] = [];
  /** The newest first. */
  #verifications: (EvidenceVerification & { readonly storedAt: number })[] = [];

  /** @param storeEvent stores what records a change; absent where changes are not recorded */
  constructor(
    private readonly events: MemoryEventTable,
    private readonly storeEvent?: ((event: AuditEventRow) => void) | undefined,
  ) {}

  async log(): Promise<EvidenceLog | undefined> {
    return this.#logs.at(-1)?.state;
  }

  async logs(): Promise<EvidenceLog[]> {
    return this.#logs.map(({ state }) => state);
  }

  async begin(beginning: EvidenceBeginning): Promise<boolean> {
    const { log, origin, root, chain, size = 0, tiles = [], seeds = [], statements = [], record } = beginning;
    if (log !== this.#logs.length + 1) return false;
    const state = { log, origin, size, root, position: "", chain };
    const byPlace = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile]));
    this.#logs.push({ state, tiles: byPlace, batches: [], seeds: [...seeds], parts: [], statements: [...statements] });
    if (record !== undefined) this.storeEvent?.(record);
    return true;
  }

  async next(after: string, limit: number): Promise<EvidenceSlice> {
    const start = this.#sequenceOf("after", after);
    const found = this.events.committedAfter(start, limit + 1);
    const rows = found.slice(0, limit).map(([seq, event]) => ({ seq, event }));
    const events = rows.filter(({ seq }) => this.events.moveOf(seq) === undefined);
    const restored = rows.flatMap((row): RestoredEvent[] => {
      const move = this.events.moveOf(row.seq);
      return move === undefined ? [] : [{ ...row, ...move }];
    });
    const last = rows.at(-1)?.seq ?? start;
    return { events, restored, position: formatNumberedPosition(last), more: found.length > limit };
  }

  async commit(commit: EvidenceCommit): Promise<boolean> {
    const { log, from, to, tiles, batches, seeds, statements, record } = commit;
    const kept = this.#logs[log - 1];
    if (
      kept === undefined ||
      log < this.#logs.length ||
      kept.state.size !== from.size ||
      kept.state.position !== from.position
    )
      return false;
    kept.state = { ...kept.state, ...to };
    for (const tile of tiles) kept.tiles.set(`${tile.level}/${tile.index}`, tile);
    kept.batches.push(...batches);
    kept.seeds.push(...seeds);
    kept.statements.push(...statements);
    if (record !== undefined) this.storeEvent?.(record);
    return true;
  }

  async tiles(log: number, level: number, range: EvidenceRange): Promise<EvidenceTile[]> {
    const found: EvidenceTile[] = [];
    for (let index = range.from; found.length < range.limit; index++) {
      const tile = this.#logs[log - 1]?.tiles.get(`${level}/${index}`);
      if (tile === undefined) break;
      found.push(tile);
    }
    return found;
  }

  async batches(log: number, { from, limit }: EvidenceRange): Promise<EvidenceBatch[]> {
    const batches = this.#logs[log - 1]?.batches ?? [];
    return batches.filter(({ first, count }) => first + count > from).slice(0, limit);
  }

  async seeds(log: number, { from, limit }: EvidenceRange): Promise<EvidenceSeed[]> {
    const seeds = this.#logs[log - 1]?.seeds ?? [];
    return seeds.filter(({ bundle }) => bundle >= from && bundle < from + limit);
  }

  async parts(log: number, { from, limit }: EvidenceRange): Promise<EvidencePart[]> {
    const parts = (this.#logs[log - 1]?.parts ?? []).filter(({ leaf }) => leaf >= from);
    const leaves = new Set([...new Set(parts.map(({ leaf }) => leaf))].slice(0, limit));
    return parts.filter(({ leaf }) => leaves.has(leaf));
  }

  /** Whether the bundles still have the seeds that an erasure read. */
  hasSeeds({ log, replaced, seeds }: ErasedEvidence): boolean {
    const bundles = new Set([...replaced, ...seeds].map(({ bundle }) => bundle));
    const there = (this.#logs[log - 1]?.seeds ?? []).filter(({ bundle }) => bundles.has(bundle));
    const texts = new Set(there.map(seedText));
    return there.length === replaced.length && replaced.every((seed) => texts.has(seedText(seed)));
  }

  /** Stores what an erasure makes of the evidence. */
  erase({ log, replaced, seeds, parts }: ErasedEvidence): void {
    const kept = this.#logs[log - 1];
    if (kept === undefined) return;
    const bundles = new Set([...replaced, ...seeds].map(({ bundle }) => bundle));
    kept.seeds = [...kept.seeds.filter(({ bundle }) => !bundles.has(bundle)), ...seeds].sort(
      (a, b) => a.bundle - b.bundle || a.depth - b.depth || a.path - b.path,
    );
    const next = new Set(parts.map(({ leaf, place }) => `${leaf}/${place}`));
    kept.parts = [...kept.parts.filter(({ leaf, place }) => !next.has(`${leaf}/${place}`)), ...parts].sort(
      (a, b) => a.leaf - b.leaf || a.place - b.place,
    );
  }

  async statements(log: number, { from, limit }: EvidenceRange): Promise<EvidenceStatement[]> {
    const statements = this.#logs[log - 1]?.statements ?? [];
    return statements.filter(({ leaf }) => leaf >= from).slice(0, limit);
  }

  async moved(log: number, { from, limit }: EvidenceRange): Promise<EvidenceMove[]> {
    return this.events
      .moves(log)
      .filter(({ leaf }) => leaf >= from)
      .slice(0, limit);
  }

  async rows(seqs: readonly number[], places?: RowPlaces): Promise<EvidenceEvent[]> {
    return seqs.flatMap((seq): EvidenceEvent[] => {
      const [found] = this.events.committedAfter(seq - 1, 1);
      if (found === undefined || found[0] !== seq) return [];
      const [, event] = found;
      return places !== undefined && (event.ts < places.from || event.ts > places.to) ? [] : [{ seq, event }];
    });
  }

  async keys(position: string, after: AuditKey | undefined, limit: number): Promise<EvidenceKey[]> {
    const last = this.#sequenceOf("position", position);
    return this.events
      .committedAfter(0)
      .filter(([seq, event]) => seq <= last && (after === undefined || compareAuditKeys(event, after) > 0))
      .map(([seq, { ts, eventId }]) => ({ seq, ts, eventId }))
      .sort(compareAuditKeys)
      .slice(0, limit);
  }

  async recordCheckpoint(checkpoint: EvidenceCheckpoint): Promise<void> {
    const others = this.#checkpoints.filter(({ log, size }) => log !== checkpoint.log || size !== checkpoint.size);
    this.#checkpoints = [...others, checkpoint].sort(newestFirst);
  }

  async checkpoints(limit: number, log?: number): Promise<EvidenceCheckpoint[]> {
    return this.#checkpoints.filter((one) => log === undefined || one.log === log).slice(0, limit);
  }

  async recordAnchor(anchor: EvidenceAnchor): Promise<void> {
    const others = this.#anchors.filter(
      ({ log, size, kind, target }) =>
        log !== anchor.log || size !== anchor.size || kind !== anchor.kind || target !== anchor.target,
    );
    const text = ({ kind, target }: EvidenceAnchor): string => JSON.stringify([kind, target]);
    this.#anchors = [...others, anchor].sort((a, b) => newestFirst(a, b) || (text(a) < text(b) ? -1 : 1));
  }

  async anchors(limit: number, log?: number): Promise<EvidenceAnchor[]> {
    return this.#anchors.filter((one) => log === undefined || one.log === log).slice(0, limit);
  }

  async recordVerification(verification: EvidenceVerification): Promise<void> {
    const others = this.#verifications.filter(({ id }) => id !== verification.id);
    const last = (a: EvidenceVerification, b: EvidenceVerification): number =>
      b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1);
    this.#verifications = [...others, { ...verification, storedAt: performance.now() }].sort(last);
  }

  async verifications(limit: number, id?: string): Promise<KeptEvidenceVerification[]> {
    return this.#verifications
      .filter((one) => id === undefined || one.id === id)
      .slice(0, limit)
      .map(({ storedAt, ...one }) => ({ ...one, unchangedMs: Math.floor(performance.now() - storedAt) }));
  }

  #sequenceOf(what: string, position: string): number {
    return parseNumberedPosition(what, position, this.events.sequence);
  }
}

function newestFirst(a: EvidenceCheckpoint | EvidenceAnchor, b: EvidenceCheckpoint | EvidenceAnchor): number {
  return b.log - a.log || b.size - a.size;
}

function seedText({ bundle, depth, path, node }: EvidenceSeed): string {
  return `${bundle}/${depth}/${path}/${Buffer.from(node).toString("hex")}`;
}
