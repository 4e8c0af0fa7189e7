import { dropAnnouncer } from "@agent-assembly/evidence";
import { applyRetention, type RetentionPolicy, type RunReport } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { anySignal } from "@agent-assembly/storage-core/backend";
import { retentionPolicy } from "../settings.js";
import { isExplained, type Role } from "./role.js";

/** The shortest there is: a run that was killed holds up the next one for so long. */
const LEASE_MS = 3000;
/** How long sealers may be ahead again and again of what seals beside them. */
const SEALED_MS = 10_000;
/** A run is interrupted after a time between these: writers may append old events faster than they are archived. */
const RUN_MS = [3000, 15_000] as const;

/** Applies retention again and again; archives what is old. */
export const retainer: Role = {
  pauseMs: 1000,
  async step({ storage, settings, journal, random, signal, tell, report }) {
    const time = AbortSignal.timeout(random.between(...RUN_MS));
    const run = await applied(storage, retentionPolicy(settings), anySignal([signal, time]));
    if (run === undefined) return tell("was interrupted while it planned");
    const { failures, rows } = run;
    journal.write({ kind: "retained", rows });
    tell(`dropped ${rows} rows`);
    for (const { error } of failures) {
      // What was archived has changed since, or a fault came between.
      if (isExplained(error) || error.code === "conflict") continue;
      report(`retention: ${error.message}`);
    }
  },
};

/** `undefined` where the run ended before it had a plan. */
async function applied(
  storage: StorageBackend,
  policy: RetentionPolicy,
  signal: AbortSignal,
): Promise<RunReport | undefined> {
  const evidence = dropAnnouncer(storage, { waitMs: SEALED_MS });
  try {
    return await applyRetention(storage, policy, { signal, leaseMs: LEASE_MS, evidence });
  } catch (error) {
    if (error !== signal.reason) throw error;
    return undefined;
  }
}
