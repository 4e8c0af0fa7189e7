import type { AuditFilter } from "../audit/store.js";
import { HOLD_IN_FORCE, type HoldRow, isHeldBy } from "../holds/row.js";
import { utcDay } from "../partitions/days.js";
import { throwIfAborted } from "../support/abort.js";
import { REST_OF_PAYLOAD, WHOLE_PAYLOAD } from "./event-parts.js";
import { findEvents } from "./find-events.js";
import type { ArchiveErasurePlan } from "./hooks.js";
import type { ParsedErasure, ParsedPlanOptions } from "./parse-request.js";
import type { ErasurePlan, PlannedArchive } from "./plan.js";
import type { ErasureRefusal } from "./refusal.js";
import type { ErasureTables } from "./tables.js";

/** What is said of every store. */
const NOT_COVERED: readonly string[] = [
  "backups and other copies of the store, and whatever was exported from it",
  "records of agents, policies, approvals and legal holds, and labels of metrics",
  "counts of events that were dropped, which keep agents and tools",
  "the record of the erasure: its texts, and the names of the parts that were erased",
];

/** Looks through all that a request selects, and changes nothing. */
export async function surveyErasure(
  tables: ErasureTables,
  request: ParsedErasure,
  filter: AuditFilter,
  { signal, archives }: ParsedPlanOptions,
  onProgress: (seen: number) => void,
): Promise<ErasurePlan> {
  throwIfAborted(signal);
  const holds = await tables.holds.list({ where: HOLD_IN_FORCE, order: { by: ["placedAt", "holdId"] } });
  const tally = new Tally(request.parts, holds);
  let seen = 0;
  for await (const found of findEvents(tables, request, signal)) {
    for (const { event, parts } of found.events) tally.add(event, parts);
    for (const part of found.inRest) tally.addInRest(part);
    seen += found.seen;
    onProgress(seen);
  }
  const archived: ArchiveErasurePlan[] = [];
  for (const archive of archives) {
    throwIfAborted(signal);
    const { parts, request: name, basis } = request;
    archived.push(await archive.plan({ filter, parts, request: name, basis, signal }));
  }
  return {
    events: tally.events,
    parts: Object.fromEntries(tally.parts),
    days: Object.fromEntries([...tally.days].sort()),
    refusals: [...tally.refusals(), ...archived.flatMap(({ refusals }) => refusals)],
    archives: await catalogOf(tables, request, new Set(archived.flatMap(({ archiveIds }) => archiveIds))),
    archived,
    sealed: (await tables.evidence?.log()) !== undefined,
    notCovered: [...NOT_COVERED, ...tables.driver.notCovered],
  };
}

/** The archives of the catalog whose time a request touches. @param covered ids of those that are written anew */
export async function catalogOf(
  { archives }: ErasureTables,
  { filter }: ParsedErasure,
  covered: ReadonlySet<string>,
): Promise<PlannedArchive[]> {
  const rows = await archives.list({
    where: {
      and: [
        { member: "dataset", in: ["audit"] },
        ...(filter.from === undefined ? [] : [{ member: "to" as const, gt: filter.from }]),
        ...(filter.to === undefined ? [] : [{ member: "from" as const, lt: filter.to }]),
      ],
    },
    order: { by: ["startedAt", "archiveId"] },
  });
  return rows.map(({ archiveId, url, from, to }) => ({
    archiveId,
    url,
    from: new Date(from),
    to: new Date(to),
    covered: covered.has(archiveId),
  }));
}

/** Counts what a request would erase. */
class Tally {
  events = 0;
  readonly parts: Map<string, number>;
  readonly days = new Map<string, number>();
  readonly #held = new Map<string, number>();
  readonly #inRest = new Map<string, number>();

  constructor(
    wanted: readonly string[],
    private readonly holds: readonly HoldRow[],
  ) {
    this.parts = new Map(wanted.map((part) => [part, 0]));
  }

  add(event: Parameters<typeof isHeldBy>[1], parts: readonly string[]): void {
    this.events++;
    count(this.days, utcDay(event.ts).id);
    for (const part of parts) if (this.parts.has(part)) count(this.parts, part);
    if (this.parts.has(WHOLE_PAYLOAD) && parts.some((part) => part.startsWith(WHOLE_PAYLOAD))) {
      count(this.parts, WHOLE_PAYLOAD);
    }
    for (const hold of this.holds) if (isHeldBy(hold, event)) count(this.#held, hold.holdId);
  }

  addInRest(part: string): void {
    count(this.#inRest, part);
  }

  refusals(): ErasureRefusal[] {
    return [
      ...[...this.#held].map(([holdId, events]) => ({ kind: "hold" as const, holdId, events })),
      ...[...this.#inRest].map(([part, events]) => ({ kind: "part" as const, part, heldBy: REST_OF_PAYLOAD, events })),
    ];
  }
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
