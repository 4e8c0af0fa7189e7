import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { inTurn, seconds } from "./result.js";
import { sampleEvents } from "./sample.js";

type Measured = ReturnType<typeof inTurn>;

const BATCH_EVENTS = 1000;
const SINGLES = 10_000;

/** How often, from which time on, and against what an append is measured. */
export interface AppendRates<Made> {
  readonly rounds: number;
  readonly startMs: number;
  /** Appends what is given through the raw driver. */
  readonly floor: (made: Made) => unknown;
}

/** Events per second in batches of 1,000. The events are made before the time counts, and no two are the same. */
export function batchRates(
  count: number,
  ours: (made: NewAuditEvent[][]) => unknown,
  { rounds, startMs, floor }: AppendRates<NewAuditEvent[][]>,
): Measured {
  let at = startMs;
  const rate = async (append: (made: NewAuditEvent[][]) => unknown): Promise<number> => {
    at += count * BATCH_EVENTS;
    const made = Array.from({ length: count }, (_, n) => sampleEvents(BATCH_EVENTS, at + n * BATCH_EVENTS));
    return (count * BATCH_EVENTS) / (await seconds(() => append(made)));
  };
  return inTurn(
    rounds,
    () => rate(ours),
    () => rate(floor),
  );
}

/** Events per second of 10,000 appends of one event that start at once. */
export function singleRates(
  ours: StorageBackend,
  { rounds, startMs, floor }: AppendRates<readonly NewAuditEvent[]>,
): Measured {
  let at = startMs;
  const rate = async (append: (events: readonly NewAuditEvent[]) => unknown): Promise<number> => {
    at += SINGLES;
    const events = sampleEvents(SINGLES, at);
    return SINGLES / (await seconds(() => append(events)));
  };
  return inTurn(
    rounds,
    () => rate((events) => Promise.all(events.map((event) => ours.audit.append([event])))),
    () => rate(floor),
  );
}
