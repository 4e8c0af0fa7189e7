import type { AuditLimits, AuditStore, NewAuditEvent } from "@agent-assembly/storage-core";
import { EventRefusal, parseAuditLimits, parseNewEvent } from "@agent-assembly/storage-core/backend";
import type { ImportItem, Place } from "./item.js";

export interface ImportProblem extends Place {
  readonly code: string;
  readonly reason: string;
}

/** How many are kept: a file of another kind is wrong in every line, and a hundred say as much as a million. */
const KEPT = 100;

/** The parts of a file that were not stored, counted in full and listed up to a limit. */
export class ProblemList {
  readonly #list: ImportProblem[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get list(): readonly ImportProblem[] {
    return this.#list;
  }

  add(place: Place, code: string, reason: string): void {
    this.#count++;
    if (this.#list.length < KEPT) this.#list.push({ ...place, code, reason });
  }
}

const BATCH = 1000;

export interface ImportReport {
  readonly inserted: number;
  /** Stored before with the same content. */
  readonly duplicates: number;
  readonly problems: ProblemList;
}

export interface ImportHooks {
  readonly signal: AbortSignal;
  /** Called after every batch with the events handled so far. */
  readonly onProgress: (events: number) => Promise<void>;
}

/** Old events are what an import is for; only the future stays refused. */
const IMPORT_LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY };

/** Stores every good event, a batch at a time, and lists the others. */
export async function importEvents(
  audit: Pick<AuditStore, "append">,
  items: AsyncIterable<ImportItem>,
  hooks: ImportHooks,
): Promise<ImportReport> {
  const problems = new ProblemList();
  let inserted = 0;
  let duplicates = 0;
  let handled = 0;
  let batch: NewAuditEvent[] = [];
  let places: Place[] = [];

  const flush = async (): Promise<void> => {
    hooks.signal.throwIfAborted();
    const result = await audit.append(batch, { limits: IMPORT_LIMITS });
    inserted += result.inserted;
    duplicates += result.duplicates;
    for (const { index, code, reason } of result.rejected) problems.add(places[index] as Place, code, reason);
    handled += batch.length;
    batch = [];
    places = [];
    await hooks.onProgress(handled);
  };
  for await (const item of items) {
    if ("problem" in item) {
      problems.add(item.place, "invalid_argument", item.problem);
      continue;
    }
    batch.push(item.event);
    places.push(item.place);
    if (batch.length >= BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return { inserted, duplicates, problems };
}

/** Checks every event as the store would, storing nothing. */
export async function checkEvents(
  items: AsyncIterable<ImportItem>,
  limits: AuditLimits,
  hooks: ImportHooks & { readonly now: number },
): Promise<ProblemList> {
  const problems = new ProblemList();
  const resolved = parseAuditLimits({ ...limits, ...IMPORT_LIMITS });
  let checked = 0;
  for await (const item of items) {
    if ("problem" in item) {
      problems.add(item.place, "invalid_argument", item.problem);
    } else {
      const result = parseNewEvent(item.event, resolved, hooks.now);
      if (result instanceof EventRefusal) problems.add(item.place, result.code, result.reason);
    }
    if (++checked % BATCH === 0) {
      hooks.signal.throwIfAborted();
      await hooks.onProgress(checked);
    }
  }
  return problems;
}
