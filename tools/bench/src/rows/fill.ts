import type { StorageBackend } from "@agent-assembly/storage-core";
import { seconds } from "../result.js";
import type { YearOfEvents } from "./events.js";

const BATCH = 1000;
/** Batches on the way at once. More does not help, and their events are all that is kept in memory. */
const WRITERS = 4;
export const ANY_AGE = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

/**
 * Stores a year of events through the store's own interface.
 * @param onTenth is told after each tenth how many are stored
 * @returns events per second
 */
export async function fillYear(
  storage: StorageBackend,
  year: YearOfEvents,
  onTenth: (stored: number) => void,
): Promise<number> {
  let next = 0;
  let stored = 0;
  let tenths = 0;
  const writer = async (): Promise<void> => {
    while (next < year.count) {
      const from = next;
      next += BATCH;
      const events = year.slice(from, Math.min(BATCH, year.count - from));
      const { inserted } = await storage.audit.append(events, { limits: ANY_AGE });
      if (inserted !== events.length) throw new Error(`${inserted} of ${events.length} events were stored`);
      stored += inserted;
      if (Math.floor((stored * 10) / year.count) > tenths) onTenth(stored);
      tenths = Math.floor((stored * 10) / year.count);
    }
  };
  const took = await seconds(() => Promise.all(Array.from({ length: WRITERS }, writer)));
  return year.count / took;
}
