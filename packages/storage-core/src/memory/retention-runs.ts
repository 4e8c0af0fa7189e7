import { tierErrors } from "../partitions/errors.js";
import { checkRun, checkRunsLimit, isOutcomeOf, type StoredRun, toRetentionRun } from "../retention/parse-run.js";
import type { RetentionHistory, RetentionRun } from "../retention/run.js";
import { compareText } from "../support/text.js";

export class MemoryRetentionRuns implements RetentionHistory {
  readonly #runs = new Map<string, StoredRun>();

  async recordRun(run: RetentionRun): Promise<void> {
    const next = checkRun(run);
    const recorded = this.#runs.get(next.runId);
    if (recorded !== undefined && !isOutcomeOf(recorded, next)) throw tierErrors.duplicateRun();
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
