import { retentionErrors } from "../retention/errors.js";
import { checkRunsLimit, isOutcomeOf, parseRun, type RunRow, toRetentionRun } from "../retention/parse-run.js";
import type { RetentionHistory, RetentionRun } from "../retention/run.js";
import { compareText } from "../support/text.js";

export class MemoryRetentionRuns implements RetentionHistory {
  readonly #runs = new Map<string, RunRow>();

  async recordRun(run: RetentionRun): Promise<void> {
    const next = parseRun(run);
    const recorded = this.#runs.get(next.runId);
    if (recorded !== undefined && !isOutcomeOf(recorded, next)) throw retentionErrors.duplicateRun();
    this.#runs.set(next.runId, next);
  }

  async runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    const limit = checkRunsLimit(options);
    return [...this.#runs.values()]
      .sort((a, b) => b.startedAt - a.startedAt || compareText(b.runId, a.runId))
      .slice(0, limit)
      .map(toRetentionRun);
  }
}
