import { createSealer, isSealingRefusal, parseSignerKey } from "@agent-assembly/evidence";
import { anySignal } from "@agent-assembly/storage-core/backend";
import type { Role } from "./role.js";

/** What a sealer that was killed holds up the others. */
const LEASE_MS = 3000;
const CHECKPOINT_MS = 1000;
const POLL_MS = 200;
/** How long one works before it lets another one, at most. */
const WORK_MS = 5000;

/** Seals what writers append, beside others who do the same: one works at a time. */
export const sealer: Role = {
  pauseMs: 300,
  async step({ storage, settings, random, signal, tell, report }) {
    const options = { leaseMs: LEASE_MS, checkpointMs: CHECKPOINT_MS, pollMs: POLL_MS };
    const one = createSealer(storage, { key: parseSignerKey(settings.signerKey), ...options });
    const time = AbortSignal.timeout(random.between(100, WORK_MS));
    try {
      await one.run({ signal: anySignal([signal, time]) });
      tell("sealed");
    } catch (error) {
      if (!isSealingRefusal(error)) throw error;
      report(`sealing is refused: ${error.finding.code}: ${error.finding.detail}`);
    }
  },
};
