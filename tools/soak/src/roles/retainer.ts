import { dropAnnouncer } from "@agent-assembly/evidence";
import { applyRetention } from "@agent-assembly/retention";
import { retentionPolicy } from "../settings.js";
import { isExplained, type Role } from "./role.js";

/** The shortest there is: a run that was killed holds up the next one for so long. */
const LEASE_MS = 3000;
/** What a sealer that was killed holds up what waits for it, and more. */
const SEALED_MS = 10_000;

/** Applies retention again and again; archives what is old. */
export const retainer: Role = {
  pauseMs: 1000,
  async step({ storage, settings, journal, signal, tell, report }) {
    const options = { signal, leaseMs: LEASE_MS, evidence: dropAnnouncer(storage, { waitMs: SEALED_MS }) };
    const { failures, rows } = await applyRetention(storage, retentionPolicy(settings), options);
    journal.write({ kind: "retained", rows });
    tell(`dropped ${rows} rows`);
    for (const { error } of failures) {
      // What was archived has changed since, or a fault came between.
      if (isExplained(error) || error.code === "conflict") continue;
      report(`retention: ${error.message}`);
    }
  },
};
