import { parseCheckpoint } from "../note/checkpoint.js";
import { splitNote } from "../note/note.js";
import type { ForkStatement } from "./entry.js";

/** The log that another one continues, as the first leaf of that says. */
export interface ContinuedLog {
  readonly origin: string;
  /** Of its newest signed checkpoint that was known then. */
  readonly size: number;
  readonly reason: string;
  readonly at: Date;
}

/** What a `fork` statement says. */
export function continuedLog({ at, checkpoint, reason }: ForkStatement): ContinuedLog {
  const { origin, size } = parseCheckpoint(splitNote(checkpoint).text);
  return { origin, size, reason, at: new Date(at) };
}
