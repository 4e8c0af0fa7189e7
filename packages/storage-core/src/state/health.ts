/** What a port of hot-path state stands on now. */
export interface StateHealth {
  readonly status: "ok" | "degraded" | "down";
  /** In a few words, e.g. `process`, `redis`, `redis is away: straight from the store`. */
  readonly backedBy: string;
  /** Why the status is not `ok`; empty when it is. */
  readonly problems: readonly string[];
  /** Figures, e.g. `entries`, `hits`. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}
