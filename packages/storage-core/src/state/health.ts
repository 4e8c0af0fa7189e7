/** The health of the policy cache, the approvals or the rate limits. */
export interface StateHealth {
  readonly status: "ok" | "degraded" | "down";
  /** What backs it now, in a few words, e.g. `process`, `redis`, `redis is away: straight from the store`. */
  readonly backedBy: string;
  /** Why the status is not `ok`; empty when it is. */
  readonly problems: readonly string[];
  /** Measurements, e.g. `entries`, `hits`. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}
