import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";

/** How old an event of the soak is, which says what retention may do with it. */
export type Age =
  /** Of now: stays in the store. */
  | "new"
  /** Old enough to be archived at any time. */
  | "old"
  /** As old, and under a legal hold from before it was appended: stays in the store. */
  | "held";

/** An event that a process wants to store. */
export interface SentEvent {
  readonly id: string;
  readonly agentId: string;
  readonly age: Age;
}

/** What a process of the soak wrote down: what it was about to do, and what was acknowledged. */
export type Entry =
  | { readonly kind: "sent"; readonly events: readonly SentEvent[] }
  | { readonly kind: "stored"; readonly ids: readonly string[] }
  | { readonly kind: "delivered"; readonly id: string; readonly position: string }
  /** Parts of the events of a session are about to be erased, and were. */
  | { readonly kind: "erasing"; readonly sessionId: string }
  | { readonly kind: "erased"; readonly sessionId: string }
  | { readonly kind: "submitted"; readonly requestId: string }
  | { readonly kind: "decided"; readonly requestId: string; readonly approver: string; readonly verdict: string }
  | { readonly kind: "saved"; readonly name: string; readonly version: number; readonly actor: string }
  | { readonly kind: "activating"; readonly name: string; readonly actor: string }
  | { readonly kind: "activated"; readonly name: string; readonly actor: string; readonly version: number }
  | { readonly kind: "sampling"; readonly samples: number }
  | { readonly kind: "sampled"; readonly samples: number }
  | { readonly kind: "retained"; readonly rows: number };

/** An entry with when it was written, milliseconds since 1970 by a clock that no fault moves. */
export type Dated = Entry & { readonly at: number };

/** The journal of one process. Each line is with the system when `write` returns, so a kill loses none. */
export class Journal {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
    // A kill may have left half a line, which must not take the next one with it.
    writeSync(this.#file, "\n");
  }

  write(entry: Entry): void {
    writeSync(this.#file, `${JSON.stringify({ ...entry, at: steadyNow() })}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Milliseconds since 1970, whatever was done to `Date`. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** What was written, in order. Half a line, which a kill can leave, is left out: what it was about is not acknowledged. */
export function readJournal(path: string): Dated[] {
  const entries: Dated[] = [];
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "") continue;
    try {
      entries.push(JSON.parse(line));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return entries;
}

/** Of a journal's end: several of the longest entries. */
const END_BYTES = 65_536;

/** The event that was delivered last, if that is among the last entries. Reads only these. */
export function lastDelivered(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const end = Buffer.alloc(END_BYTES);
    const read = readSync(file, end, 0, END_BYTES, Math.max(0, fstatSync(file).size - END_BYTES));
    // The first line may be a part of one.
    const entries = end.toString("utf8", 0, read).split("\n").slice(1);
    return entries.findLast((line) => line.endsWith("}"))?.match(/"kind":"delivered","id":"([^"]+)"/)?.[1];
  } finally {
    closeSync(file);
  }
}
