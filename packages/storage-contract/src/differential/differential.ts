import assert from "node:assert/strict";
import fc from "fast-check";
import type { StorageHarness } from "../harness.js";
import type { Command } from "./command.js";
import { anyCommand } from "./commands.js";
import { compareCall } from "./compare.js";
import { onBoth } from "./on-both.js";

/** Options of {@link runDifferential}. */
export interface DifferentialOptions {
  /** Random histories; default 50. */
  readonly runs?: number | undefined;
  /** Repeats a failed run; it is printed with the failure. Default: random. */
  readonly seed?: number | undefined;
  /** Longest history; default 60. */
  readonly commands?: number | undefined;
}

async function compare(
  harness: StorageHarness,
  reference: StorageHarness,
  commands: readonly Command[],
): Promise<void> {
  await onBoth(harness, reference, async (backend, model) => {
    const canErase = [backend, model].every(({ capabilities }) => capabilities.erasure.status !== "unsupported");
    for (const [n, command] of commands.entries()) {
      if (command.erases && !canErase) continue;
      await compareCall(command, { backend, name: harness.name }, { backend: model, name: reference.name }, n);
    }
    const [stored, wanted] = [await harness.readStoredEvents(backend), await reference.readStoredEvents(model)];
    assert.deepEqual(stored.map(withoutText), wanted.map(withoutText), "the stored events differ");
  });
}

/** Payloads as values: the order of members in their text carries no meaning. */
function withoutText<T extends { readonly payload: string | null }>(event: T): object {
  return { ...event, payload: event.payload === null ? "absent" : { json: JSON.parse(event.payload) as unknown } };
}

/**
 * Runs random histories of calls on a backend and on a reference and compares every outcome. A difference is shrunk to
 * a short history and thrown with the seed that repeats it.
 */
export async function runDifferential(
  harness: StorageHarness,
  reference: StorageHarness,
  options: DifferentialOptions = {},
): Promise<void> {
  const { runs = 50, commands = 60, seed } = options;
  const histories = fc.array(anyCommand, { minLength: 1, maxLength: commands, size: "max" });
  await fc.assert(
    fc.asyncProperty(histories, (history) => compare(harness, reference, history)),
    { numRuns: runs, includeErrorInReport: true, ...(seed !== undefined && { seed }) },
  );
}
