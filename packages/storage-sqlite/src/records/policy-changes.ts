import { PollingInvalidationChannel } from "@agent-assembly/storage-core/state";
import type { Database, Statement } from "better-sqlite3";
import { classifySqliteError } from "../driver/errors.js";

/** A look takes microseconds: the newest entries of an index. */
const LOOK_EVERY_MS = 50;

/**
 * Tells which policies were activated or rolled back by any process that opens the file. Activations are numbered in the
 * order of their commits, since SQLite has one writer at a time.
 */
export function openPolicyChanges(reader: Database, path: string, closing: AbortSignal): PollingInvalidationChannel {
  const activations = new Activations(reader);
  return new PollingInvalidationChannel({
    name: "sqlite",
    everyMs: LOOK_EVERY_MS,
    closing,
    look: async () => {
      try {
        return activations.next();
      } catch (error) {
        throw classifySqliteError(error, path);
      }
    },
  });
}

class Activations {
  #newer: Statement<[number], [number, string]> | undefined;
  #seen = 0;

  constructor(private readonly reader: Database) {}

  /** Names of those since the last call; none at the first. */
  next(): string[] {
    if (this.#newer === undefined) {
      const last = this.reader.prepare<[], number | null>("SELECT max(id) FROM policy_activations").pluck();
      this.#seen = last.get() ?? 0;
      // Not before it is needed: the file may have been opened without its tables.
      this.#newer = this.reader
        .prepare<[number], [number, string]>("SELECT id, name FROM policy_activations WHERE id > ?")
        .raw();
      return [];
    }
    const found = this.#newer.all(this.#seen);
    this.#seen = found.reduce((most, [id]) => Math.max(most, id), this.#seen);
    return found.map(([, name]) => name);
  }
}
