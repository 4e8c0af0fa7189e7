import { setTimeout as sleep } from "node:timers/promises";
import { isStorageError } from "@agent-assembly/storage-core";
import type { Sealer } from "./sealer.js";

/** Another sealer that is in the middle of its work may be done with the events by then. */
const PAUSE_MS = 100;

/**
 * Seals what was committed before now, whether another sealer is at work or not: it may rest for seconds, and a retention run comes
 * here twice for each partition.
 * @param waitMs how long others may be ahead again and again
 */
export async function sealedSoFar(sealer: Sealer, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  if ((await sealer.sealOnce({ signal })).sealed) return;
  for (const began = Date.now(); ; await sleep(PAUSE_MS, undefined, { signal })) {
    try {
      return await sealer.sealSoFar({ signal });
    } catch (error) {
      if (!isStorageError(error, "busy") || Date.now() - began >= waitMs) throw error;
    }
  }
}
