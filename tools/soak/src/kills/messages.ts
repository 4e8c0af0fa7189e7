/** When a writer is killed. */
export const MOMENTS = ["opening", "migrating", "writing", "checkpointing", "closing"] as const;

export type Moment = (typeof MOMENTS)[number];

/** What a writer is told when it has loaded its modules and its turn has come. */
export interface Turn {
  readonly moment: Moment;
  /** The database file. */
  readonly path: string;
  /** Of this round. */
  readonly journal: string;
  readonly seed: number;
}

/** What a writer tells: that it waits for its turn, what it begins, and that it has closed the file. */
export type Stage = "ready" | "opening" | "writing" | "checkpointing" | "closing" | "closed";
