/** What the process that tries a target tells its supervisor. */
export type Message =
  /** It is alive: how many inputs it has tried, and the memory that it holds, in bytes. */
  | { readonly kind: "alive"; readonly inputs: number; readonly memory: number }
  | { readonly kind: "done"; readonly inputs: number; readonly finding?: Finding };

/** An input that a target does not withstand. */
export interface Finding {
  readonly problem: string;
  /** The smallest input that was found; for a hang or a crash the one that caused it. */
  readonly input: string;
}

/** What came of one target. */
export interface TargetReport {
  readonly target: string;
  readonly inputs: number;
  /** The most memory that the process held, in bytes. */
  readonly memory: number;
  readonly finding?: Finding;
}
