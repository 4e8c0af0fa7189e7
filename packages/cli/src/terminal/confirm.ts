import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";

export interface Conversation {
  readonly input: Readable;
  readonly output: Writable;
  /** Ends the question; its reason is thrown. */
  readonly signal: AbortSignal;
}

/** Asks until a line or the end of the input comes; anything but yes is no. */
export async function confirm(question: string, { input, output, signal }: Conversation): Promise<boolean> {
  // As a terminal, readline would take Ctrl-C for itself.
  const lines = createInterface({ input, output, terminal: false });
  const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), closed]);
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
