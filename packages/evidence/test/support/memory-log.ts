import type { AuditEvent, JsonObject } from "@agent-assembly/storage-core";
import { canonicalJson } from "@agent-assembly/storage-core";
import {
  type AnchorReceipt,
  type BundleSalts,
  type DayCounts,
  ERASED_AGENT_ID,
  type EvidenceSource,
  encodeEntry,
  erasedListDigest,
  eventEntry,
  eventParts,
  type LeafEntry,
  type LeafParts,
  type LeafRun,
  leafHash,
  leafListDigest,
  leafSeed,
  leafSeeds,
  newBundleSeeds,
  parseSignerKey,
  parseVerifierKey,
  partSalt,
  puncture,
  type SourceEvent,
  type SourceStatement,
  signCheckpoint,
  type Tile,
  TreeAppender,
  tilePath,
} from "../../src/index.js";

/** Of no use to others: the bytes 0x00 to 0x1f. */
export const SIGNER_KEY = "PRIVATE+KEY+example.com/audit+29b87bfc+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
export const VERIFIER_KEY = parseSignerKey(SIGNER_KEY).verifierKey;
export const KEYS = [parseVerifierKey(VERIFIER_KEY)];
export const ORIGIN = "example.com/audit";
const HASH = "2zQm6HgGjSjSabbIcXIyLOU3K2V1bQeJAB00g19gHAM=";

export interface MemoryLogOptions {
  /** Of the first event. @default 2026-11-27T00:00Z */
  readonly start?: Date;
  /** Between events. @default 10 minutes */
  readonly stepMs?: number;
}

/** A log whose rows follow from their leaves, so that a million of them takes little memory. */
export class MemoryLog implements EvidenceSource {
  readonly tiles = new Map<string, Uint8Array>();
  readonly statementEntries = new Map<number, Uint8Array>();
  readonly lists = new Map<number, string>();
  readonly anchored: AnchorReceipt[] = [];
  /** Rows that are not as they were sealed; null where they are gone. */
  readonly rows = new Map<number, AuditEvent | null>();
  readonly salt = new Map<number, { nodes: BundleSalts["nodes"]; salts: Map<number, Map<number, Uint8Array>> }>();
  /** Entries of leaves with erased parts: a store keeps their commitments. */
  readonly #erased = new Map<number, Uint8Array>();
  readonly #tree = new TreeAppender();
  readonly #start: number;
  readonly #stepMs: number;
  #seal = { n: 0, first: 0, prev: null as string | null, days: {} as Record<string, number> };
  #note: string | undefined;

  constructor({ start = new Date("2026-11-27T00:00:00Z"), stepMs = 600_000 }: MemoryLogOptions = {}) {
    this.#start = start.getTime();
    this.#stepMs = stepMs;
  }

  get size(): number {
    return this.#tree.size;
  }

