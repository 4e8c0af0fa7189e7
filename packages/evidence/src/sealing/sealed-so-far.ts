import { setTimeout as sleep } from "node:timers/promises";
import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { requireLog } from "../log/store-log.js";
import type { Sealer } from "./sealer.js";

const POLL_MS = 200;

/** Waits until what was committed before now is sealed, which another sealer may be about to do. @param waitMs at most */
export async function sealedSoFar(
  support: EvidenceSupport,
  sealer: Sealer,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const began = Date.now();
  while (!(await sealer.sealOnce({ signal })).sealed && Date.now() - began < waitMs) {
    const { position } = await requireLog(support);
    const { events, restored } = await support.next(position, 1);
    const [waiting] = events;
    // Those that were restored are of an earlier time, whenever that was done.
    if (restored.length === 0 && (waiting === undefined || waiting.event.recordedAt >= began)) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}
