import { type ErasureEvidence, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import {
  type AnnouncedErasure,
  type AnnouncedErasureRequest,
  countText,
  type ErasedEvidence,
  type ErasingEvent,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import type { EraseStatement } from "../leaf/entry.js";
import { erasedListDigest, type LeafParts } from "../leaf/leaf-list.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { utcDayOf } from "../sealing/log-writer.js";
import { sealedSoFar } from "../sealing/sealed-so-far.js";
import { createSealer, type Sealer } from "../sealing/sealer.js";
import { KeptParts } from "../stored/kept-parts.js";
import { type ArchivedErasure, type ArchivedErasureRequest, archivedErasure } from "./archive-erasure.js";
import { type EraseIntent, type EraseLog, openErasures, stateErased } from "./erase-result.js";
import { ErasureLease } from "./erasure-lease.js";
import { evidenceOfLeaves } from "./evidence-of-leaves.js";
import { type ErasingLeaf, placesOf } from "./leaf-erasure.js";
import { LeafFinder } from "./leaf-finder.js";

/** Options of {@link erasureEvidence}. */
export interface ErasureEvidenceOptions {
  /** Appends the statements. @default one without a key: the next checkpoint of another sealer signs them */
  readonly sealer?: Sealer | undefined;
  /** Milliseconds in which other sealers may be ahead again and again; it fails with `busy` then. @default 30,000 */
  readonly waitMs?: number | undefined;
}

/** What {@link erasureEvidence} makes: for `storage.erase`, and for `erasableArchives` of `@agent-assembly/retention`. */
export interface StoreErasureEvidence extends ErasureEvidence {
  /**
   * Begins an erasure in an archive of sealed events, alone; disposing of it lets others begin.
   * @returns `undefined` for an archive of another log than that of the store
   * @throws `busy` where another erasure is at work; `not_found` without a log
   */
  beginArchived(request: ArchivedErasureRequest): Promise<ArchivedErasure | undefined>;
}

/**
 * Keeps the evidence of a store right while parts of its events are erased: the `evidence` of `storage.erase`. States in the log which
 * parts are about to be erased and which were, and destroys the salts of these, so that what they said cannot be confirmed by guessing.
 * Other parts of the events stay verifiable. What an erasure announced that was cut off is stated by the next one.
 * @throws `unsupported` for a store that keeps no evidence
 * @example
 * ```ts
 * import { erasureEvidence } from "@agent-assembly/evidence";
 * import type { StorageBackend } from "@agent-assembly/storage-core";
 *
 * export async function eraseSession(storage: StorageBackend, sessionId: string, request: string): Promise<number> {
 *   const parts = ["sessionId", "payload"];
 *   const basis = "Art. 17(1)(b)";
 *   const { events } = await storage.erase(
 *     { filter: { sessionId }, parts, request, basis },
 *     { evidence: erasureEvidence(storage) },
 *   );
 *   return events;
 * }
 * ```
 */
export function erasureEvidence(
  storage: StorageBackend,
  { sealer = createSealer(storage), waitMs = 30_000 }: ErasureEvidenceOptions = {},
): StoreErasureEvidence {
  const support = evidenceOf(storage);
  const alone = (signal: AbortSignal | undefined): Promise<ErasureLease> =>
    ErasureLease.acquire(storage.retentionSupport, waitMs, signal);
  const finishOthers = async (place: EraseLog, request: string): Promise<number[]> => {
    const leaves: number[] = [];
    for (const intent of await openErasures(place)) {
      const leaf = await stateErased(place, intent);
      if (leaf !== undefined && intent.statement.request === request) leaves.push(leaf);
    }
    return leaves;
  };
  return {
    beginArchived: (request) => archivedErasure(storage, sealer, waitMs, request),
    async finish({ request, signal }) {
      const { log } = await requireLog(support);
      await using _ = await alone(signal);
      return await finishOthers({ support, log, sealer }, request);
    },
    async announce(request, events) {
      const lease = await alone(request.signal);
      try {
        await sealedSoFar(sealer, waitMs, request.signal);
        const { log, position } = await requireLog(support);
        const place = { support, log, sealer };
        const leaves = new ErasingLeaves(place, await LeafFinder.open(support, log, position));
        return new Announcement(place, leaves, await announce(place, leaves, request, events), lease);
      } catch (error) {
        await lease[Symbol.asyncDispose]();
        throw error;
      }
    },
  };
}

/** Events that are to be erased, with their leaves. */
class ErasingLeaves {
  readonly #kept: KeptParts;

  constructor(
    { support, log }: EraseLog,
    private readonly finder: LeafFinder,
  ) {
    this.#kept = new KeptParts(support, log);
  }

  /** `undefined` for an event that has no leaf. @param kept what was read anew, where others may have erased parts since */
  async find({ event, parts }: ErasingEvent, kept = this.#kept): Promise<ErasingLeaf | undefined> {
    const leaf = await this.finder.leafOf(event);
    if (leaf === undefined) return undefined;
    return { leaf, event: toAuditEvent(event), parts, kept: (await kept.of(leaf, leaf + 1)).get(leaf) };
  }
}

async function announce(
  { sealer }: EraseLog,
  leaves: ErasingLeaves,
  { request, basis, signal }: AnnouncedErasureRequest,
  events: AsyncIterable<readonly ErasingEvent[]>,
): Promise<EraseIntent> {
  const parts: LeafParts[] = [];
  const days: Record<string, number> = {};
  let unsealed = 0;
  for await (const slice of events) {
    for (const one of slice) {
      signal?.throwIfAborted();
      const found = await leaves.find(one);
      if (found === undefined) {
        unsealed++;
        continue;
      }
      parts.push([found.leaf, placesOf(found)]);
      const day = utcDayOf(one.event.ts);
      days[day] = (days[day] ?? 0) + 1;
    }
  }
  if (unsealed > 0) throw notSealed(unsealed);
  parts.sort(([a], [b]) => a - b);
  const statement: EraseStatement = {
    t: "erase",
    v: 1,
    at: new Date().toISOString(),
    basis,
    days,
    intent: null,
    leaves: erasedListDigest(parts),
    request,
  };
  return { leaf: await sealer.appendStatement(statement, JSON.stringify(parts)), statement, parts };
}

class Announcement implements AnnouncedErasure {
  readonly #announced: ReadonlyMap<number, readonly number[]>;

  constructor(
    private readonly place: EraseLog,
    private readonly leaves: ErasingLeaves,
    private readonly intent: EraseIntent,
    private readonly lease: ErasureLease,
  ) {
    this.#announced = new Map(intent.parts);
  }

  async evidenceOf(
    events: readonly ErasingEvent[],
  ): Promise<{ readonly events: readonly ErasingEvent[]; readonly evidence: ErasedEvidence }> {
    this.lease.requireHeld();
    const { support, log } = this.place;
    const fresh = new KeptParts(support, log);
    const announced: ErasingEvent[] = [];
    const found: ErasingLeaf[] = [];
    for (const event of events) {
      const one = await this.leaves.find(event, fresh);
      if (one === undefined || !this.#isAnnounced(one)) continue;
      announced.push(event);
      found.push(one);
    }
    return { events: announced, evidence: await evidenceOfLeaves(support, log, found) };
  }

  #isAnnounced(one: ErasingLeaf): boolean {
    const places = this.#announced.get(one.leaf) ?? [];
    return placesOf(one).every((place) => places.includes(place));
  }

  erased(): void {
    // What the store has of the leaves says it.
  }

  async done(): Promise<{ readonly leaf: number }> {
    try {
      return { leaf: (await stateErased(this.place, this.intent)) ?? this.intent.leaf };
    } finally {
      await this.lease[Symbol.asyncDispose]();
    }
  }
}

function notSealed(events: number): StorageError {
  return new StorageError({
    code: "conflict",
    message: `${countText(events, "event")} of the erasure ${events === 1 ? "is" : "are"} not sealed, or not as sealed, so that nothing can be stated of them`,
    remedy: "Seal until nothing is left, verify the store, and ask for the same erasure again.",
  });
}
