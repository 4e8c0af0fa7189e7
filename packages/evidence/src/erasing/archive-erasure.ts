import type { StorageBackend } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type ErasedEvidence,
  type EvidenceSupport,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import type { EraseStatement } from "../leaf/entry.js";
import { erasedListDigest, type LeafParts } from "../leaf/leaf-list.js";
import { SeqSet } from "../log/seq-set.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { utcDayOf } from "../sealing/log-writer.js";
import { sealedSoFar } from "../sealing/sealed-so-far.js";
import type { Sealer } from "../sealing/sealer.js";
import { KeptParts } from "../stored/kept-parts.js";
import { seedLines } from "../stored/seed-lines.js";
import { TILE_WIDTH } from "../tree/tile.js";
import { type EraseLog, stateErased } from "./erase-result.js";
import { ErasureLease } from "./erasure-lease.js";
import { evidenceOfLeaves } from "./evidence-of-leaves.js";
import { type ErasingLeaf, placesOf } from "./leaf-erasure.js";

/** An archived event that loses parts. */
export interface ErasingArchivedEvent {
  readonly leaf: number;
  /** Without parts that were erased before. */
  readonly event: AuditEventRow;
  /** Names of the parts. */
  readonly parts: readonly string[];
}

/** What an erasure in an archive is asked for with. */
export interface ArchivedErasureRequest {
  readonly request: string;
  readonly basis: string;
  /** The log that the archive's leaves are of. */
  readonly log: { readonly log: number; readonly origin: string };
  readonly signal?: AbortSignal | undefined;
}

/** Keeps the evidence of events right while parts of them are erased in an archive. */
export interface ArchivedErasure extends AsyncDisposable {
  /** Adds events to what is announced. */
  add(events: readonly ErasingArchivedEvent[]): Promise<void>;
  /** States which parts are about to be erased, of what was added; nothing without any. */
  announce(): Promise<void>;
  /** What the evidence of announced events is to be; stored together with their markers. */
  evidenceOf(events: readonly ErasingArchivedEvent[]): Promise<ErasedEvidence>;
  /** The lines of the archive's file of seeds, as its leaves are now. */
  seeds(leaves: Iterable<number>): AsyncIterable<string>;
  /** States which of the announced parts are erased. @returns the leaf of the statement; `undefined` where nothing was announced */
  done(): Promise<number | undefined>;
}

/** @returns `undefined` for leaves of another log than that of the store */
export async function archivedErasure(
  storage: StorageBackend,
  sealer: Sealer,
  waitMs: number,
  { request, basis, log: of, signal }: ArchivedErasureRequest,
): Promise<ArchivedErasure | undefined> {
  const support = evidenceOf(storage);
  const { log, origin } = await requireLog(support);
  if (of.log !== log || of.origin !== origin) return undefined;
  const lease = await ErasureLease.acquire(storage.retentionSupport, waitMs, signal);
  try {
    await sealedSoFar(sealer, waitMs, signal);
    return new StoredArchivedErasure({ support, log, sealer }, { request, basis }, lease);
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
}

class StoredArchivedErasure implements ArchivedErasure {
  readonly #parts = new Map<number, readonly number[]>();
  readonly #days: Record<string, number> = {};
  readonly #kept: KeptParts;
  #announced: { readonly leaf: number; readonly statement: EraseStatement; readonly parts: LeafParts[] } | undefined;

  constructor(
    private readonly place: EraseLog,
    private readonly about: Pick<EraseStatement, "request" | "basis">,
    private readonly lease: ErasureLease,
  ) {
    this.#kept = new KeptParts(place.support, place.log);
  }

  async add(events: readonly ErasingArchivedEvent[]): Promise<void> {
    for (const one of events) {
      // An event may be in more than one file.
      if (this.#parts.has(one.leaf)) continue;
      this.#parts.set(one.leaf, placesOf(await this.#erasing(one, this.#kept)));
      const day = utcDayOf(one.event.ts);
      this.#days[day] = (this.#days[day] ?? 0) + 1;
    }
  }

  async announce(): Promise<void> {
    if (this.#parts.size === 0) return;
    const parts: LeafParts[] = [...this.#parts].sort(([a], [b]) => a - b);
    const at = new Date().toISOString();
    const leaves = erasedListDigest(parts);
    const statement: EraseStatement = { t: "erase", v: 1, at, ...this.about, days: this.#days, intent: null, leaves };
    this.#announced = {
      leaf: await this.place.sealer.appendStatement(statement, JSON.stringify(parts)),
      statement,
      parts,
    };
  }

  async evidenceOf(events: readonly ErasingArchivedEvent[]): Promise<ErasedEvidence> {
    this.lease.requireHeld();
    const fresh = new KeptParts(this.place.support, this.place.log);
    const erasing: ErasingLeaf[] = [];
    for (const one of events) erasing.push(await this.#erasing(one, fresh));
    return evidenceOfLeaves(this.place.support, this.place.log, erasing);
  }

  async #erasing({ leaf, event, parts }: ErasingArchivedEvent, kept: KeptParts): Promise<ErasingLeaf> {
    return { leaf, event: toAuditEvent(event), parts, kept: (await kept.of(leaf, leaf + 1)).get(leaf) };
  }

  seeds(leaves: Iterable<number>): AsyncIterable<string> {
    return seedLinesOf(this.place.support, this.place.log, leaves);
  }

  async done(): Promise<number | undefined> {
    if (this.#announced === undefined) return undefined;
    return (await stateErased(this.place, this.#announced)) ?? this.#announced.leaf;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lease[Symbol.asyncDispose]();
  }
}

function seedLinesOf(support: EvidenceSupport, log: number, leaves: Iterable<number>): AsyncIterable<string> {
  const all = new SeqSet();
  const bundles = new Set<number>();
  for (const leaf of leaves) {
    all.add(leaf);
    bundles.add(Math.floor(leaf / TILE_WIDTH));
  }
  return seedLines(
    support,
    log,
    all,
    [...bundles].sort((a, b) => a - b),
  );
}
