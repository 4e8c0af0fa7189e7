import { compareText } from "../text.js";
import { checkRun, checkRunsLimit, isOutcomeOf, type StoredRun, toRetentionRun } from "../tiers/check-run.js";
import { tierErrors } from "../tiers/errors.js";
import type { RetentionHistory, RetentionRun } from "../tiers/runs.js";

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
