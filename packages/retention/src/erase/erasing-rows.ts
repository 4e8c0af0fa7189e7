import { type LegalHold, StorageError } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type ErasedParts,
  type ErasureSupport,
  findParts,
  markerOf,
  withoutParts,
} from "@agent-assembly/storage-core/backend";

/** Why rows of an archive must not be erased, or not like this. */
export type RowRefusal =
  | { readonly kind: "hold"; readonly holdId: string; readonly events: number }
  | { readonly kind: "part"; readonly part: string; readonly heldBy: string; readonly events: number };

/** Most events of one call to the store. */
const AT_ONCE = 4096;
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

  /** The rows as they are to be; what refuses it is kept. */
  async without(rows: readonly AuditEventRow[]): Promise<readonly AuditEventRow[]> {
    return (await this.#erasing(rows)).map(({ after }) => after);
  }

  /** The same, once the store knows of it: a restore from any copy of the archive leaves these parts out from then on. */
  async marked(rows: readonly AuditEventRow[]): Promise<readonly AuditEventRow[]> {
    const erasing = await this.#erasing(rows);
    this.requireNoRefusal();
    const markers = erasing.flatMap(({ marker }) => marker ?? []);
    for (let from = 0; from < markers.length; from += AT_ONCE) await this.support.mark(markers.slice(from, from + AT_ONCE));
    return erasing.map(({ after }) => after);
  }

  get refusals(): RowRefusal[] {
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

  async #erasing(
    rows: readonly AuditEventRow[],
  ): Promise<{ readonly after: AuditEventRow; readonly marker?: ErasedParts }[]> {
    const before = await this.#markersOf(rows);
    return rows.map((event) => {
      const { ts, eventId } = event;
      const gone = before.get(keyOf(event)) ?? [];
      const { parts, inRest } = findParts(event, this.#parts, gone);
      for (const part of inRest) count(this.#inRest, part, event);
      // What was erased in the store before goes with it.
      const after = withoutParts(event, [...gone, ...parts]);
      if (after === event) return { after };
      for (const hold of this.holds) if (covers(hold, event)) count(this.#held, hold.holdId, event);
      return { after, marker: { ts, eventId, parts: markerOf(gone, parts, after.payload) } };
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
