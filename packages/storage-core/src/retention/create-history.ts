import type { KeyedTable } from "../records/keyed-table.js";
import { retentionErrors } from "./errors.js";
import { isOutcomeOf, parseRun, parseRunsLimit, type RunRow, toRetentionRun } from "./parse-run.js";
import { recordRun } from "./recorded.js";
import type { RetentionHistory } from "./run.js";

/** Implements the rules of {@link RetentionHistory} on a backend's table. */
export function createRetentionHistory(table: KeyedTable<RunRow>): RetentionHistory {
  return {
    async recordRun(run) {
      const next = parseRun(run);
      await table.replace(
        next.runId,
        (recorded) => {
          if (recorded !== undefined && !isOutcomeOf(recorded, next)) throw retentionErrors.duplicateRun();
          // Begun for this time, whatever the outcome says of it.
          return recorded === undefined ? next : { ...next, scheduledFor: recorded.scheduledFor };
        },
        recordRun,
      );
    },

    async runs(options) {
      const limit = parseRunsLimit(options);
      const rows = await table.list({ order: { by: ["startedAt", "runId"], direction: "descending" }, limit });
      return rows.map(toRetentionRun);
    },
  };
}