  get head() {
    return { origin: ORIGIN, size: this.#tree.size, root: this.#tree.root() };
  }

  /** The event that was sealed as a leaf. Every fiftieth is a day late. */
  eventOf(leaf: number): AuditEvent {
    const late = leaf % 50 === 49 ? 86_400_000 : 0;
    const recordedAt = new Date(this.#start + leaf * this.#stepMs);
    const payload: JsonObject = { arguments: { to: `user-${leaf}@example.com` }, tool: "send_mail", tries: leaf % 3 };
    return {
      ts: new Date(recordedAt.getTime() - late),
      recordedAt,
      eventId: `0195f0a0-0000-7000-8000-${String(leaf).padStart(12, "0")}`,
      agentId: `agent-${leaf % 7}`,
      ...(leaf % 2 === 0 ? { sessionId: `session-${leaf % 11}` } : {}),
      action: "tool_call",
      decision: leaf % 5 === 0 ? "deny" : "allow",
      dryRun: false,
      payload,
    };
  }

  /** The row as the store has it. */
  rowOf(leaf: number): AuditEvent | undefined {
    const row = this.rows.get(leaf);
    return row === null ? undefined : (row ?? this.eventOf(leaf));
  }

  append(events: number): this {
    const hashes: Uint8Array[] = [];
    let seeds: (Uint8Array | undefined)[] = [];
    for (let leaf = this.size; leaf < this.size + events; leaf++) {
      if (hashes.length === 0 || leaf % 256 === 0) seeds = leafSeeds(this.#saltsOf(Math.floor(leaf / 256)).nodes);
      const event = this.eventOf(leaf);
      const seed = seeds[leaf % 256] as Uint8Array;
      hashes.push(leafHash(encodeEntry(eventEntry(event, (part) => partSalt(seed, part)))));
      const day = event.ts.toISOString().slice(0, 10);
      this.#seal.days[day] = (this.#seal.days[day] ?? 0) + 1;
    }
    this.#grow(hashes);
    return this;
  }

  state(entry: LeafEntry): number {
    return this.stateBytes(encodeEntry(entry));
  }

  /** A statement in any form, such as that of a later version. */
  stateBytes(bytes: Uint8Array): number {
    const leaf = this.size;
    this.statementEntries.set(leaf, bytes);
    this.#grow([leafHash(bytes)]);
    return leaf;
  }

  /** Closes the open leaves. @param change of the statement, for logs that lie */
  seal(change: (seal: Extract<LeafEntry, { t: "seal" }>) => LeafEntry = (seal) => seal): this {
    const { n, first, prev, days } = this.#seal;
    const root = Buffer.from(this.#tree.root()).toString("base64");
    const sealedAt = new Date(this.#start + this.size * this.#stepMs).toISOString();
    const leaf = this.state(
      change({ count: this.size - first, days, first, n, prev, root, sealedAt, t: "seal", v: 1 }),
    );
    const hash = Buffer.from(leafHash(this.statementEntries.get(leaf) as Uint8Array)).toString("base64");
    this.#seal = { n: n + 1, first: this.size, prev: hash, days: {} };
    return this;
  }

  /** Announces a run, drops rows, and states it. @returns the leaf of the last statement */
  drop(run: string, runs: readonly LeafRun[], { isDone = true }: { isDone?: boolean } = {}): number {
    const leaves = runs.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
    const statement = {
      archive: null,
      at: "2026-12-01T00:00:00.000Z",
      days: this.#daysOf(leaves),
      leaves: leafListDigest(runs),
      manifest: null,
      policy: HASH,
      run,
      t: "drop",
      v: 1,
    } as const;
    const intent = this.state({ ...statement, intent: null });
    this.lists.set(intent, canonicalJson(runs.map(([first, count]) => [first, count])));
    for (const leaf of leaves) this.rows.set(leaf, null);
    if (!isDone) return intent;
    const result = this.state({ ...statement, intent });
    this.lists.set(result, this.lists.get(intent) as string);
    return result;
  }

  restore(runs: readonly LeafRun[]): number {
    const leaves = runs.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
    const days = this.#daysOf(leaves);
    const at = "2026-12-02T00:00:00.000Z";
    const leaf = this.state({
      archive: "a",
      at,
      days,
      leaves: leafListDigest(runs),
      manifest: HASH,
      t: "restore",
      v: 1,
    });
    this.lists.set(leaf, canonicalJson(runs.map(([first, count]) => [first, count])));
    for (const one of leaves) this.rows.delete(one);
    return leaf;
  }

  /** Announces an erasure, removes parts of rows and destroys their salts, and states it. */
  erase(
    request: string,
    list: readonly LeafParts[],
    { isStated = true, isDone = true }: { isStated?: boolean; isDone?: boolean } = {},
  ): void {
    const statement = {
      at: "2026-12-01T00:00:00.000Z",
      basis: "Art. 17(1)(b)",
      days: this.#daysOf(list.map(([leaf]) => leaf)),
      leaves: erasedListDigest(list),
      request,
      t: "erase",
      v: 1,
    } as const;
    const text = canonicalJson(list.map(([leaf, parts]) => [leaf, [...parts]]));
    const intent = isStated ? this.state({ ...statement, intent: null }) : undefined;
    if (intent !== undefined) this.lists.set(intent, text);
    if (!isDone) return;
    for (const [leaf, parts] of list) this.#eraseParts(leaf, new Set(parts));
    if (intent !== undefined) this.lists.set(this.state({ ...statement, intent }), text);
  }

  #eraseParts(leaf: number, places: ReadonlySet<number>): void {
    const bundle = this.#saltsOf(Math.floor(leaf / 256));
    const seed = leafSeed(bundle.nodes, leaf % 256) as Uint8Array;
    const event = this.eventOf(leaf);
    this.#erased.set(leaf, encodeEntry(eventEntry(event, (part) => partSalt(seed, part))));
    const kept = eventParts(event).flatMap((_, part) =>
      places.has(part) ? [] : [[part, partSalt(seed, part)] as const],
    );
    bundle.salts.set(leaf, new Map(kept));
    bundle.nodes = puncture(bundle.nodes, leaf % 256);
    const { sessionId, ...rest } = event;
    const names = ["arguments", "tool", "tries"];
    const payload = Object.fromEntries(
      Object.entries(event.payload as JsonObject).filter(([name]) => !places.has(4 + names.indexOf(name))),
    );
    this.rows.set(leaf, {
      ...rest,
      agentId: places.has(1) ? ERASED_AGENT_ID : event.agentId,
      ...(sessionId === undefined || places.has(2) ? {} : { sessionId }),
      payload,
    });
  }

  /** Signs the tree as it is now. */
  async sign(): Promise<string> {
    this.#note = await signCheckpoint(this.head, [parseSignerKey(SIGNER_KEY)]);
    return this.#note;
  }

  /** Puts the checkpoint of now into a receipt. */
  async anchor(): Promise<void> {
    const at = new Date("2026-12-01T00:00:00.000Z");
    this.anchored.push({ anchor: "file", at, checkpoint: await this.sign(), where: "/mnt/other" });
  }

  async checkpoint(): Promise<string> {
    return this.#note ?? this.sign();
  }

  async verifierKeys(): Promise<readonly string[]> {
    return [VERIFIER_KEY];
  }

  async readTile(tile: Tile): Promise<Uint8Array | undefined> {
    return this.tiles.get(tilePath(tile));
  }

  async *statements(size: number): AsyncGenerator<SourceStatement> {
    for (const [leaf, entry] of this.statementEntries) if (leaf < size) yield { leaf, entry };
  }

  async *events(start: number, end: number): AsyncGenerator<SourceEvent> {
    const seeds = leafSeeds(this.#saltsOf(Math.floor(start / 256)).nodes);
    for (let leaf = start; leaf < end; leaf++) {
      const event = this.statementEntries.has(leaf) ? undefined : this.rowOf(leaf);
      if (event === undefined) continue;
      const seed = seeds[leaf % 256] as Uint8Array;
      const entry = this.#erased.get(leaf) ?? encodeEntry(eventEntry(event, (part) => partSalt(seed, part)));
      yield { leaf, event, entry };
    }
  }

  async salts(bundle: number): Promise<BundleSalts | undefined> {
    return this.salt.get(bundle);
  }

  async list(leaf: number): Promise<string | undefined> {
    return this.lists.get(leaf);
  }

  async *receipts(): AsyncGenerator<AnchorReceipt> {
    yield* this.anchored;
  }

  #saltsOf(bundle: number) {
    const known = this.salt.get(bundle) ?? { nodes: newBundleSeeds(), salts: new Map() };
    this.salt.set(bundle, known);
    return known;
  }

  #daysOf(leaves: readonly number[]): DayCounts {
    const days: Record<string, number> = {};
    for (const leaf of leaves) {
      const day = this.eventOf(leaf).ts.toISOString().slice(0, 10);
      days[day] = (days[day] ?? 0) + 1;
    }
    return days;
  }

  #grow(hashes: readonly Uint8Array[]): void {
    this.#note = undefined;
    for (const tile of this.#tree.append(hashes)) this.tiles.set(tilePath(tile), tile.hashes);
  }
}
