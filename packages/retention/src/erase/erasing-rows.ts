import { type ErasureRefusal, type LegalHold, StorageError } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type ErasedParts,
  type ErasureSupport,
  findParts,
  markerOf,
  withoutParts,
} from "@agent-assembly/storage-core/backend";
import type { ArchivedRow } from "../archive/parquet/columns.js";
import type { ArchivedErasureSteps, ErasingArchivedEvent } from "./evidence.js";

/** Parts of an archived event that go now. */
interface GoingParts extends ErasingArchivedEvent {
  readonly marker: ErasedParts;
}

/** What becomes of a row. */
export interface ErasingRow {
  /** The same object where nothing does. */
  readonly after: AuditEventRow;
  readonly going?: GoingParts;
}

/** Most events of one call to the store. */
const AT_ONCE = 1000;
/** Attempts at events whose evidence others change. */
const MOST_ATTEMPTS = 20;
const REST = "payload:*";

/** Takes parts out of archived rows. */
export class ErasingRows {
  readonly #parts: ReadonlySet<string>;
  readonly #held = new Map<string, Set<string>>();
  readonly #inRest = new Map<string, Set<string>>();

  constructor(
    private readonly support: ErasureSupport,
    private readonly holds: readonly LegalHold[],
    parts: readonly string[],
  ) {
    this.#parts = new Set(parts);
  }

  /** What becomes of rows; what refuses it is kept. */
  async plan(rows: readonly ArchivedRow[]): Promise<readonly ErasingRow[]> {
    const before = await this.#markersOf(rows);
    return rows.map((row) => {
      const { ts, eventId, leafIndex: leaf } = row;
      const gone = before.get(keyOf(row)) ?? [];
      // What was erased before goes with it: in the store, or by a run that was cut off.
      const event = withoutParts(row, gone);
      const { parts, inRest } = findParts(event, this.#parts, gone);
      for (const part of inRest) count(this.#inRest, part, row);
      const after = withoutParts(row, [...gone, ...parts]);
      if (after === row) return { after };
      if (parts.length > 0) {
        for (const hold of this.holds) if (covers(hold, row)) count(this.#held, hold.holdId, row);
      }
      return {
        after,
        going: { leaf, event, parts, marker: { ts, eventId, parts: markerOf(gone, parts, after.payload) } },
      };
    });
  }

  /**
   * The rows as they are to be, once the store knows of it: a restore from any copy of the archive leaves these parts out from then on.
   * @param erasure of sealed events
   */
  async marked(
    rows: readonly ArchivedRow[],
    erasure?: Pick<ArchivedErasureSteps, "evidenceOf">,
  ): Promise<readonly AuditEventRow[]> {
    const plan = await this.plan(rows);
    this.requireNoRefusal();
    const going = plan.flatMap((one) => one.going ?? []);
    for (let from = 0; from < going.length; from += AT_ONCE)
      await this.#mark(going.slice(from, from + AT_ONCE), erasure);
    return plan.map(({ after }) => after);
  }

  async #mark(
    going: readonly GoingParts[],
    erasure: Pick<ArchivedErasureSteps, "evidenceOf"> | undefined,
  ): Promise<void> {
    const markers = going.map(({ marker }) => marker);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const sealed = erasure === undefined ? [] : sealedOf(going);
      const evidence = sealed.length === 0 ? undefined : await erasure?.evidenceOf(sealed);
      if (await this.support.mark(markers, evidence)) return;
    }
    throw new StorageError({
      code: "busy",
      message: "the evidence of archived events is being changed by others again and again",
      remedy: "Ask for the same erasure again.",
    });
  }

  get refusals(): ErasureRefusal[] {
    return [
      ...[...this.#held].map(([holdId, keys]) => ({ kind: "hold" as const, holdId, events: keys.size })),
      ...[...this.#inRest].map(([part, keys]) => ({ kind: "part" as const, part, heldBy: REST, events: keys.size })),
    ];
  }

  /** @throws `conflict` */
  requireNoRefusal(): void {
    const [refusal] = this.refusals;
    if (refusal === undefined) return;
    if (refusal.kind === "hold") {
      throw new StorageError({
        code: "conflict",
        message: `the legal hold ${refusal.holdId} covers archived events of the erasure; no archive was changed for them`,
        remedy: "Release holds that no longer apply, or leave these events out of the filter.",
      });
    }
    throw new StorageError({
      code: "conflict",
      message: `"${refusal.part}" is held by the part "${REST}" in archived events, which have more members than are parts of their own`,
      remedy: `Ask for "${REST}", or for the whole payload.`,
    });
  }

  async #markersOf(rows: readonly AuditEventRow[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      const keys = rows.slice(from, from + AT_ONCE).map(({ ts, eventId }) => ({ ts, eventId }));
      for (const marker of await this.support.erased(keys)) found.set(keyOf(marker), marker.parts);
    }
    return found;
  }
}

/** Those of which something goes that is sealed. */
export function sealedOf(going: readonly ErasingArchivedEvent[]): ErasingArchivedEvent[] {
  return going.filter(({ leaf, parts }) => leaf !== null && parts.length > 0);
}

function count(counts: Map<string, Set<string>>, name: string, event: AuditEventRow): void {
  const keys = counts.get(name) ?? new Set();
  counts.set(name, keys.add(keyOf(event)));
}

function keyOf({ ts, eventId }: Pick<AuditEventRow, "ts" | "eventId">): string {
  return `${ts} ${eventId}`;
}

function covers({ agentId, teamId, from, to }: LegalHold, row: AuditEventRow): boolean {
  return (
    (agentId === undefined || agentId === row.agentId) &&
    (teamId === undefined || teamId === row.teamId) &&
    (from === undefined || row.ts >= from.getTime()) &&
    (to === undefined || row.ts < to.getTime())
  );
}
