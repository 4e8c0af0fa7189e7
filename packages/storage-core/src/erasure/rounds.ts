import { StorageError } from "../errors.js";
import { throwIfAborted } from "../support/abort.js";
import { type ErasingEvent, MAX_ERASURE_BATCH } from "./driver.js";
import { erasureErrors } from "./errors.js";
import { findEvents, keyText } from "./find-events.js";
import type { AnnouncedErasure, AnnouncedErasureRequest, ErasureEvidence } from "./hooks.js";
import type { ParsedErasure } from "./parse-request.js";
import type { ErasureTables } from "./tables.js";

/** Events may come or change while others are erased, and are taken in the next round; a store that never rests ends it. */
const MAX_ROUNDS = 10;
/** Attempts at one batch whose evidence others change. */
const MAX_ATTEMPTS = 20;

/** What the rounds of an erasure did. */
export interface Rounds {
  events: number;
  /** Leaves of the statements about what was erased. */
  readonly statements: number[];
}

/** An erasure that is under way. */
export interface RunningErasure {
  readonly tables: ErasureTables;
  readonly request: ParsedErasure;
  readonly announcement: AnnouncedErasureRequest;
  readonly evidence: ErasureEvidence | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onErased: (events: number) => void;
}

/** Erases what a request selects, until there is no more of it. */
export async function eraseInRounds(erasure: RunningErasure): Promise<Rounds> {
  const { announcement, evidence, signal } = erasure;
  const rounds: Rounds = { events: 0, statements: [...((await evidence?.finish(announcement)) ?? [])] };
  const erased = (events: number): void => {
    rounds.events += events;
    erasure.onErased(rounds.events);
  };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let announced: AnnouncedErasure | undefined;
    if (evidence !== undefined) {
      const found = eventsOf(erasure)[Symbol.asyncIterator]();
      const first = await found.next();
      if (first.done === true) return rounds;
      announced = await evidence.announce(announcement, behind(first.value, found));
    }
    const remaining = await announcedRound(erasure, announced, rounds, erased);
    if (remaining === 0) return rounds;
    throwIfAborted(signal);
  }
  throw erasureErrors.unsettled();
}

/** States what was erased, also where that was cut off. */
async function announcedRound(
  erasure: RunningErasure,
  announced: AnnouncedErasure | undefined,
  rounds: Rounds,
  erased: (events: number) => void,
): Promise<number> {
  if (announced === undefined) return eraseRound(erasure, undefined, erased);
  let remaining: number;
  try {
    remaining = await eraseRound(erasure, announced, erased);
  } catch (error) {
    // The reason why it was cut off says more than a statement that could not be made: the next run makes it.
    await announced.done().catch(() => undefined);
    throw error;
  }
  rounds.statements.push((await announced.done()).leaf);
  return remaining;
}

/** @returns how many events are to be tried again */
async function eraseRound(
  erasure: RunningErasure,
  announced: AnnouncedErasure | undefined,
  erased: (events: number) => void,
): Promise<number> {
  let remaining = 0;
  for await (const events of eventsOf(erasure)) {
    for (let at = 0; at < events.length; at += MAX_ERASURE_BATCH) {
      throwIfAborted(erasure.signal);
      const batch = events.slice(at, at + MAX_ERASURE_BATCH);
      const done = await eraseBatch(erasure, announced, batch);
      remaining += batch.length - done;
      if (done > 0) erased(done);
    }
  }
  return remaining;
}

/** @returns how many of the events were erased; the others have changed, or were not announced */
async function eraseBatch(
  { tables: { driver }, announcement: { erasureId } }: RunningErasure,
  announced: AnnouncedErasure | undefined,
  batch: readonly ErasingEvent[],
): Promise<number> {
  let events = batch;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const known = await announced?.evidenceOf(events);
    events = known?.events ?? events;
    if (events.length === 0) return 0;
    const outcome = await driver.erase({ erasureId, events, evidence: known?.evidence });
    if (outcome.outcome === "erased") {
      announced?.erased(events);
      return events.length;
    }
    if (outcome.outcome === "changed") {
      const changed = new Set(outcome.changed.map(keyText));
      events = events.filter(({ event }) => !changed.has(keyText(event)));
    }
  }
  throw new StorageError({
    code: "busy",
    message: "the evidence of these events is being changed by others again and again",
    remedy: "Ask for the same erasure again.",
  });
}

async function* eventsOf({
  tables,
  request,
  signal,
}: Pick<RunningErasure, "tables" | "request" | "signal">): AsyncGenerator<readonly ErasingEvent[]> {
  for await (const { events } of findEvents(tables, request, signal)) if (events.length > 0) yield events;
}

async function* behind<T>(first: T, others: AsyncIterator<T>): AsyncGenerator<T> {
  yield first;
  for (let next = await others.next(); next.done !== true; next = await others.next()) yield next.value;
}
