/** When a writer is killed. */
export const MOMENTS = ["opening", "migrating", "writing", "checkpointing", "closing", "sealing", "erasing"] as const;

export type Moment = (typeof MOMENTS)[number];

/** What a writer is told when it has loaded its modules and its turn has come. */
export interface Turn {
  readonly moment: Moment;
  /** The database file. */
  readonly path: string;
  /** Of this round. */
  readonly journal: string;
  readonly seed: number;
  /** Signs the log of the file. */
  readonly signerKey: string;
  /** How far its clock is ahead, so that leases of writers that were killed have run out. */
  readonly aheadMs: number;
}

/** What a writer tells: that it waits for its turn, what it begins, and that it has closed the file. */
export type Stage = "ready" | "opening" | "writing" | "checkpointing" | "closing" | "closed" | "sealing" | "erasing";
